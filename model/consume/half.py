"""The consume half as a system."""

from ackproof.model.consume import committing, failing, membership, reading
from ackproof.model.consume.consumer import Consumer, in_any_order
from ackproof.model.consume.log import Group, History, Log
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import Action, System

READING = (
    reading.append,
    reading.locate,
    reading.poll,
    reading.process,
    reading.commit_the_processed_prefix,
)
IN_ONE_STEP = (
    membership.start,
    membership.join,
    membership.notice,
    committing.commit,
    committing.async_commit_arrives,
    committing.commit_automatically,
)
FAULT_ACTIONS: tuple[Action, ...] = (
    failing.consumer_crash,
    failing.consumer_pause,
    failing.member_joins,
    failing.member_leaves,
    failing.coordinator_failover,
    failing.retention,
    failing.offsets_expired,
)

KINDS = frozenset(act.fault for act in FAULT_ACTIONS if act.fault)
"""The kinds of fault that this half knows."""


def consume_half(
    rules: ConsumerRules, *, records: int, faults: Faults, kinds: frozenset[str], is_fine: bool = False
) -> System:
    """
    A log of durable records that a group reads, some appended before the group first starts and some after.

    Args:
        kinds: Which kinds of fault happen.
        is_fine: Without any reduction: rebalances and commits take several steps, consumers are told apart.
    """
    absent = (Consumer("absent"),) if "member-joins" in kinds else ()
    return System(
        initial={
            "log": Log(),
            "group": Group(),
            "consumers": absent + (Consumer("stopped"),) * rules.instances,
            "history": History((0,) * records),
            FAULTS: faults,
        },
        actions=(*READING, *IN_ONE_STEP, *(act for act in FAULT_ACTIONS if act.fault in kinds)),
        rules={"consumer": rules, "records": records, "in_flight_max": 1},
        symmetric={"consumers": in_any_order},  # type: ignore[dict-item]  # a component's own type
        is_fine=is_fine,
    )
