"""What a trace of the consume half needs its stage to be like."""

from collections.abc import Sequence
from typing import cast

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import System
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.directing.patience import ALONE, ATTENTIVE, LONG, SHORT, Patience
from ackproof.reference.refinement.directing.round import Round

AT_ONCE = 500
"""How many records a poll may return."""


def setting_for(system: System, turns: Sequence[Round]) -> ConsumeSetting:
    """What is run beside the model."""
    rules, records = cast("ConsumerRules", system.rules["consumer"]), cast("int", system.rules["records"])
    return ConsumeSetting(
        rules, records, at_once(turns), moves_key=moves_key(turns), forgets_offsets=forgets_offsets(turns)
    )


def at_once(turns: Sequence[Round]) -> int:
    """How many records a poll may return: as many as in the trace."""
    polls = [turn.changed() for turn in turns if turn.action == "poll"]
    return max((len(after.held) - len(before.held) for _, before, after in polls), default=AT_ONCE)


def moves_key(turns: Sequence[Round]) -> bool:
    """Whether the key moves to a partition that is added."""
    return any(turn.action == "key moves" for turn in turns)


def forgets_offsets(turns: Sequence[Round]) -> bool:
    """Whether a committed offset expires; where none does the group may go on for long with what it has committed."""
    return any(turn.action.startswith("offsets expired") or turn.forgets_commit for turn in turns)


def leads_alone(rules: ConsumerRules, turns: Sequence[Round]) -> bool:
    """
    Whether who rejoins alone commits while it waits for metadata to assign by, and is refused.

    Who was out of the group asks for metadata at once, and does not wait for that.
    """
    pairs = [(turn, before, after) for turn in turns for _, before, after in turn.pairs()]
    if any(after.status == "lingering" for _, _, after in pairs):
        return False
    is_refused = any(
        turn.has_generations and len(turn.members_after) == 1 and before.is_rejoining and turn.is_refused(before, after)
        for turn, before, after in pairs
    )
    return is_refused and rules.rebalancing.accepts_meanwhile and not rules.rebalancing.survives_late_commits


def patience_for(rules: ConsumerRules, turns: Sequence[Round]) -> Patience:
    """How long instances wait: longer than it takes to see that there is a partition more."""
    if moves_key(turns):
        return LONG
    if any(turn.action.startswith("partitions added") for turn in turns):
        return ATTENTIVE
    return ALONE if leads_alone(rules, turns) else SHORT


def replicas_of(system: System) -> int:
    """How many brokers keep what is committed; where that does not matter, enough for another to be the coordinator."""
    return cast("int", system.rules["offsets_replicas"]) if "offsets_in_sync" in system.initial else 2
