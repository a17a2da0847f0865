"""Settings of topics, by Kafka's keys."""

import json
from pathlib import Path
from typing import cast

import pytest

from ackproof.reference.log.settings import LogSettings, of

PRINTED = json.loads((Path(__file__).parents[3] / "config" / "data" / "topic.json").read_text())
KEYS = cast("dict[str, list[dict[str, str]]]", PRINTED["keys"])
NEWEST = {key: run for key, runs in KEYS.items() for run in runs if run["to"] == "4.3.1"}


def test_keys_and_defaults_are_those_that_kafka_prints() -> None:
    assert LogSettings().described == {key: run["default"] for key, run in NEWEST.items()}


def test_bounds_are_those_that_kafka_prints() -> None:
    for key, run in NEWEST.items():
        low = run.get("valid", "").partition(",...")[0].removeprefix("[")
        if run["type"] in ("INT", "LONG") and low and key != "compression.gzip.level":
            assert of({key: low}).described[key] == low
            with pytest.raises(ValueError, match=key):
                of({key: str(int(low) - 1)})


def test_every_default_can_be_given() -> None:
    for key, run in NEWEST.items():
        assert of({key: run["default"]}) == LogSettings()


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"retention\.hours"):
        of({"retention.hours": "1"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retention.ms", "a week"),
        ("max.message.bytes", "99999999999"),
        ("compression.type", "brotli"),
        ("message.timestamp.type", "createtime"),
        ("cleanup.policy", "delete,delete"),
        ("cleanup.policy", "keep"),
        ("min.cleanable.dirty.ratio", "1.5"),
        ("min.cleanable.dirty.ratio", "half"),
        ("unclean.leader.election.enable", "yes"),
        ("compression.gzip.level", "0"),
        ("compression.gzip.level", "10"),
    ],
)
def test_a_value_that_kafka_refuses_is_refused_by_its_key(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=key):
        of({key: value})


def test_what_is_not_given_stays_as_it_was() -> None:
    base = of({"retention.ms": "1000"})

    assert of({"segment.ms": "5"}, base) == of({"retention.ms": "1000", "segment.ms": "5"})


def test_a_topic_may_be_compacted_and_deleted_from() -> None:
    settings = of({"cleanup.policy": "compact, delete"})

    assert (settings.is_compacted, settings.deletes) == (True, True)
    assert settings.described["cleanup.policy"] == "compact,delete"
