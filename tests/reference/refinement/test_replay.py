"""Executions of the model's produce half are taken by brokers and a producer, in bytes and offsets."""

from functools import cache

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import Step, System, steps
from ackproof.properties.produce import (
    acknowledged_records_survive,
    no_record_is_stored_twice,
    records_are_stored_in_order,
)
from ackproof.properties.property import Property
from ackproof.reference.refinement.replaying.findings import StoredRecord, findings, stored
from ackproof.reference.refinement.replaying.produce import DIRECTIONS, NotReplayedError, replayed
from ackproof.search.explorer import explore
from ackproof.traces.trace import Trace

NOT_IDEMPOTENT = ProducerRules(idempotence=None, requeue=each_to_the_front)


def half(client: ProducerRules, kinds: set[str], faults: int = 1, brokers: BrokerRules | None = None) -> System:
    system = produce_half(
        client, brokers or BrokerRules(), records=2, faults=Faults(faults), kinds=frozenset(kinds), is_fine=False
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


def numbers(record: StoredRecord) -> tuple[int, int]:
    return record.producer_epoch, record.base_sequence


def test_a_loss_of_power_takes_what_the_model_says() -> None:
    system = half(ProducerRules(), {"power-loss", "follower-lag"}, 3, BrokerRules(min_insync_replicas=1))

    replay = replayed(system, violation(system, acknowledged_records_survive))

    assert findings(replay, "no-loss") == ("r1 is acknowledged (offset 0) and lost",)


def test_each_action_of_the_newest_brokers_and_clients_can_be_directed() -> None:
    system = half(ProducerRules(), {"leader-change"})

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


def step_named(system: System, trace: Trace, name: str) -> Step:
    return next(step for step in steps(system, trace.states[-1]) if step.action.name == name)


def test_retention_is_not_replayed_yet() -> None:
    brokers = BrokerRules(forgets_producers_with_their_records=True)
    system = half(ProducerRules(), {"retention"}, 1, brokers)
    trace = Trace(tuple(system.initial), system.first_state, ())
    for name in ("send", "append", "fetch", "fetch", "answer", "retention"):
        trace = attrs.evolve(trace, steps=(*trace.steps, step_named(system, trace, name)))

    with pytest.raises(NotReplayedError, match="retention is not replayed yet"):
        replayed(system, trace)
