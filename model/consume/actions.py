"""What can happen in the consume half, and under which rules."""

from collections.abc import Callable

import attrs

from ackproof.model.consume import (
    adding,
    committing,
    failing,
    failing_in_steps,
    lingering,
    losing,
    membership,
    offsets,
    processing,
    processing_failures,
    reading,
    reconciling,
    rejoining,
    requests,
)
from ackproof.model.consume.log import Memory
from ackproof.model.consume.rules import ConsumerRules, collects, commits_asynchronously, commits_prefix
from ackproof.model.system import Action

READING = (
    reading.append,
    adding.append,
    adding.read_added,
    reading.locate,
    reading.poll,
    reading.return_batch,
    processing.process,
    processing.process_with_offset,
)
IN_ONE_STEP = (
    membership.start,
    membership.join,
    membership.rejoin_behind_commits,
    membership.hear_assignment,
    membership.lose_assignment_by_commit,
    membership.notice,
    *lingering.AT_ONCE,
    committing.commit,
    committing.async_commit_arrives,
    committing.commit_automatically,
    committing.commit_the_processed_prefix,
    adding.discover,
)
IN_SEVERAL_STEPS = (
    rejoining.ask_to_join,
    rejoining.rejoin,
    rejoining.begin_generation,
    rejoining.assign,
    rejoining.learn,
    rejoining.learn_what_is_kept,
    rejoining.lose_assignment,
    rejoining.hear_of_fencing,
    rejoining.hear_of_removal,
    rejoining.session_expires,
    rejoining.restart_in_time,
    *lingering.IN_STEPS,
    reconciling.compute_target,
    reconciling.advance,
    reconciling.revoke,
    reconciling.hear_epoch,
    requests.commit_arrives,
    requests.async_commit_arrives,
    requests.hear_answer,
    requests.send_automatic_commit,
    requests.ask_to_commit_the_processed_prefix,
    adding.see_added,
    adding.assign_added,
    adding.discover_in_steps,
)
FAULT_ACTIONS: tuple[Action, ...] = (
    failing.consumer_crash,
    failing.consumer_pause,
    failing.member_joins,
    failing.member_leaves,
    failing.member_stops,
    failing.coordinator_failover,
    failing.retention,
    failing.offsets_expired,
    failing.offsets_expired_in_use,
    adding.partitions_added,
    adding.key_moves,
    offsets.offsets_follower_lags,
    offsets.offsets_power_loss,
    processing_failures.processing_fails,
    reading.locate_without_answer,
    processing_failures.failure_crashes,
    losing.commit_lost,
    losing.answer_lost,
)
FAULTS_IN_SEVERAL_STEPS: tuple[Action, ...] = (
    failing_in_steps.consumer_crash,
    failing_in_steps.consumer_pause,
    failing_in_steps.member_joins,
    failing_in_steps.member_leaves,
    failing_in_steps.member_stops,
    failing_in_steps.coordinator_failover,
    failing.retention,
    failing_in_steps.offsets_expired,
    failing.offsets_expired_in_use,
    adding.partitions_added_in_steps,
    adding.key_moves,
    offsets.offsets_follower_lags,
    offsets.offsets_power_loss_in_steps,
    processing_failures.processing_fails,
    reading.locate_without_answer,
    processing_failures.failure_crashes_in_steps,
    processing_failures.failure_stops_in_steps,
    losing.commit_lost_in_steps,
    losing.answer_lost_in_steps,
    lingering.refusal_lost,
)

BY_CLIENT: tuple[Action, ...] = (committing.commit_automatically, requests.send_automatic_commit)
"""What clients commit by themselves from time to time."""

KINDS = frozenset(act.fault for act in FAULT_ACTIONS if act.fault)
"""The kinds of fault that this half knows."""

IF_KEY_STAYS = frozenset({reading.append, adding.partitions_added, adding.partitions_added_in_steps})
IF_KEY_MOVES = frozenset(
    {
        adding.append,
        adding.key_moves,
        adding.discover,
        adding.see_added,
        adding.assign_added,
        adding.discover_in_steps,
        adding.read_added,
    }
)
"""What can happen only if partitions that are added do not change the partition of the key, or only if they do."""

OF_OFFSETS = (
    failing.offsets_expired,
    failing_in_steps.offsets_expired,
    offsets.offsets_follower_lags,
    offsets.offsets_power_loss,
    offsets.offsets_power_loss_in_steps,
    offsets.offsets_follower_catches_up,
)
"""What can happen to offsets that the group coordinator keeps."""


def leaves_commits_alone(rules: ConsumerRules) -> bool:
    """Whether commits are sent that nobody waits for, be it the last one before a partition is given up."""
    return commits_asynchronously(rules) or not rules.rebalancing.awaits_commits


def rejoins(rules: ConsumerRules) -> bool:
    """Whether members rejoin in a rebalance."""
    return not rules.rebalancing.is_by_coordinator


def keeps_reading(rules: ConsumerRules) -> bool:
    """Whether the owner reads on while it rejoins."""
    return rules.rebalancing.keeps_reading


def keeps_what_it_lost(rules: ConsumerRules) -> bool:
    """Whether who is put out as it joins goes on with the partition."""
    return rules.rebalancing.keeps_what_it_lost


def is_reconciled(rules: ConsumerRules) -> bool:
    """Whether the group coordinator assigns by itself."""
    return rules.rebalancing.is_by_coordinator


def ends_process(rules: ConsumerRules) -> bool:
    """Whether a record that could not be processed ends the process."""
    return rules.on_processing_failure in ("stop", "crash")


OF_RULES: dict[Action, Callable[[ConsumerRules], bool]] = {
    membership.rejoin_behind_commits: lambda rules: not rules.rebalancing.awaits_commits,
    membership.hear_assignment: keeps_reading,
    membership.lose_assignment_by_commit: lambda rules: not rules.rebalancing.survives_late_commits,
    rejoining.rejoin: rejoins,
    rejoining.begin_generation: rejoins,
    rejoining.assign: rejoins,
    rejoining.learn: rejoins,
    rejoining.learn_what_is_kept: keeps_reading,
    rejoining.lose_assignment: lambda rules: not rules.rebalancing.survives_late_commits,
    rejoining.hear_of_fencing: lambda rules: rules.keeping.forgets_replacements,
    rejoining.restart_in_time: lambda rules: rules.is_static,
    reconciling.compute_target: is_reconciled,
    reconciling.advance: is_reconciled,
    reconciling.revoke: is_reconciled,
    reconciling.hear_epoch: is_reconciled,
    **dict.fromkeys((*lingering.AT_ONCE, *lingering.IN_STEPS, lingering.refusal_lost), keeps_what_it_lost),
    failing.offsets_expired_in_use: lambda rules: rules.keeping.expires_in_use and rules.commit != "with-sink",
    failing.member_leaves: lambda rules: rules.closes_cleanly,
    failing.member_stops: lambda rules: not rules.closes_cleanly,
    failing_in_steps.member_leaves: lambda rules: rules.closes_cleanly,
    failing_in_steps.member_stops: lambda rules: not rules.closes_cleanly,
    **dict.fromkeys(OF_OFFSETS, lambda rules: rules.commit != "with-sink"),
    reading.return_batch: collects,
    processing.process: lambda rules: rules.commit != "with-sink",
    processing.process_with_offset: lambda rules: rules.commit == "with-sink",
    reading.locate_without_answer: lambda rules: rules.resets_without_answer and rules.commit != "with-sink",
    processing_failures.processing_fails: lambda rules: not ends_process(rules),
    processing_failures.failure_crashes: ends_process,
    processing_failures.failure_crashes_in_steps: lambda rules: ends_process(rules) and not rules.closes_on_failure,
    processing_failures.failure_stops_in_steps: lambda rules: rules.closes_on_failure,
    committing.commit: lambda rules: rules.commit == "sync" and not commits_prefix(rules),
    committing.async_commit_arrives: leaves_commits_alone,
    losing.commit_lost: leaves_commits_alone,
    losing.commit_lost_in_steps: lambda rules: rules.commit == "auto" or leaves_commits_alone(rules),
    losing.answer_lost: lambda rules: rules.commit == "sync" and rules.is_before_processing,
    losing.answer_lost_in_steps: lambda rules: rules.commit == "sync",
    committing.commit_automatically: lambda rules: rules.commit == "auto",
    committing.commit_the_processed_prefix: commits_prefix,
    requests.send_automatic_commit: lambda rules: rules.commit == "auto",
    requests.ask_to_commit_the_processed_prefix: commits_prefix,
}
"""Actions that only some applications take."""


def forgets_repeats(rules: ConsumerRules, memory: Memory, *, is_fine: bool) -> bool:
    """Whether threads pass over what was processed already, where nobody can tell or the sink refuses it."""
    is_same = rules.commit == "with-sink" or not memory.counts_repeats
    return rules.is_handed_off and is_same and not is_fine


def actions_of(
    rules: ConsumerRules, memory: Memory, kinds: frozenset[str], *, moves_key: bool = False, is_fine: bool = False
) -> tuple[Action, ...]:
    """What can happen under these rules; what changes nothing that a claim asks for is left out."""
    of_group = IN_SEVERAL_STEPS if is_fine else IN_ONE_STEP
    of_faults = FAULTS_IN_SEVERAL_STEPS if is_fine else FAULT_ACTIONS
    passes_over = processing.forget_refused if rules.commit == "with-sink" else processing.forget_repeats
    forgets = (passes_over,) if forgets_repeats(rules, memory, is_fine=is_fine) else ()
    catches_up = (offsets.offsets_follower_catches_up,) if "power-loss" in kinds else ()
    faults = (act for act in of_faults if act.fault in kinds - without_effect(rules, memory, kinds, is_fine=is_fine))
    possible = (*READING, *of_group, *forgets, *faults, *catches_up)
    others = IF_KEY_STAYS if moves_key else IF_KEY_MOVES
    taken = (act for act in possible if act not in others and (act not in OF_RULES or OF_RULES[act](rules)))
    return tuple(as_ruled(act, rules) for act in taken)


def as_ruled(act: Action, rules: ConsumerRules) -> Action:
    """*act*, or the same without the promise that it happens at last, where a client may stop committing."""
    may_stop = act in BY_CLIENT and not rules.auto_commit.goes_on
    return attrs.evolve(act, is_fair=False) if may_stop else act


def without_effect(rules: ConsumerRules, memory: Memory, kinds: frozenset[str], *, is_fine: bool) -> frozenset[str]:
    """Kinds of fault that change nothing that a claim asks for."""
    harmless = {"processing-fails"} if processing_failures.is_harmless(rules, memory) and not is_fine else set[str]()
    # What becomes of the replicas of the offsets log matters only where one can lose what it has.
    return frozenset(harmless | ({"follower-lag"} if "power-loss" not in kinds else set[str]()))
