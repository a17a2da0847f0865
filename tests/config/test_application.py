"""What the application does around its consumer: the keys of ``[consumer]`` that are no settings of the client."""

import pytest

from tests.config.pipelines import Config, consumer, messages, notices, read, side

BEFORE = 'commit_when = "before-processing"'
STORING: Config = {"enable.auto.commit": True, "enable.auto.offset.store": False, "group.id": "g"}


@pytest.mark.parametrize("policy", ["retry", "skip", "dead-letter", "crash"])
def test_what_becomes_of_a_record_that_fails_is_as_said(policy: str) -> None:
    assert consumer({}, extra=f'on_processing_failure = "{policy}"').on_processing_failure == policy


@pytest.mark.parametrize("extra", ["", 'commit = "sync"', 'commit = "async"', 'commit = "with-sink"', BEFORE])
def test_a_sensible_application_tries_again(extra: str) -> None:
    assert consumer({}, extra=extra).on_processing_failure == "retry"


@pytest.mark.parametrize("commit", ["sync", "async"])
def test_a_sensible_application_that_commits_first_goes_on(commit: str) -> None:
    assert consumer({}, extra=f'commit = "{commit}"\n{BEFORE}').on_processing_failure == "skip"


def test_so_does_one_that_stores_offsets_first() -> None:
    assert consumer(STORING, "librdkafka", extra=BEFORE).on_processing_failure == "skip"
    assert consumer(STORING, "librdkafka").on_processing_failure == "retry"


def test_what_an_application_does_on_revoke_and_as_it_stops_is_as_said() -> None:
    found = consumer({}, extra='on_revoke = "commit"\nclose = "none"')

    assert (found.on_revoke, found.close) == ("commit", "none")


def test_it_commits_nothing_on_revoke_and_closes_unless_said_otherwise() -> None:
    assert (consumer({}).on_revoke, consumer({}).close) == ("nothing", "clean")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('commit = "with-sinc"', "consumer.commit can not be with-sinc; did you mean with-sink?"),
        ('on_processing_failure = "dead-leter"', "can not be dead-leter; did you mean dead-letter?"),
        ('on_revoke = "comit"', "consumer.on_revoke can not be comit; did you mean commit?"),
        ('close = "cleen"', "consumer.close can not be cleen; did you mean clean?"),
        ('on_revoked = "commit"', "unknown key consumer.on_revoked; did you mean on_revoke?"),
    ],
)
def test_a_slip_names_the_nearest_word(given: str, message: str) -> None:
    (found,) = messages(side("consumer", {}, extra=given))

    assert found.endswith(message)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (BEFORE, "stores each offset together with the result"),
        ('on_revoke = "commit"', "commits nothing to the group that on_revoke could commit"),
    ],
)
def test_what_does_not_go_with_offsets_in_the_sink_is_refused(extra: str, message: str) -> None:
    assert messages(side("consumer", {}, extra=f'commit = "with-sink"\n{extra}')) == [f'commit = "with-sink" {message}']


def test_kafka_is_no_sink_that_stores_offsets_in_a_transaction_of_its_own() -> None:
    text = '[producer]\n[consumer]\ncommit = "with-sink"\nsink = "kafka"\n'

    assert messages(text) == ['commit = "with-sink" needs a sink outside of Kafka, not sink = "kafka"']


def test_offsets_in_the_sink_are_not_committed_by_the_client() -> None:
    config: Config = {"group.id": "g", "enable.auto.commit": True}

    (message,) = messages(side("consumer", config, extra='commit = "with-sink"'))
    assert message == 'enable.auto.commit=true contradicts commit = "with-sink"'


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ("at_most = 0", set[str]()),
        ('kinds = ["processing-fails"]', {"on_processing_failure"}),
        ('kinds = ["member-joins"]', {"on_revoke"}),
        ('kinds = ["member-leaves"]', {"on_revoke", "close"}),
    ],
)
def test_what_is_assumed_is_told_only_where_it_can_matter(faults: str, told: set[str]) -> None:
    text = side("consumer", {"group.id": "g"}) + f"[faults]\n{faults}\n"
    (message,) = (notice.message for notice in read(text).notices if notice.key == "consumer")

    assert {key for key in ("on_processing_failure", "on_revoke", "close") if f"{key} = " in message} == told


def test_nothing_is_told_of_a_revocation_where_the_sink_keeps_the_offsets() -> None:
    text = side("consumer", {"group.id": "g"}, extra='commit = "with-sink"')

    assert "on_revoke" not in {n.key: n.message for n in read(text).notices}["consumer"]
    assert "on_revoke" in notices("consumer", {"group.id": "g"})["consumer"].message
