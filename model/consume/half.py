"""The consume half as a system."""

import attrs

from ackproof.model.consume.actions import KINDS, actions_of, forgets_repeats
from ackproof.model.consume.consumer import Consumer, in_any_order
from ackproof.model.consume.coordinator import CLASSIC, Coordinator
from ackproof.model.consume.log import Group, History, Log, Memory
from ackproof.model.consume.reconciling import HEARTBEATS
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import REDUCTIONS, System

__all__ = ["KINDS", "consume_half"]


def consume_half(
    rules: ConsumerRules,
    *,
    records: int,
    faults: Faults,
    kinds: frozenset[str],
    counts_repeats: bool = True,
    notes_order: bool = True,
    moves_key: bool = False,
    offsets_replicas: int = 3,
    is_fine: bool = False,
) -> System:
    """
    A log of durable records that a group reads, some appended before the group first starts and some after.

    Args:
        kinds: Which kinds of fault happen.
        counts_repeats: Only a claim about duplicates asks for it.
        notes_order: Only a claim about order asks for it.
        moves_key: Partitions that are added change the partition of the key.
        offsets_replicas: Replicas of ``__consumer_offsets``.
        is_fine: Without any reduction: rebalances and commits take several steps, consumers are told apart.
    """
    absent = (Consumer("absent"),) if "member-joins" in kinds else ()
    memory = Memory(counts_repeats and rules.sink == "plain", notes_order)
    can_lose_commits = "power-loss" in kinds and rules.commit != "with-sink"
    if rules.commit == "with-sink":
        rules = attrs.evolve(rules, keeping=rules.keeping.without_commits())
    return System(
        initial={
            "log": Log(),
            "group": Group(earlier=frozenset() if can_lose_commits or rules.keeping.loads_older else None),
            "consumers": (Consumer("stopped"),) * rules.instances + absent,
            "history": History((0,) * records),
            FAULTS: faults,
            **({"offsets_in_sync": offsets_replicas} if can_lose_commits else {}),
            **({"coordinator": Coordinator()} if is_fine else {}),
        },
        actions=actions_of(rules, memory, kinds, moves_key=moves_key, is_fine=is_fine),
        rules={
            "consumer": rules,
            "memory": memory,
            "forgets": forgets_repeats(rules, memory, is_fine=is_fine),
            "records": records,
            "deletes": "retention" in kinds,
            "in_flight_max": 2 if is_fine else 1,
            "offsets_replicas": offsets_replicas,
            **({"protocol": HEARTBEATS if rules.rebalancing.is_by_coordinator else CLASSIC} if is_fine else {}),
        },
        symmetric={"consumers": in_any_order},  # type: ignore[dict-item]  # a component's own type
        reductions=frozenset() if is_fine else REDUCTIONS,
    )
