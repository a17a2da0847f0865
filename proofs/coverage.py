"""
What theorems say of a produce half: which of its claims hold for any number of records, faults and replicas.

Of groups and transactions none says so much. Who owns a partition, which commit is accepted, and which end comes too
late, does not say which records were processed between two commits, or read before a transaction ended; claims do.
"""

from collections.abc import Container
from typing import cast

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.held import may_lead_again
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import System
from ackproof.proofs.case import Case
from ackproof.proofs.theorems import connection_order, numbers, stored_once, survival, watermark

ONCE = stored_once.an_idempotent_partition_stores_every_batch_once_and_in_order.name
ORDER = connection_order.a_batch_arrives_when_all_before_it_are_stored.name
NUMBERS = numbers.a_number_names_one_batch.name
WATERMARK = watermark.the_high_watermark_never_exceeds_what_every_in_sync_replica_has.name
SURVIVAL = survival.acknowledged_records_survive_all_but_one_of_min_insync_replicas.name


def case_of(system: System) -> Case:
    """What a theorem asks of a produce half: its rules, and the faults that it can suffer."""
    client, leader = cast("ProducerRules", system.rules["client"]), cast("Leader", system.rules["leader"])
    budget = cast("Faults", system.initial[FAULTS])
    limits = dict(budget.limits)
    kinds = {act.fault for act in system.actions if act.fault}
    faults = {kind: min(limits.get(kind, budget.left), budget.left) for kind in sorted(kinds)}
    return Case(client, leader.rules, {kind: most for kind, most in faults.items() if most}, budget.left)


def theorems_on(case: Case, basic: str) -> tuple[str, ...]:
    """The names of the theorems by which the claim *basic* holds in such a half, together; none if they do not say."""
    if basic in {"no-duplicates", "in-order"}:
        return (ONCE, ORDER, WATERMARK) if stored_once.covers(case) else ()
    if basic != "no-loss":
        return ()
    kept = by_replicas(case)
    if case.client.idempotence is None or not kept:
        return kept
    if stored_once.covers(case):
        return (ONCE, ORDER, *kept)
    return (NUMBERS, *kept) if numbers.covers(case) else ()


def by_replicas(case: Case) -> tuple[str, ...]:
    """The names of the theorems by which replicas keep what is acknowledged."""
    if watermark.covers(case):
        return (WATERMARK,)
    return (WATERMARK, SURVIVAL) if survival.covers(case) else ()


def lifts_faults(case: Case, theorems: Container[str]) -> bool:
    """
    Whether *theorems* on it are about any number of faults.

    They are not where none can happen, where so many may cost data, or where so many let a request arrive that was
    sent before another broker led.
    """
    is_in_order = ORDER not in theorems or not may_lead_again(case.kinds)
    return bool(case.faults) and case.loses_nothing and is_in_order
