"""The consume half as a system."""

from ackproof.model.consume import committing, coordinator, failing, failing_in_steps, membership, reading, requests
from ackproof.model.consume.consumer import Consumer, in_any_order
from ackproof.model.consume.coordinator import Coordinator
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
IN_SEVERAL_STEPS = (
    coordinator.ask_to_join,
    coordinator.rejoin,
    coordinator.begin_generation,
    coordinator.assign,
    coordinator.learn,
    coordinator.hear_of_removal,
    coordinator.session_expires,
    requests.commit_arrives,
    requests.async_commit_arrives,
    requests.hear_answer,
    requests.send_automatic_commit,
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

FAULTS_IN_SEVERAL_STEPS: tuple[Action, ...] = (
    failing_in_steps.consumer_crash,
    failing_in_steps.consumer_pause,
    failing_in_steps.member_joins,
    failing_in_steps.member_leaves,
    failing_in_steps.coordinator_failover,
    failing.retention,
    failing_in_steps.offsets_expired,
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
    group_actions = IN_SEVERAL_STEPS if is_fine else IN_ONE_STEP
    fault_actions = FAULTS_IN_SEVERAL_STEPS if is_fine else FAULT_ACTIONS
    return System(
        initial={
            "log": Log(),
            "group": Group(),
            "consumers": (Consumer("stopped"),) * rules.instances + absent,
            "history": History((0,) * records),
            FAULTS: faults,
            **({"coordinator": Coordinator()} if is_fine else {}),
        },
        actions=(*READING, *group_actions, *(act for act in fault_actions if act.fault in kinds)),
        rules={"consumer": rules, "records": records, "in_flight_max": 2 if is_fine else 1},
        symmetric={"consumers": in_any_order},  # type: ignore[dict-item]  # a component's own type
        is_fine=is_fine,
    )
