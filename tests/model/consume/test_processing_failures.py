"""What becomes of a record that the application could not process, or thinks so."""

from collections.abc import Mapping

import attrs
import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA, LIBRDKAFKA, AutoCommit
from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group
from ackproof.model.consume.processing_failures import closed
from ackproof.model.consume.rules import ConsumerRules, OnProcessingFailure, Processing
from ackproof.model.faults import Faults
from ackproof.properties.claims import INVARIANTS
from ackproof.search.exploration import Exploration
from ackproof.search.explorer import explore
from ackproof.traces.trace import Trace

FAILS = frozenset({"processing-fails"})
POLICIES: tuple[OnProcessingFailure, ...] = ("retry", "skip", "dead-letter", "stop", "crash")


def exploration(rules: ConsumerRules, claim: str, kinds: frozenset[str] = FAILS, faults: int = 1) -> Exploration:
    """The search for a violation of *claim*."""
    system = consume_half(
        rules,
        records=2,
        faults=Faults(faults),
        kinds=kinds,
        counts_repeats=claim == "no-duplicates",
        notes_order=claim == "in-order",
    )
    return explore(system, INVARIANTS["consume"][claim])


def violated(rules: ConsumerRules) -> set[str]:
    """The claims that one failure breaks."""
    return {claim for claim in INVARIANTS["consume"] if exploration(rules, claim).violation}


def shortest(rules: ConsumerRules, claim: str, kinds: frozenset[str] = FAILS, faults: int = 1) -> Trace:
    """A shortest execution that breaks *claim*."""
    found = exploration(rules, claim, kinds, faults).violation
    assert found is not None
    return found


AFTER_PROCESSING: Mapping[OnProcessingFailure, set[str]] = {
    "retry": {"no-duplicates"},
    "skip": {"no-loss"},
    "dead-letter": {"no-duplicates"},
    "stop": {"no-duplicates"},
    "crash": {"no-duplicates"},
}


@pytest.mark.parametrize("policy", POLICIES)
def test_what_one_failure_breaks_if_commits_come_after_processing(policy: OnProcessingFailure) -> None:
    assert violated(ConsumerRules(on_processing_failure=policy)) == AFTER_PROCESSING[policy]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("sink", ["idempotent", "with-sink"])
def test_an_idempotent_sink_or_one_that_keeps_the_offset_absorbs_what_is_tried_again(
    policy: OnProcessingFailure, sink: str
) -> None:
    idempotent = ConsumerRules(sink="idempotent", on_processing_failure=policy)
    rules = idempotent if sink == "idempotent" else ConsumerRules(commit="with-sink", on_processing_failure=policy)

    # The dead letter topic is no part of the sink: what the sink has may be sent there too.
    doubled = {"no-duplicates"} if policy == "dead-letter" and sink == "with-sink" else set[str]()
    assert violated(rules) == ({"no-loss"} if policy == "skip" else doubled)


def test_a_record_that_is_tried_again_is_processed_twice_if_the_sink_had_it() -> None:
    steps = shortest(ConsumerRules(), "no-duplicates").steps

    assert [step.says for step in steps][-2:] == [
        "consumer 1 fails to process r1 after the sink has it, and tries again",
        "consumer 1 processes r1",
    ]


def test_a_record_that_is_skipped_is_lost_once_its_offset_is_committed() -> None:
    steps = shortest(ConsumerRules(on_processing_failure="skip"), "no-loss").steps

    assert [step.says for step in steps][-2:] == [
        "consumer 1 fails to process r1, and skips it",
        "the group coordinator accepts the commit of offset 1",
    ]


def test_a_crash_over_a_record_takes_along_what_else_it_holds() -> None:
    says = [step.says for step in shortest(ConsumerRules(on_processing_failure="crash"), "no-duplicates").steps]

    assert any("crashes with" in said for said in says)


@pytest.mark.parametrize("client", [JAVA, AIOKAFKA, LIBRDKAFKA])
@pytest.mark.parametrize("is_fine", [False, True], ids=["", "in steps"])
def test_a_consumer_that_is_closed_over_a_record_commits_it(client: AutoCommit, is_fine: bool) -> None:
    rules = ConsumerRules(client, "auto", on_processing_failure="stop")
    half = consume_half(rules, records=1, faults=Faults(1), kinds=FAILS, is_fine=is_fine)

    found = explore(half, INVARIANTS["consume"]["no-loss"]).violation

    assert found is not None
    assert any("stops with r1 in its hands; the commit of consumer 1 of offset 1" in step.says for step in found.steps)


def test_a_consumer_that_is_not_closed_over_a_record_commits_nothing() -> None:
    stops = ConsumerRules(JAVA, "auto", on_processing_failure="stop", closes_cleanly=False)
    crashes = attrs.evolve(stops, on_processing_failure="crash")

    assert violated(stops) == violated(crashes) == {"no-duplicates"}


@pytest.mark.parametrize("is_told", [True, False])
def test_what_threads_have_processed_is_committed_on_closing_over_a_record_by_who_is_told_of_it(is_told: bool) -> None:
    """aiokafka's ``GroupCoordinator.close`` tells no listener."""
    rules = ConsumerRules(
        commit="async",
        processing="handed-off",
        on_processing_failure="stop",
        on_revoke="commit",
        revokes_on_close=is_told,
    )
    owner = Consumer("owner", position=2, in_hand=((1, 1),))

    says, group = closed(rules, 0, owner, Group())

    assert (says != "") == is_told
    assert group.committed == (1 if is_told else None)


@pytest.mark.parametrize("processing", ["in-poll-loop", "handed-off"])
def test_what_threads_try_again_is_lost_in_a_crash_where_the_client_commits_by_itself(processing: Processing) -> None:
    rules = ConsumerRules(JAVA, "auto", processing=processing)
    found = exploration(rules, "no-loss", FAILS | {"consumer-crash"}, faults=2)

    assert (found.violation is None) == (processing == "in-poll-loop")


def test_an_application_that_commits_first_and_skips_what_fails_never_repeats() -> None:
    rules = ConsumerRules(commit_when="before-processing", on_processing_failure="skip")
    kinds = FAILS | {"consumer-crash", "consumer-pause", "member-joins", "coordinator-failover"}

    assert exploration(rules, "no-duplicates", kinds, faults=2).ended == "exhausted"
    again = attrs.evolve(rules, on_processing_failure="retry")
    assert shortest(again, "no-duplicates").faults == ("processing-fails",)


@pytest.mark.parametrize("policy", ["retry", "dead-letter"])
def test_where_repeats_do_not_count_trying_again_changes_nothing_and_is_left_out(policy: OnProcessingFailure) -> None:
    rules = ConsumerRules(on_processing_failure=policy)

    assert "processing fails" not in exploration(rules, "no-loss").fired
    assert exploration(rules, "no-duplicates").fired["processing fails"] > 0


@pytest.mark.parametrize(
    ("policy", "states"),
    [("retry", (43, 241)), ("skip", (43, 272)), ("dead-letter", (43, 236)), ("crash", (43, 230))],
)
def test_the_number_of_states_with_failures(policy: OnProcessingFailure, states: tuple[int, ...]) -> None:
    rules = ConsumerRules(on_processing_failure=policy)
    kinds = FAILS | {"consumer-crash"}
    systems = [consume_half(rules, records=3, faults=Faults(faults), kinds=kinds) for faults in range(2)]

    assert tuple(explore(system).distinct_states for system in systems) == states
