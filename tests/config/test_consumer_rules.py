"""From a consumer as configured to the rules of the model: what each client does, by version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.pipeline import Pipeline
from ackproof.config.rules import AUTO_COMMIT, consumer_rules
from ackproof.config.systems import assumptions, unmodelled
from ackproof.config.versions import since
from ackproof.model.consume.auto_commit import LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE, AutoCommit
from ackproof.model.consume.rules import ConsumerRules
from tests.config.pipelines import Config, consumer, read, side


def rules(client: str, config: Config | None = None, extra: str = "") -> ConsumerRules:
    """The rules of a consumer."""
    return consumer_rules(consumer(config or {}, client, extra=extra))


@pytest.mark.parametrize(
    ("version", "races"),
    [("3.7.2", True), ("3.9.1", True), ("4.0.0", False), ("4.1.1", False), ("4.2.0", True), ("4.3.1", True)],
)
def test_under_the_new_protocol_some_java_clients_commit_what_poll_has_not_returned(version: str, races: bool) -> None:
    assert rules(f"java {version}", {"group.protocol": "consumer"}).auto_commit.is_in_background == races
    assert not rules(f"java {version}").auto_commit.is_in_background


@given(st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(0, 3)))
def test_every_version_of_a_client_has_a_rule(version: tuple[int, ...]) -> None:
    for (name, _), changes in AUTO_COMMIT.items():
        rule: AutoCommit = since(version, changes)

        assert rule.stores == ("client" if name == "librdkafka" else "nobody")
        assert rule.covers_what_is_revoked
        assert not rule.is_sent_at_hand_out


@given(st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(0, 3)))
def test_the_classic_java_consumer_never_commits_while_records_are_processed(version: tuple[int, ...]) -> None:
    assert not since(version, AUTO_COMMIT["java", "classic"]).is_in_background


def test_only_the_first_release_with_the_new_protocol_may_stop_committing() -> None:
    given = {"group.protocol": "consumer"}

    assert not rules("java 3.7.2", given).auto_commit.goes_on
    assert rules("java 3.8.1", given).auto_commit.goes_on


def test_who_stores_offsets_is_a_setting_of_librdkafka() -> None:
    assert rules("librdkafka").auto_commit == LIBRDKAFKA
    assert rules("librdkafka", {"enable.auto.offset.store": False}).auto_commit == LIBRDKAFKA_WITHOUT_OFFSET_STORE


def test_librdkafka_committed_by_itself_while_it_rejoined_before_1_7() -> None:
    assert not rules("librdkafka 1.6.1").auto_commit.pauses
    assert rules("librdkafka 1.7.0").auto_commit.pauses


@pytest.mark.parametrize(
    ("version", "resets"), [("2.1.5", False), ("2.2.0", True), ("2.2.8", True), ("2.2.9", False), ("3.0.0", False)]
)
def test_some_kafka_python_clients_take_no_answer_for_no_offset(version: str, resets: bool) -> None:
    assert rules(f"kafka-python {version}").resets_without_answer == resets


@pytest.mark.parametrize(
    ("version", "commit", "on_revoke", "is_in_background"),
    [
        ("3.9.1", "auto", "nothing", True),
        ("4.1.1", "auto", "nothing", False),
        ("4.1.1", "sync", "nothing", True),
        ("4.1.1", "sync", "commit", False),
        ("4.2.0", "auto", "nothing", True),
        ("4.3.1", "auto", "nothing", False),
        ("4.3.1", "sync", "nothing", False),
    ],
)
def test_under_the_new_protocol_some_java_clients_give_up_partitions_that_are_being_processed(
    version: str, commit: str, on_revoke: str, is_in_background: bool
) -> None:
    application = f'commit = "{commit}"\non_revoke = "{on_revoke}"'
    found = rules(f"java {version}", {"group.protocol": "consumer"}, application)

    assert found.rejoins_in_background == is_in_background


def test_the_classic_java_consumer_gives_up_partitions_only_in_poll() -> None:
    assert not rules("java 3.9.1").rejoins_in_background
    assert rules("aiokafka").rejoins_in_background


@pytest.mark.parametrize(
    ("client", "given", "revokes"),
    [
        ("java 2.3.1", {}, False),
        ("java 2.4.0", {}, True),
        ("java 3.7.0", {"group.protocol": "consumer"}, True),
        ("librdkafka 1.0.0", {}, True),
        ("kafka-python 2.3.1", {}, False),
        ("kafka-python 3.0.0", {}, True),
        ("aiokafka", {}, False),
    ],
)
def test_some_clients_close_without_telling_the_application(client: str, given: Config, revokes: bool) -> None:
    assert rules(client, given).revokes_on_close == revokes


def test_some_clients_commit_as_nobody_once_they_are_out_of_their_group() -> None:
    assert rules("java", {"group.protocol": "consumer"}).commits_as_nobody
    assert rules("aiokafka").commits_as_nobody
    assert not rules("java").commits_as_nobody
    assert not rules("librdkafka", {"group.protocol": "consumer"}).commits_as_nobody


def test_only_kafka_python_does() -> None:
    assert not rules("aiokafka").resets_without_answer
    assert not rules("java 2.8.2").resets_without_answer


def test_the_application_is_handed_over_as_it_is() -> None:
    found = rules(
        "java", extra='commit = "sync"\non_processing_failure = "crash"\non_revoke = "commit"\nclose = "none"'
    )

    assert (found.commit, found.on_processing_failure, found.on_revoke) == ("sync", "crash", "commit")
    assert not found.closes_cleanly


@pytest.mark.parametrize("version", ["0.10.2.2", "1.0.2", "2.3.1"])
def test_java_consumers_are_modelled_from_0_10_on(version: str) -> None:
    found = read(side("consumer", {"group.id": "g"}, f"java {version}"))

    assert [other for other in unmodelled(found, "no-loss") if "Java" in other.reason] == []


def dead_letter(faults: str) -> Pipeline:
    """A consumer whose application has a dead letter topic."""
    return read(side("consumer", {"group.id": "g"}, extra='on_processing_failure = "dead-letter"') + faults)


def test_what_a_dead_letter_counts_as_is_an_assumption_where_there_can_be_one() -> None:
    assumed = "a record in the dead letter topic counts as processed; the application waits until it is stored there"

    assert assumed in assumptions(dead_letter(""), "no-loss")
    assert assumed not in assumptions(dead_letter('[faults]\nkinds = ["consumer-crash"]\n'), "no-loss")


def test_what_the_sink_does_with_offsets_is_an_assumption() -> None:
    found = read(side("consumer", {"group.id": "g"}, extra='commit = "with-sink"'))

    assert any("in one transaction" in assumed for assumed in assumptions(found, "no-loss"))


@pytest.mark.parametrize(
    ("commit", "claim", "says"), [("async", "drains", True), ("async", "no-loss", False), ("sync", "drains", False)]
)
def test_when_a_lost_commit_is_tried_again_is_an_assumption(commit: str, claim: str, says: bool) -> None:
    found = read(side("consumer", {"group.id": "g"}, extra=f'commit = "{commit}"'))

    assert any("commitAsync()" in assumed for assumed in assumptions(found, claim)) is says
