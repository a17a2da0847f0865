"""Every property of the consume half holds, has a broken variant that violates it, and is not empty."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA, LIBRDKAFKA
from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.half import KINDS, consume_half
from ackproof.model.consume.log import Group, History, Log
from ackproof.model.consume.rules import Commit, ConsumerRules, Processing
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.properties import consume
from ackproof.properties.claims import INTERESTING, INVARIANTS
from ackproof.properties.property import Property
from ackproof.search.explorer import explore

SAFE = ConsumerRules(instances=2)
EARLY = attrs.evolve(SAFE, commit_when="before-processing")
AUTOMATIC = attrs.evolve(SAFE, commit="auto")
SKIPPED = {"log": Log(0, (0, 1)), "group": Group(1), "history": History((0, 0)), "consumer": SAFE}


def half(rules: ConsumerRules, *kinds: str, is_fine: bool = False) -> System:
    """A small consume half with one fault of these kinds."""
    return consume_half(rules, records=2, faults=Faults(1), kinds=frozenset(kinds), is_fine=is_fine)


@pytest.mark.parametrize(
    ("claim", "fault", "safe", "broken"),
    [
        ("no-loss", "consumer-crash", SAFE, EARLY),
        ("no-loss", "consumer-crash", AUTOMATIC, attrs.evolve(AUTOMATIC, auto_commit=LIBRDKAFKA)),
        ("no-duplicates", "consumer-pause", EARLY, SAFE),
        ("in-order", "consumer-pause", SAFE, EARLY),
    ],
)
def test_a_claim_holds_under_one_rule_and_is_violated_under_another(
    claim: str, fault: str, safe: ConsumerRules, broken: ConsumerRules
) -> None:
    statement = INVARIANTS["consume"][claim]

    assert explore(half(safe, fault), statement).ended == "exhausted"
    found = explore(half(broken, fault), statement)
    assert found.violation is not None
    assert found.violation.faults == (fault,)


def test_an_idempotent_sink_absorbs_repeats() -> None:
    rules = attrs.evolve(SAFE, sink="idempotent")

    assert explore(half(rules, *KINDS), consume.no_record_is_processed_twice).ended == "exhausted"


@pytest.mark.parametrize("claim", INTERESTING["consume"])
def test_its_interesting_case_is_reachable(claim: str) -> None:
    wanted = INTERESTING["consume"][claim]

    assert all(explore(half(SAFE), looks_for=wanted).seen.values())


@pytest.mark.parametrize("processing", ["in-poll-loop", "handed-off"])
@pytest.mark.parametrize("commit", ["sync", "async"])
def test_what_is_committed_after_processing_is_processed(commit: Commit, processing: Processing) -> None:
    rules = attrs.evolve(SAFE, commit=commit, processing=processing)

    assert explore(half(rules, *KINDS - {"retention"}), consume.committed_records_are_processed).ended == "exhausted"


def test_what_java_commits_by_itself_is_processed() -> None:
    kinds = KINDS - {"retention"}

    assert explore(half(AUTOMATIC, *kinds), consume.committed_records_are_processed).ended == "exhausted"


@pytest.mark.parametrize(
    "rules",
    [
        EARLY,
        attrs.evolve(AUTOMATIC, auto_commit=LIBRDKAFKA),
        attrs.evolve(AUTOMATIC, auto_commit=AIOKAFKA),
        attrs.evolve(AUTOMATIC, auto_commit=JAVA, processing="handed-off"),
    ],
)
def test_what_is_committed_is_not_always_processed(rules: ConsumerRules) -> None:
    assert explore(half(rules), consume.committed_records_are_processed).ended == "violated"


@pytest.mark.parametrize("is_fine", [False, True])
def test_the_partition_has_one_owner_in_a_generation(is_fine: bool) -> None:
    system = half(SAFE, *KINDS, is_fine=is_fine)

    assert explore(system, consume.the_partition_has_one_owner).ended == "exhausted"


def test_two_owners_in_a_generation_are_noticed() -> None:
    two = {"group": Group(), "consumers": (Consumer("owner"), Consumer("owner"))}

    assert not consume.the_partition_has_one_owner(two)


def test_an_old_owner_does_not_count() -> None:
    two = {
        "group": Group(generation=2),
        "consumers": (Consumer("owner", generation=1), Consumer("owner", generation=2)),
    }

    assert consume.the_partition_has_one_owner(two)


@pytest.mark.parametrize(
    ("consumer", "holds"),
    [
        (Consumer("owner", position=1), False),
        (Consumer("owner", position=0), True),
        (Consumer("stale", position=1), True),
        (Consumer("owner", position=1, in_hand=((0, 0),)), True),
        (Consumer("out", left_over=((0, 0),)), True),
    ],
)
def test_a_record_is_lost_once_the_owner_is_past_it_and_nobody_holds_it(consumer: Consumer, holds: bool) -> None:
    assert consume.every_record_is_processed_or_can_still_be({**SKIPPED, "consumers": (consumer,)}) == holds


def test_a_record_that_is_in_the_log_again_can_still_be_read() -> None:
    again = {**SKIPPED, "log": Log(0, (0, 0)), "history": History((0,)), "consumers": (Consumer("owner", position=1),)}

    assert consume.every_record_is_processed_or_can_still_be(again)


def test_what_a_stale_consumer_drops_is_read_by_the_next_owner() -> None:
    found = explore(half(EARLY, "consumer-pause"), consume.every_record_is_processed_or_can_still_be)

    assert found.ended == "exhausted"
    assert found.fired["commit"] > 0


def test_a_commit_whose_answer_is_lost_can_lose_what_it_covers() -> None:
    kinds = frozenset({"coordinator-failover", "consumer-pause"})
    system = consume_half(EARLY, records=1, faults=Faults(2), kinds=kinds)
    found = explore(system, consume.every_record_is_processed_or_can_still_be)

    assert found.violation is not None
    assert found.violation.faults == ("coordinator-failover", "consumer-pause")


@pytest.mark.parametrize(
    "wanted",
    [consume.a_commit_is_accepted, consume.an_owner_has_a_position, consume.a_repeat_is_possible],
    ids=lambda wanted: wanted.name,
)
def test_what_makes_the_properties_interesting_is_reachable(wanted: Property) -> None:
    assert explore(half(SAFE, "consumer-crash"), looks_for=(wanted,)).seen == {wanted.name: True}
