"""Executions of the model's produce half are taken by brokers and a producer, in bytes and offsets."""

from functools import cache

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.produce.truncation import to_own_high_watermark
from ackproof.model.system import System
from ackproof.properties.liveness import every_send_is_resolved
from ackproof.properties.produce import (
    acknowledged_records_survive,
    no_record_is_stored_twice,
    records_are_stored_in_order,
)
from ackproof.properties.property import Property, always
from ackproof.reference.refinement.replaying.findings import StoredRecord, findings, stored
from ackproof.reference.refinement.replaying.produce import DIRECTIONS, NotReplayedError, replayed
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly
from ackproof.traces.trace import Trace
from tests.reference.refinement.executions import along

NOT_IDEMPOTENT = ProducerRules(idempotence=None, requeue=each_to_the_front)


def half(
    client: ProducerRules, kinds: set[str], faults: int = 1, brokers: BrokerRules | None = None, *, records: int = 2
) -> System:
    system = produce_half(
        client, brokers or BrokerRules(), records=records, faults=Faults(faults), kinds=frozenset(kinds), is_fine=False
    )
    return attrs.evolve(system, symmetric={})


def violation(system: System, holds: Property) -> Trace:
    found = explore(system, holds).violation
    assert found is not None
    return found


@cache
def stored_twice() -> tuple[System, Trace]:
    system = half(NOT_IDEMPOTENT, {"response-lost"})
    return system, violation(system, no_record_is_stored_twice)


def test_what_only_the_leader_had_is_lost_with_it() -> None:
    system = half(ProducerRules(acks="1", idempotence=None), {"broker-crash"})

    replay = replayed(system, violation(system, acknowledged_records_survive))

    assert findings(replay, "no-loss") == ("r1 is acknowledged (offset 0) and lost",)


def test_a_record_that_is_sent_again_has_two_offsets() -> None:
    replay = replayed(*stored_twice())
    leader = next(each for each in stored(replay) if each.role == "the leader")

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)
    assert leader.records is not None
    assert [(each.base_offset, each.record, each.base_sequence) for each in leader.records] == [(0, 0, -1), (1, 0, -1)]


def test_retries_overtake_each_other() -> None:
    system = half(NOT_IDEMPOTENT, {"request-lost"})

    replay = replayed(system, violation(system, records_are_stored_in_order))

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_a_bumped_epoch_stores_a_record_twice() -> None:
    system = half(ProducerRules(), {"response-lost", "send-timeout"}, 2)

    replay = replayed(system, violation(system, no_record_is_stored_twice))
    leader = next(each.records for each in stored(replay) if each.role == "the leader")

    assert leader is not None
    assert [numbers(each) for each in leader if each.record == leader[-1].record] == [(0, 1), (1, 0)]


@always(source="none")
def nothing_of_an_earlier_epoch_is_the_last_acknowledged(producer: Producer) -> bool:
    """What was acknowledged last has a number below that of the next batch."""
    return producer.last_acked_sequence < producer.next_sequence


def test_a_producer_has_bumped_its_epoch_before_it_hears_of_what_it_had_given_up() -> None:
    system = half(ProducerRules(on_send_failure="drop"), {"request-lost", "send-timeout"}, 2)
    trace = violation(system, nothing_of_an_earlier_epoch_is_the_last_acknowledged)

    assert [step.action.name for step in trace.steps][-3:] == ["send timeout", "resolve", "answer"]
    assert replayed(system, trace).steps == len(trace.steps)


def numbers(record: StoredRecord) -> tuple[int, int]:
    return record.producer_epoch, record.base_sequence


def test_a_loss_of_power_takes_what_the_model_says() -> None:
    system = half(ProducerRules(), {"power-loss", "follower-lag"}, 3, BrokerRules(min_insync_replicas=1))

    replay = replayed(system, violation(system, acknowledged_records_survive))

    assert findings(replay, "no-loss") == ("r1 is acknowledged (offset 0) and lost",)


@always(source="none")
def at_most_one_is_eligible(replicas: Replicas) -> bool:
    """At most one replica is eligible to lead without being in sync."""
    return sum(replica.role == "eligible" for replica in replicas) < 2


def test_followers_that_fall_behind_at_once_are_both_eligible() -> None:
    system = half(ProducerRules(), {"follower-lag"}, 2)
    trace = violation(system, at_most_one_is_eligible)

    image = replayed(system, trace).stage.image

    assert trace.steps[-1].action.name == "2 followers lag"
    assert (len(image.in_sync_replicas), len(image.eligible_leader_replicas)) == (1, 2)


def test_each_action_of_the_newest_brokers_and_clients_can_be_directed() -> None:
    system = half(ProducerRules(), {"leader-change", "follower-lag"}, 2)

    assert {act.name for act in system.actions} <= set(DIRECTIONS)


def test_a_replay_of_one_trace_is_the_same_every_time() -> None:
    first, second = (list(stored(replayed(*stored_twice()))) for _ in range(2))

    assert first == second


def test_a_step_that_the_reference_does_not_take_is_named() -> None:
    system, trace = stored_twice()
    gap = attrs.evolve(trace, steps=(*trace.steps[:1], *trace.steps[2:]))

    with pytest.raises(NotReplayedError, match=r"step 2 \(the connection breaks .*\): no answer is to come"):
        replayed(system, gap)


def test_a_reference_that_differs_from_the_model_is_not_taken_for_it() -> None:
    system, trace = stored_twice()
    last = trace.steps[-1]
    elsewhere = attrs.evolve(last, state=trace.states[-2])

    with pytest.raises(NotReplayedError, match="has \\(0, 0\\), not \\(0,\\)"):
        replayed(system, attrs.evolve(trace, steps=(*trace.steps[:-1], elsewhere)))


OLD = BrokerRules(
    2, min_insync_replicas=1, truncation=to_own_high_watermark, misses_quick_restarts=True, checks_broker_epochs=False
)
"""Brokers of 0.10, as far as it matters here."""


def test_who_is_back_before_the_controller_looks_truncates_and_may_lead() -> None:
    system = half(ProducerRules(idempotence=None), {"broker-crash", "leader-change"}, 2, OLD)
    trace = violation(system, acknowledged_records_survive)
    replay = replayed(system, trace)

    assert "broker 2 crashes and is back before the controller notices" in [step.says for step in trace.steps]
    assert findings(replay, "no-loss") == ("r1 is acknowledged (offset 0) and lost",)


def test_a_producer_that_retention_makes_the_broker_forget_is_stored_once_more() -> None:
    alone = BrokerRules(1, min_insync_replicas=1, forgets_producers_with_their_records=True)
    system = half(ProducerRules(), {"response-lost", "retention"}, 2, alone)
    replay = replayed(system, violation(system, no_record_is_stored_twice))

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)
    assert replay.director.notes == ["what is below offset 1 is deleted, and shown as it was"]


@pytest.mark.parametrize(
    ("kinds", "brokers"),
    [
        ({"retention", "follower-lag", "broker-crash"}, BrokerRules()),
        ({"retention", "broker-crash"}, BrokerRules(1, min_insync_replicas=1)),
    ],
    ids=["which begins there", "which reads again what is left"],
)
def test_a_producer_that_a_broker_of_today_does_not_know_any_more_is_stored_once_more(
    kinds: set[str], brokers: BrokerRules, request: pytest.FixtureRequest
) -> None:
    system = half(ProducerRules(), kinds, len(kinds), brokers, records=1)
    trace = violation(system, no_record_is_stored_twice)

    assert any(step.says.endswith(request.node.callspec.id) for step in trace.steps)
    assert findings(replayed(system, trace), "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


def test_who_is_told_later_of_another_leader_sends_to_that_meanwhile() -> None:
    """As a producer does that does not mute the partition (KAFKA-3197)."""
    system = half(attrs.evolve(NOT_IDEMPOTENT, max_in_flight=1, mutes_partition=False), {"leader-change"})
    replay = replayed(system, violation(system, records_are_stored_in_order))

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_what_is_repeated_for_ever_is_taken_three_times_over() -> None:
    alone = BrokerRules(2, min_insync_replicas=2)
    system = produce_half(
        ProducerRules(idempotence=None),
        alone,
        records=1,
        faults=Faults(1),
        kinds=frozenset({"follower-lag"}),
        is_fine=True,
    )
    still = attrs.evolve(system, actions=tuple(act for act in system.actions if act.name != "expand"))
    trace = explore_fairly(still, every_send_is_resolved).violation
    assert trace is not None
    assert trace.loop is not None

    replay = replayed(still, trace)

    assert replay.steps == trace.loop + 3 * (len(trace) - trace.loop)
    assert findings(replay, "completes") == ("the send of r1 has no outcome after 4 requests, and so it goes on",)


RESENDING = attrs.evolve(NOT_IDEMPOTENT, max_in_flight=1, on_send_failure="resend")
ALONE = BrokerRules(1, min_insync_replicas=1)


def test_a_batch_that_waits_for_a_leader_passes_its_deadline_and_is_sent_again_behind_the_next() -> None:
    system = half(RESENDING, {"broker-crash", "send-timeout"}, 2, ALONE)
    replay = replayed(system, violation(system, records_are_stored_in_order))

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_a_batch_that_the_application_sends_again_is_on_the_wire_beside_the_first_one() -> None:
    system = half(attrs.evolve(RESENDING, max_in_flight=5), {"producer-crash", "send-timeout"}, 2, ALONE)
    trace = violation(system, no_record_is_stored_twice)

    assert trace.steps[-1].says == "the producer crashes and starts again; the leader still serves 2 of its requests"
    assert findings(replayed(system, trace), "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


@always(source="none")
def no_send_fails_twice(producer: Producer) -> bool:
    """What the application has sent again it need not send once more."""
    return not any(attempt.resends_left == 0 for attempt in producer.queue)


@pytest.mark.slow
def test_what_the_application_sends_again_passes_its_deadline_before_it_is_on_its_way() -> None:
    system = half(RESENDING, {"request-lost", "send-timeout"}, 3, ALONE)
    trace = violation(system, no_send_fails_twice)

    assert [step.action.name for step in trace.steps] == ["send", "send timeout", "send timeout"]
    assert replayed(system, trace).steps == len(trace.steps)


@pytest.mark.slow
def test_a_leader_that_has_deleted_what_it_loses_with_its_power_begins_behind_that() -> None:
    system = half(ProducerRules(), {"power-loss", "retention"}, 3, BrokerRules(3, 3))
    trace = along(
        system,
        "producer sends r1 (sequence 0)",
        "broker 1, the leader, appends r1",
        "broker 2 fetches",
        "broker 3 fetches",
        "broker 2 loses power and its last 1 of 1 records",
        "the controller notices; in sync: broker 1, broker 3",
        "broker 2 comes back with an empty log",
        "retention deletes what is below offset 1 on broker 2, which begins there",
        "broker 2 fetches from broker 1",
        "broker 2 has caught up and is in sync again",
        "broker 1, the leader, loses power and its last 1 of 1 records",
        "producer notices that no answer comes for r1",
        "the controller makes broker 2 the leader; in sync: broker 2, broker 3",
        "producer sends r1 (sequence 0) again",
        "broker 1 comes back with an empty log",
        "broker 1 fetches from broker 2",
        "broker 1 has caught up and is in sync again",
        "broker 2, the leader, appends r1 (sequence 0) at offset 1",
    )

    assert findings(replayed(system, trace), "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)
