"""A stored high watermark: who knows what when, and verdicts that do not depend on the size of the steps."""

from collections.abc import Iterable
from itertools import combinations, product

import attrs
import pytest

from ackproof.config.rules import brokers_of
from ackproof.model.faults import Faults
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replica, Replicas, replaced
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.produce.stored import STORED, STORED_IN_FEWER_STEPS, follow, follow_in_steps, represented
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.produce import what_a_reader_saw_stays
from ackproof.properties.property import Property
from ackproof.search.explorer import explore

NOW = BrokerRules(2, 1)
OF_0_10 = attrs.evolve(brokers_of((0, 10, 2)), replication_factor=2, min_insync_replicas=1)
R1, R2 = Batch(0), Batch(1)


def fetched(rules: BrokerRules, replicas: Replicas) -> Replicas:
    """Two *replicas* after the second one has taken a step behind the first one."""
    (after,) = STORED_IN_FEWER_STEPS.fetched(rules, replicas, 0, 1)
    return after


def test_the_leader_hears_of_a_fetch_before_the_follower_hears_of_the_high_watermark() -> None:
    """The lag on which all of KIP-101 rests."""
    once = fetched(OF_0_10, (Replica("leader", log=(R1,)), Replica()))
    twice = fetched(OF_0_10, once)

    assert [replica.high_watermark for replica in once] == [1, 0]
    assert [replica.high_watermark for replica in twice] == [1, 1]


def test_step_by_step_an_answer_is_on_its_way_while_the_leader_acknowledges_already() -> None:
    behind = (Replica("leader", log=(R1,)), Replica(log=(R1,)))

    heard, answered = STORED.fetched(OF_0_10, behind, 0, 1)

    assert [replica.high_watermark for replica in heard] == [1, 0]
    assert [replica.high_watermark for replica in answered] == [1, 1]


def test_who_begins_to_follow_truncates_before_it_fetches() -> None:
    changed = STORED.led(OF_0_10, (Replica("leader", log=(R1,)), Replica(log=(R1,))), 0)

    assert changed[1].is_truncating
    assert fetched(OF_0_10, changed)[1].log == ()


def test_who_has_more_than_its_leader_is_not_known_to_it_before_it_has_truncated_to_its_end() -> None:
    mine = Replica(role="out", log=(R1, R2), high_watermark=2)
    changed = STORED_IN_FEWER_STEPS.led(OF_0_10, (Replica("leader"), mine), 0)
    began = fetched(OF_0_10, changed)
    level = fetched(OF_0_10, began)

    assert [(replica.log, replica.fetched_to) for replica in (began[1], level[1])] == [((R1, R2), 0), ((), 0)]
    assert not STORED_IN_FEWER_STEPS.may_join(OF_0_10, *began)
    assert STORED_IN_FEWER_STEPS.may_join(OF_0_10, *level)


def test_from_2_7_on_a_follower_truncates_where_a_fetch_tells_it_to() -> None:
    changed = STORED.led(NOW, (Replica("leader", log=(R1,)), Replica(log=(R2,))), 0)

    assert not changed[1].is_truncating
    assert fetched(NOW, changed)[1].log == ()


def test_a_follower_beyond_the_leaders_end_takes_that_end_whatever_stands_below_it() -> None:
    kept = (Replica("leader", log=(R2,)), Replica("out", log=(R1, R1), high_watermark=2))

    assert fetched(OF_0_10, kept)[1].log == (R1,)


def test_a_leader_does_not_count_what_a_follower_has_to_truncate_unless_it_has_kafka_13141() -> None:
    diverged = (Replica("leader", log=(R1,)), Replica(log=(R2,)))
    counting = attrs.evolve(NOW, counts_diverging_fetches=True)

    assert fetched(NOW, diverged)[0].high_watermark == 0
    assert fetched(counting, diverged)[0].high_watermark == 1


def test_a_follower_takes_the_high_watermark_and_truncates_only_then_if_it_has_kafka_14704() -> None:
    diverged = (Replica("leader", log=(R1,), high_watermark=1), Replica("out", log=(R2,)))
    early = attrs.evolve(NOW, takes_high_watermark_before_truncating=True)

    first = fetched(early, diverged)
    assert (first[1].log, first[1].high_watermark) == ((R2,), 1)
    assert fetched(early, first)[1].log == ()


def test_a_follower_joins_from_where_the_leader_began_to_lead() -> None:
    leader = Replica("leader", log=(R1,), epoch_start=1)
    behind = Replica("out")
    early = attrs.evolve(NOW, joins_below_leader_epoch=True)

    assert not STORED.may_join(NOW, leader, behind)
    assert STORED.may_join(NOW, leader, attrs.evolve(behind, fetched_to=1))
    assert STORED.may_join(early, leader, behind)


def test_the_high_watermark_stands_still_while_too_few_are_in_sync() -> None:
    alone = (Replica("leader", log=(R1,)), Replica("out"))

    assert STORED.settled(attrs.evolve(NOW, min_insync_replicas=2), alone) == alone
    assert STORED.settled(NOW, alone)[0].high_watermark == 1


def test_leader_epochs_are_told_apart_only_where_a_rule_compares_them_and_then_by_their_order() -> None:
    logs = (Batch(0, partition_leader_epoch=3), Batch(1, partition_leader_epoch=7))
    replicas = (Replica("leader", log=logs, leader_epoch=9), Replica(log=logs[:1], leader_epoch=3))

    compared = represented(brokers_of((0, 11)), replicas)
    assert {batch.partition_leader_epoch for replica in compared for batch in replica.log} == {0, 1}
    assert {replica.leader_epoch for replica in compared} == {0, 2}
    ignored = represented(OF_0_10, replicas)
    assert {batch.partition_leader_epoch for replica in ignored for batch in replica.log} == {0}


def test_nothing_happens_where_a_follower_knows_everything() -> None:
    equal = (Replica("leader", log=(R1,), high_watermark=1), Replica(log=(R1,), high_watermark=1, fetched_to=1))

    assert list(follow(OF_0_10, equal, 0, 1, record_by_record=True)) == []
    assert list(follow(OF_0_10, replaced(equal, 1, attrs.evolve(equal[1])), 0, 1, record_by_record=False)) == []


def ends(replicas: Iterable[Replicas]) -> set[tuple[int, int, int]]:
    """The leader's high watermark, where the follower's log ends, and its high watermark, of each of *replicas*."""
    return {(led.high_watermark, len(mine.log), mine.high_watermark) for led, mine in replicas}


def test_in_steps_a_fetch_is_answered_with_any_number_of_records_before_it_is_heard_or_after() -> None:
    behind = (Replica("leader", log=(R1, R2)), Replica(log=(R1,)))

    heard = (1, 1, 0)
    answered_before, answered_after = {(0, 2, 0)}, {(1, 1, 0), (1, 2, 0)}
    assert ends(follow_in_steps(NOW, behind, 0, 1)) == {heard} | answered_before | answered_after


def test_in_steps_an_answer_carries_the_high_watermark_from_before_the_fetch_was_heard() -> None:
    """A fetch may wait for records while the leader hears of another one, and is answered with what it knew."""
    level = (Replica("leader", log=(R1,), high_watermark=1), Replica(log=(R1,), fetched_to=1))

    assert ends(follow_in_steps(NOW, level, 0, 1)) == {(1, 1, 1)}


def test_in_steps_a_follower_truncates_as_it_does_otherwise() -> None:
    diverged = (Replica("leader", log=(R1,), high_watermark=1), Replica("out", log=(R2, R2)))
    truncating = replaced(diverged, 1, attrs.evolve(diverged[1], is_truncating=True))

    for rules, replicas in ((NOW, diverged), (OF_0_10, truncating)):
        (after,) = follow_in_steps(rules, replicas, 0, 1)
        assert [after] == list(follow(rules, replicas, 0, 1, record_by_record=True))


@pytest.mark.parametrize(("counts", "watermark"), [(False, 0), (True, 1)])
def test_in_steps_with_kafka_14704_an_answer_may_be_older_than_what_the_leader_hears(
    *, counts: bool, watermark: int
) -> None:
    """The follower takes the high watermark from before that, and truncates in the same step."""
    rules = attrs.evolve(NOW, takes_high_watermark_before_truncating=True, counts_diverging_fetches=counts)
    diverged = (Replica("leader", log=(R1,)), Replica(log=(R2,)))

    *_, early = follow_in_steps(rules, diverged, 0, 1)
    assert ends([early]) == {(watermark, 0, 0)}


OLDER: dict[tuple[int, ...], BrokerRules] = {
    version: attrs.evolve(brokers_of(version), replication_factor=2, min_insync_replicas=1)
    for version in [(0, 10, 2), (0, 11), (2, 0, 0), (2, 8, 0)]
}
RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front)
PRODUCERS = (RETRYING, attrs.evolve(RETRYING, acks="1"), attrs.evolve(RETRYING, max_in_flight=1))
STATEMENTS: dict[str, Property] = {**INVARIANTS["produce"], "what a reader saw stays": what_a_reader_saw_stays}
OF_BROKERS = ("broker-crash", "follower-lag", "leader-change", "power-loss", "response-lost")


def ended(client: ProducerRules, brokers: BrokerRules, kinds: Iterable[str], name: str, *, is_fine: bool) -> str:
    """How the search for a violation by two records ends."""
    faults = frozenset(kinds)
    system = produce_half(
        client,
        brokers,
        records=2,
        faults=Faults(len(faults)),
        kinds=faults,
        remembers_visible=name not in INVARIANTS["produce"],
        is_fine=is_fine,
    )
    return explore(system, STATEMENTS[name]).ended


def differences(clients: Iterable[ProducerRules], brokers: Iterable[BrokerRules], at_once: int) -> list[str]:
    """Where the size of the steps changes a verdict."""
    cases = product(clients, brokers, combinations(OF_BROKERS, at_once), STATEMENTS)
    return [str(case) for case in cases if ended(*case, is_fine=False) != ended(*case, is_fine=True)]


@pytest.mark.parametrize("version", OLDER, ids=str)
def test_fewer_steps_give_the_same_verdicts_with_one_fault(version: tuple[int, ...]) -> None:
    assert differences(PRODUCERS[:1], [OLDER[version]], 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("version", OLDER, ids=str)
def test_fewer_steps_give_the_same_verdicts_with_two_faults(version: tuple[int, ...]) -> None:
    rules = OLDER[version]
    clusters = (rules, attrs.evolve(rules, elects_uncleanly=True), attrs.evolve(rules, min_insync_replicas=2))

    assert differences(PRODUCERS, clusters, 2) == []


@pytest.mark.parametrize(
    ("version", "states"),
    [
        ((0, 10, 2), 7096),
        ((0, 11), 8361),
        ((2, 0, 0), 8361),
        ((2, 0, 1), 512),
        ((2, 8, 0), 6664),
        ((2, 8, 1), 512),
        ((4, 3), 512),
    ],
    ids=str,
)
def test_how_many_states_brokers_of_a_version_have(version: tuple[int, ...], states: int) -> None:
    """Many where the high watermark has to be stored, few where it is derived."""
    faults, kinds = Faults(2), frozenset({"broker-crash", "leader-change"})

    system = produce_half(ProducerRules(max_in_flight=1), brokers_of(version), records=2, faults=faults, kinds=kinds)

    assert explore(system).distinct_states == states
