import difflib

import pytest

from ackproof.config.files.nearest import did_you_mean, near_miss, nearest


def test_the_nearest_word_is_hinted_at() -> None:
    assert did_you_mean("no-los", ["no-loss", "in-order"]) == "did you mean no-loss?"


def test_without_a_near_word_all_are_named() -> None:
    assert did_you_mean("xyz", ["no-loss", "in-order"]) == "known are no-loss, in-order"


@pytest.mark.parametrize(
    "key", ["enable_idempotence", "Enable.Idempotence", "enable.idempotance", "enable-idempotence "]
)
def test_a_slip_is_a_near_miss(key: str) -> None:
    assert near_miss(key, ["enable.idempotence", "acks"]) == "enable.idempotence"


def test_a_key_cut_short_is_a_near_miss() -> None:
    assert near_miss("max.in.flight", ["max.in.flight.requests.per.connection"])


def test_a_longer_key_is_none() -> None:
    assert near_miss("transactional.id.prefix", ["transactional.id"]) is None


def test_nothing_is_near_to_nothing() -> None:
    assert nearest("x", [], 0.0) is None


@pytest.mark.parametrize("likeness", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("word", ["acks", "ack", "enable.idempotance", "x", "", "linger.millis", "max.in.flight.req"])
def test_words_that_are_left_out_by_their_length_would_not_have_been_found(word: str, likeness: float) -> None:
    known = ["acks", "enable.idempotence", "linger.ms", "max.in.flight.requests.per.connection", "retries"]
    found = difflib.get_close_matches(word, known, 1, likeness)

    assert nearest(word, known, likeness) == (found[0] if found else None)
