"""Every property of the produce half holds, has a broken variant that violates it, and is not empty."""

from collections.abc import Iterator

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replica, Replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.produce.stored import STORED
from ackproof.model.produce.truncation import by_leader_epoch
from ackproof.model.produce.watermark import Watermark
from ackproof.model.system import Next, System, action
from ackproof.properties.claims import INTERESTING, INVARIANTS
from ackproof.properties.produce import (
    a_record_is_committed,
    an_offset_has_one_record,
    logs_match_below_the_high_watermark,
    the_partition_has_one_leader,
    what_a_reader_saw_stays,
)
from ackproof.search.explorer import explore

SAFE = ProducerRules()
REPEATING = ProducerRules(idempotence=None, requeue=each_to_the_front)


def half(
    client: ProducerRules, *kinds: str, brokers: BrokerRules | None = None, remembers_visible: bool = False
) -> System:
    """A small produce half with one fault of these kinds."""
    return produce_half(
        client,
        brokers or BrokerRules(),
        records=2,
        faults=Faults(1),
        kinds=frozenset(kinds),
        remembers_visible=remembers_visible,
    )


@pytest.mark.parametrize(
    ("claim", "fault", "broken"),
    [
        ("no-loss", "broker-crash", attrs.evolve(REPEATING, acks="1")),
        ("no-duplicates", "response-lost", REPEATING),
        ("in-order", "leader-change", REPEATING),
    ],
)
def test_a_claim_holds_with_the_defaults_and_is_violated_by_a_broken_variant(
    claim: str, fault: str, broken: ProducerRules
) -> None:
    statement = INVARIANTS["produce"][claim]

    assert explore(half(SAFE, fault), statement).ended == "exhausted"
    found = explore(half(broken, fault), statement)
    assert found.violation is not None
    assert found.violation.faults == (fault,)


@pytest.mark.parametrize("claim", INTERESTING["produce"])
def test_its_interesting_case_is_reachable(claim: str) -> None:
    wanted = INTERESTING["produce"][claim]

    assert all(explore(half(SAFE), looks_for=wanted).seen.values())


def test_what_a_reader_saw_stays_unless_an_election_is_unclean() -> None:
    clean = BrokerRules(replication_factor=2, min_insync_replicas=1)
    unclean = attrs.evolve(clean, elects_uncleanly=True)
    kinds = ("follower-lag", "broker-crash")

    def ended(brokers: BrokerRules) -> str:
        system = half(SAFE, *kinds, brokers=brokers, remembers_visible=True)
        two_faults = attrs.evolve(system, initial={**system.initial, "faults": Faults(2)})
        return explore(two_faults, what_a_reader_saw_stays).ended

    assert ended(clean) == "exhausted"
    assert ended(unclean) == "violated"


def fine(*kinds: str, watermark: Watermark = STORED) -> System:
    """A fine-grained half with a stored high watermark."""
    brokers = BrokerRules(replication_factor=2, min_insync_replicas=1)
    system = produce_half(SAFE, brokers, records=2, faults=Faults(1), kinds=frozenset(kinds), is_fine=True)
    return attrs.evolve(system, rules={**system.rules, "leader": Leader(brokers, watermark, "all")})


def at_once(_rules: BrokerRules, _leader: Replica, _follower: Replica) -> bool:
    """A follower joins without having caught up."""
    return True


def test_logs_match_below_a_stored_high_watermark_unless_followers_join_too_early() -> None:
    too_early = attrs.evolve(STORED, may_join=at_once)

    good = explore(fine("follower-lag"), logs_match_below_the_high_watermark, looks_for=(a_record_is_committed,))
    assert (good.ended, good.seen) == ("exhausted", {"a_record_is_committed": True})
    assert explore(fine("follower-lag", watermark=too_early), logs_match_below_the_high_watermark).ended == "violated"


def test_an_offset_has_one_record_unless_a_follower_asks_only_once_where_its_epoch_ends() -> None:
    """KIP-279 (KAFKA-6361)."""
    good = BrokerRules(replication_factor=2)
    broken = attrs.evolve(good, truncation=by_leader_epoch)

    def ended(brokers: BrokerRules) -> str:
        system = half(REPEATING, "leader-change", brokers=brokers)
        two_faults = attrs.evolve(system, initial={**system.initial, "faults": Faults(2)})
        return explore(two_faults, an_offset_has_one_record).ended

    assert ended(good) == "exhausted"
    assert ended(broken) == "violated"


@action
def claim_leadership(replicas: Replicas) -> Iterator[Next]:
    """A follower that elects itself."""
    yield Next("a follower leads too", replicas=tuple(attrs.evolve(replica, role="leader") for replica in replicas))


def test_the_partition_has_one_leader_unless_a_follower_elects_itself() -> None:
    system = half(SAFE, "broker-crash")

    assert explore(system, the_partition_has_one_leader).ended == "exhausted"
    split = attrs.evolve(system, actions=(*system.actions, claim_leadership))
    assert explore(split, the_partition_has_one_leader).ended == "violated"
