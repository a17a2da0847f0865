"""Transactions beside the model: a run of the reference whose every step is one of the model."""

from collections.abc import Sequence
from functools import partial
from typing import cast

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.half import transactional
from ackproof.reference.refinement.beside import Beside
from ackproof.reference.refinement.explaining import MOST_ACTIONS, SEARCHES
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.reference.refinement.transactions.distance import distance
from ackproof.reference.refinement.transactions.faults import FAULTS
from ackproof.reference.refinement.transactions.map import TransactionMap
from ackproof.reference.refinement.transactions.setting import TransactionSetting
from ackproof.reference.refinement.transactions.stage import TimedStage
from ackproof.traces.trace import Trace

ENOUGH = 1_000
"""Faults that the model may have: what happens is decided beside it."""

QUIET_MS, LONG_QUIET_MS = 400, 4_000
"""How long it goes on after what goes wrong; and where a timeout, a deadline or a session has to pass."""

PATIENCE_MS = 200
"""How long something that is to go wrong waits until it can."""

LASTING = frozenset({"broker-crash", "consumer-pause", "producer-crash", "producer-pause", "send-timeout"})

MOST_IN_AN_OUTAGE = 20
"""How many actions there may be from where all is committed to where it is once more: a follower may have gone."""

IN_AN_OUTAGE = ((4, 0), (4, 1), (4, MOST_IN_AN_OUTAGE), *SEARCHES)
"""How they are looked for: with faults sooner than otherwise, as a member may be put out meanwhile."""

OF_BROKERS = frozenset({"broker-crash", "leader-change", "coordinator-failover"})
"""What needs more than one replica of everything; each loses messages of any kind in the model."""


def fine_system(setting: TransactionSetting, kinds: frozenset[str]) -> System:
    """The model without any reduction."""
    return transactional(
        setting.application,
        setting.rules,
        records=setting.records,
        faults=Faults(ENOUGH),
        kinds=kinds,
        is_fine=True,
    )


def quiet_ms(stage: TimedStage, kinds: frozenset[str]) -> int:
    """How long it goes on after all that goes wrong."""
    if not kinds & LASTING:
        return QUIET_MS
    return LONG_QUIET_MS + (stage.timeout_ms if {"consumer-pause", "producer-pause"} <= kinds else 0)


def run_beside_transactions(
    setting: TransactionSetting,
    seed: int,
    disturbances: Sequence[Disturbance],
    *,
    model: TransactionSetting | None = None,
) -> Trace:
    """
    Run the reference, and take each of its steps in the model.

    Args:
        setting: Application, clients and brokers, and how many records.
        seed: Of everything that chance decides.
        disturbances: What goes wrong, one after the other, each as soon as it can once it is due.
        model: The rules of the model, if they are to be others than those of what runs.

    Raises:
        NotRefinedError: One of its steps is none of the model.
    """
    kinds = frozenset(disturbance.kind for disturbance in disturbances)
    is_replicated = bool(kinds & OF_BROKERS)
    has_outages = "broker-crash" in kinds
    stage = TimedStage(
        setting,
        seed,
        has_deadline="send-timeout" in kinds and not has_outages,
        is_replicated=is_replicated,
        has_outages=has_outages,
        has_pauses="consumer-pause" in kinds,
    )
    system = fine_system(model or setting, kinds | (OF_BROKERS if is_replicated else frozenset[str]()))
    mapped = TransactionMap(stage, cast("Client", system.rules["client"]))
    apart = partial(distance, bumps_epoch_at_every_end=setting.rules.bumps_epoch_at_every_end)
    most, searches = (MOST_IN_AN_OUTAGE, IN_AN_OUTAGE) if has_outages else (MOST_ACTIONS, SEARCHES)
    beside = Beside(system, stage, mapped.state, apart, most=most, searches=searches, is_between=stage.is_replicating)
    beside.check()
    stage.start()
    for disturbance in disturbances:
        beside.run_until(stage.clock.now_ms + disturbance.after_ms)
        beside.run_until_it_can(partial(FAULTS[disturbance.kind], stage, disturbance.choice), PATIENCE_MS)
    beside.run_until(stage.clock.now_ms + quiet_ms(stage, kinds))
    return beside.trace
