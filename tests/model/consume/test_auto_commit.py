"""What clients commit by themselves, with the bugs that some of them had, and what is committed on a revocation."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import (
    AIOKAFKA,
    JAVA,
    JAVA_ON_ANOTHER_THREAD,
    JAVA_THAT_STOPS_COMMITTING,
    KAFKA_PYTHON,
    LIBRDKAFKA,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
    AutoCommit,
    behind_the_last_event,
    the_stored_offset,
)
from ackproof.model.consume.consumer import Consumer, without_assignment
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Log
from ackproof.model.consume.reading import handed_out
from ackproof.model.consume.rules import (
    Commit,
    ConsumerRules,
    OnRevoke,
    closing_offset,
    commits_asynchronously,
    revoking_offset,
)
from ackproof.model.faults import Faults
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore

R1, R2 = (0, 0), (1, 1)
LOG = Log(0, (0, 1))
THREADS = Consumer("owner", position=2, in_hand=(R2,), stored=2)
"""An owner whose threads have processed the first of two records."""


def threads(client: AutoCommit, on_revoke: OnRevoke = "nothing", commit: Commit = "auto") -> ConsumerRules:
    """An application that hands records off to threads."""
    rules = ConsumerRules(client, commit, processing="handed-off")
    return attrs.evolve(rules, on_revoke=on_revoke)


@pytest.mark.parametrize("client", [JAVA, JAVA_ON_ANOTHER_THREAD, KAFKA_PYTHON, AIOKAFKA, LIBRDKAFKA])
def test_a_client_commits_all_that_it_has_handed_out_before_a_revocation(client: AutoCommit) -> None:
    assert revoking_offset(threads(client), THREADS, None) == 2


@pytest.mark.parametrize("client", [JAVA, JAVA_ON_ANOTHER_THREAD, KAFKA_PYTHON, AIOKAFKA])
def test_an_application_that_commits_on_revoke_has_the_last_word(client: AutoCommit) -> None:
    assert revoking_offset(threads(client, "commit"), THREADS, 2) == 1


def test_librdkafka_commits_what_is_stored_after_the_application_was_told() -> None:
    processed = attrs.evolve(THREADS, stored=1)

    assert revoking_offset(threads(LIBRDKAFKA, "commit"), THREADS, None) == 2
    assert revoking_offset(threads(LIBRDKAFKA_WITHOUT_OFFSET_STORE, "commit"), processed, None) == 1


@pytest.mark.parametrize(("commit", "offset"), [("sync", 1), ("async", 1), ("with-sink", None)])
def test_what_is_processed_is_committed_on_revoke_unless_the_sink_keeps_it(commit: Commit, offset: int | None) -> None:
    assert revoking_offset(threads(JAVA, "commit", commit), THREADS, 0) == offset
    assert revoking_offset(threads(JAVA, "nothing", commit), THREADS, 0) is None


def test_an_application_that_commits_first_commits_its_position_on_revoke() -> None:
    rules = attrs.evolve(threads(JAVA, "commit", "sync"), commit_when="before-processing")

    assert revoking_offset(rules, THREADS, 0) == 2


def test_a_group_whose_offsets_are_in_the_sink_commits_nothing_in_close() -> None:
    assert closing_offset(threads(JAVA, commit="with-sink"), THREADS, None) is None


def test_a_commit_that_poll_sends_before_it_returns_covers_what_it_returns() -> None:
    rules = ConsumerRules(attrs.evolve(JAVA, is_sent_at_hand_out=True), "auto")

    assert commits_asynchronously(rules)
    assert handed_out(rules, 1, Consumer("owner", 0), (R1,), LOG).in_flight == (1,)


def test_a_commit_on_the_way_does_not_cover_what_is_returned_meanwhile() -> None:
    rules = ConsumerRules(attrs.evolve(JAVA, covers_what_is_revoked=False), "auto")

    assert revoking_offset(rules, Consumer("owner", 1), None) is None
    assert closing_offset(rules, Consumer("owner", 1), None) == 1


@pytest.mark.parametrize(("handed", "stored"), [((R1,), 1), ((R1, R2), 3)])
def test_an_event_at_the_end_may_count_as_a_record(handed: tuple[tuple[int, int], ...], stored: int) -> None:
    rules = ConsumerRules(attrs.evolve(LIBRDKAFKA, stored=behind_the_last_event), "auto")

    assert handed_out(rules, 1, Consumer("owner", 0), handed, LOG).stored == stored


def test_what_is_collected_may_be_stored_before_it_is_handed_out() -> None:
    rules = ConsumerRules(attrs.evolve(LIBRDKAFKA, collects=True), "auto")
    collecting = handed_out(rules, 1, Consumer("owner", 0), (R1,), LOG)

    assert (collecting.batch, collecting.in_hand, collecting.stored) == ((R1,), (), 1)
    assert without_assignment(collecting, "member").held == ()


def test_who_has_not_looked_up_the_committed_offset_may_go_back() -> None:
    assert the_stored_offset(Consumer("owner", position=None, stored=1), 2) == 1
    assert the_stored_offset(Consumer("owner", position=2, stored=1), 2) == 2


def test_a_client_that_may_stop_committing_promises_nothing() -> None:
    rules = ConsumerRules(JAVA_THAT_STOPS_COMMITTING, "auto")
    system = consume_half(rules, records=1, faults=Faults(0), kinds=frozenset())

    assert {act.name for act in system.actions if not act.is_fair} == {"append", "commit automatically"}


@pytest.mark.parametrize(("client", "is_lost"), [(JAVA, False), (JAVA_ON_ANOTHER_THREAD, True), (AIOKAFKA, True)])
def test_a_crash_loses_what_another_thread_has_committed_already(client: AutoCommit, is_lost: bool) -> None:
    kinds = frozenset({"consumer-crash"})
    system = consume_half(ConsumerRules(client, "auto"), records=2, faults=Faults(1), kinds=kinds)

    assert (explore(system, INVARIANTS["consume"]["no-loss"]).violation is not None) == is_lost


@pytest.mark.parametrize(
    ("client", "states"), [(JAVA, (63, 404)), (JAVA_ON_ANOTHER_THREAD, (73, 521)), (LIBRDKAFKA, (53, 404))]
)
def test_the_number_of_states_with_automatic_commits(client: AutoCommit, states: tuple[int, ...]) -> None:
    kinds = frozenset({"consumer-crash", "member-joins"})
    systems = [
        consume_half(ConsumerRules(client, "auto"), records=3, faults=Faults(faults), kinds=kinds)
        for faults in range(2)
    ]

    assert tuple(explore(system).distinct_states for system in systems) == states
