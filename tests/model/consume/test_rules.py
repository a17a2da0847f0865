"""Each client's rule, and the decisions of a consumer, one by one."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import (
    AIOKAFKA,
    JAVA,
    KAFKA_PYTHON,
    LIBRDKAFKA,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
    AutoCommit,
)
from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.log import Log
from ackproof.model.consume.processing import finished, taken
from ackproof.model.consume.reading import handed_out
from ackproof.model.consume.rules import (
    ConsumerRules,
    Reset,
    When,
    automatic_offset,
    closing_offset,
    is_in_poll,
    is_quiet,
    starting_offset,
)

R1, R2 = (0, 0), (1, 1)
OWNER = Consumer("owner", position=0)
LOG = Log(0, (0, 1, 2))
HANDED_OFF = ConsumerRules(processing="handed-off")


def automatic(client: AutoCommit, commit_when: When = "after-processing") -> ConsumerRules:
    return ConsumerRules(client, "auto", commit_when)


@pytest.mark.parametrize("client", [JAVA, KAFKA_PYTHON])
def test_java_and_kafka_python_commit_positions_and_only_in_poll(client: AutoCommit) -> None:
    rules = automatic(client)
    processing = handed_out(rules, 1, OWNER, (R1,), LOG)

    assert automatic_offset(rules, processing, None) == 1
    assert not rules.auto_commit.is_in_background
    assert not is_in_poll(rules, processing)


def test_aiokafka_commits_positions_in_the_background() -> None:
    rules = automatic(AIOKAFKA)

    assert automatic_offset(rules, handed_out(rules, 1, OWNER, (R1,), LOG), None) == 1
    assert rules.auto_commit.is_in_background


def test_librdkafka_stores_an_offset_as_it_hands_the_record_out() -> None:
    rules = automatic(LIBRDKAFKA)

    assert automatic_offset(rules, OWNER, None) is None
    assert automatic_offset(rules, handed_out(rules, 1, OWNER, (R1, R2), LOG), None) == 2


def test_without_offset_store_the_application_stores_what_it_has_processed() -> None:
    rules = automatic(LIBRDKAFKA_WITHOUT_OFFSET_STORE)
    holding = handed_out(rules, 1, OWNER, (R1, R2), LOG)
    ((_, after),) = taken(rules, holding)

    assert holding.stored is None
    assert finished(rules, 1, after).stored == 1


def test_without_offset_store_the_application_may_store_before_it_processes() -> None:
    rules = automatic(LIBRDKAFKA_WITHOUT_OFFSET_STORE, commit_when="before-processing")

    assert handed_out(rules, 1, OWNER, (R1,), LOG).stored == 1


def test_librdkafka_never_commits_backwards_by_itself() -> None:
    assert automatic_offset(automatic(LIBRDKAFKA), Consumer("owner", position=1, stored=1), committed=2) == 2


def test_an_explicit_commit_leaves_nothing_to_the_client() -> None:
    assert automatic_offset(ConsumerRules(commit="sync"), attrs.evolve(OWNER, position=2), None) is None


@pytest.mark.parametrize(("reset", "offset"), [("earliest", 1), ("latest", 3), ("none", None)])
@pytest.mark.parametrize("committed", [None, 0])
def test_without_a_committed_offset_in_range_the_reset_policy_decides(
    committed: int | None, reset: Reset, offset: int | None
) -> None:
    rules = attrs.evolve(ConsumerRules(), reset=reset)

    assert starting_offset(rules, committed, Log(1, (0, 1, 2))) == offset


@pytest.mark.parametrize("reset", ["earliest", "latest", "none"])
def test_a_committed_offset_in_range_comes_first(reset: Reset) -> None:
    assert starting_offset(attrs.evolve(ConsumerRules(), reset=reset), 2, Log(1, (0, 1, 2))) == 2


def test_in_the_loop_the_lowest_offset_comes_first() -> None:
    holding = handed_out(ConsumerRules(), 1, OWNER, (R1, R2), LOG)

    assert [held for held, _ in taken(ConsumerRules(), holding)] == [R1]


def test_threads_take_any_record() -> None:
    holding = handed_out(HANDED_OFF, 1, OWNER, (R1, R2), LOG)

    assert [held for held, _ in taken(HANDED_OFF, holding)] == [R1, R2]
    assert is_in_poll(HANDED_OFF, holding)


def test_in_the_loop_the_commit_follows_the_last_record() -> None:
    rules = ConsumerRules()
    ((_, first),) = taken(rules, handed_out(rules, 1, OWNER, (R1, R2), LOG))
    ((_, last),) = taken(rules, first)

    assert finished(rules, 1, first).to_commit is None
    assert finished(rules, 1, last).to_commit == 2


def test_what_is_committed_before_processing_is_not_processed_yet() -> None:
    rules = ConsumerRules(commit_when="before-processing")
    waiting = handed_out(rules, 1, OWNER, (R1,), LOG)

    assert waiting.to_commit == 1
    assert list(taken(rules, waiting)) == []


def test_an_asynchronous_commit_before_processing_does_not_wait() -> None:
    rules = ConsumerRules(commit="async", commit_when="before-processing")
    after = handed_out(rules, 1, OWNER, (R1,), LOG)

    assert after.in_flight == (1,)
    assert [held for held, _ in taken(rules, after)] == [R1]


def test_a_consumer_rejoins_only_behind_its_commits() -> None:
    assert not is_quiet(ConsumerRules(commit="async"), attrs.evolve(OWNER, in_flight=(1,)))
    assert is_quiet(ConsumerRules(commit="async"), OWNER)


@pytest.mark.parametrize(
    ("rules", "offset"),
    [
        (ConsumerRules(on_revoke="commit"), 1),
        (ConsumerRules(on_revoke="commit", revokes_on_close=False), None),
        (ConsumerRules(LIBRDKAFKA, "auto", on_revoke="commit"), 2),
        (ConsumerRules(commit="with-sink", on_revoke="commit"), None),
    ],
)
def test_an_application_that_commits_as_partitions_are_revoked_does_so_as_it_closes(
    rules: ConsumerRules, offset: int | None
) -> None:
    assert closing_offset(rules, attrs.evolve(OWNER, position=1, stored=2), None) == offset


def test_a_clean_leave_commits_what_threads_have_finished() -> None:
    assert closing_offset(HANDED_OFF, attrs.evolve(OWNER, position=2), 1) == 2
    assert closing_offset(ConsumerRules(), attrs.evolve(OWNER, position=2), 1) is None
