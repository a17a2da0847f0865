"""The consume half as a system."""

from collections.abc import Callable

from ackproof.model.consume import committing, coordinator, failing, failing_in_steps, membership, reading, requests
from ackproof.model.consume.consumer import Consumer, in_any_order
from ackproof.model.consume.coordinator import Coordinator
from ackproof.model.consume.log import Group, History, Log, Memory
from ackproof.model.consume.rules import ConsumerRules, commits_prefix
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import REDUCTIONS, Action, System

READING = (
    reading.append,
    reading.locate,
    reading.poll,
    reading.process,
)
IN_ONE_STEP = (
    membership.start,
    membership.join,
    membership.notice,
    committing.commit,
    committing.async_commit_arrives,
    committing.commit_automatically,
    committing.commit_the_processed_prefix,
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
    requests.ask_to_commit_the_processed_prefix,
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


OF_COMMITS: dict[Action, Callable[[ConsumerRules], bool]] = {
    committing.commit: lambda rules: rules.commit == "sync" and not commits_prefix(rules),
    committing.async_commit_arrives: lambda rules: rules.commit == "async",
    committing.commit_automatically: lambda rules: rules.commit == "auto",
    committing.commit_the_processed_prefix: commits_prefix,
    requests.send_automatic_commit: lambda rules: rules.commit == "auto",
    requests.ask_to_commit_the_processed_prefix: commits_prefix,
}
"""Actions that only some applications take."""


def consume_half(
    rules: ConsumerRules,
    *,
    records: int,
    faults: Faults,
    kinds: frozenset[str],
    counts_repeats: bool = True,
    notes_order: bool = True,
    is_fine: bool = False,
) -> System:
    """
    A log of durable records that a group reads, some appended before the group first starts and some after.

    Args:
        kinds: Which kinds of fault happen.
        counts_repeats: Only a claim about duplicates asks for it.
        notes_order: Only a claim about order asks for it.
        is_fine: Without any reduction: rebalances and commits take several steps, consumers are told apart.
    """
    absent = (Consumer("absent"),) if "member-joins" in kinds else ()
    memory = Memory(counts_repeats and rules.sink == "plain", notes_order)
    return System(
        initial={
            "log": Log(),
            "group": Group(),
            "consumers": (Consumer("stopped"),) * rules.instances + absent,
            "history": History((0,) * records),
            FAULTS: faults,
            **({"coordinator": Coordinator()} if is_fine else {}),
        },
        actions=actions_of(rules, memory, kinds, is_fine=is_fine),
        rules={
            "consumer": rules,
            "memory": memory,
            "forgets": forgets_repeats(rules, memory, is_fine=is_fine),
            "records": records,
            "deletes": "retention" in kinds,
            "in_flight_max": 2 if is_fine else 1,
        },
        symmetric={"consumers": in_any_order},  # type: ignore[dict-item]  # a component's own type
        reductions=frozenset() if is_fine else REDUCTIONS,
    )


def forgets_repeats(rules: ConsumerRules, memory: Memory, *, is_fine: bool) -> bool:
    """Whether threads pass over what was processed already."""
    return rules.is_handed_off and not memory.counts_repeats and not is_fine


def actions_of(rules: ConsumerRules, memory: Memory, kinds: frozenset[str], *, is_fine: bool) -> tuple[Action, ...]:
    """What can happen under these rules."""
    of_group = IN_SEVERAL_STEPS if is_fine else IN_ONE_STEP
    of_faults = FAULTS_IN_SEVERAL_STEPS if is_fine else FAULT_ACTIONS
    forgets = (reading.forget_repeats,) if forgets_repeats(rules, memory, is_fine=is_fine) else ()
    usual = (act for act in of_group if act not in OF_COMMITS or OF_COMMITS[act](rules))
    return (*READING, *usual, *forgets, *(act for act in of_faults if act.fault in kinds))
