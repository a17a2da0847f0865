"""The produce half beside the model: a run of the reference whose every step is one of the model."""

from collections.abc import Sequence
from typing import cast

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.stored import STORED, follow_in_steps
from ackproof.model.system import System
from ackproof.reference.refinement.beside import Beside
from ackproof.reference.refinement.produce.distance import distance
from ackproof.reference.refinement.produce.faults import FAULTS, Disturbance
from ackproof.reference.refinement.produce.map import ProduceMap
from ackproof.reference.refinement.produce.stage import ProduceSetting, ProduceStage
from ackproof.traces.trace import Trace

ENOUGH = 1_000
"""Faults that the model may have: what happens is decided beside it."""

QUIET_MS = 400


BREAKS = frozenset({"request-lost", "response-lost"})
"""What goes with other faults: as one of them breaks a connection, messages on it are lost."""


def fine_system(setting: ProduceSetting, kinds: frozenset[str] = frozenset(FAULTS)) -> System:
    """The model without any reduction, where the leader hears of a fetch before it answers it."""
    system = produce_half(
        setting.client,
        setting.brokers,
        records=setting.records,
        faults=Faults(ENOUGH),
        kinds=kinds | BREAKS,
        is_fine=True,
    )
    leader = cast("Leader", system.rules["leader"])
    in_steps = attrs.evolve(leader, watermark=attrs.evolve(STORED, fetched=follow_in_steps))
    return attrs.evolve(system, rules={**system.rules, "leader": in_steps}, symmetric={})


def run_beside(
    setting: ProduceSetting, seed: int, disturbances: Sequence[Disturbance], *, model: ProduceSetting | None = None
) -> Trace:
    """
    Run the reference, and take each of its steps in the model.

    Args:
        setting: Client, brokers, and how many records.
        seed: Of everything that chance decides.
        disturbances: What goes wrong, one after the other; what can not happen when it is due does not.
        model: The rules of the model, if they are to be others than those of what runs.

    Raises:
        NotRefinedError: One of its steps is none of the model.
    """
    stage = ProduceStage(setting, seed)
    kinds = frozenset(disturbance.kind for disturbance in disturbances)
    beside = Beside(fine_system(model or setting, kinds), stage, ProduceMap(stage).state, distance)
    beside.check()
    stage.start()
    for disturbance in disturbances:
        beside.run_until(stage.clock.now_ms + disturbance.after_ms)
        FAULTS[disturbance.kind](stage, disturbance.choice)
    beside.run_until(stage.clock.now_ms + QUIET_MS)
    return beside.trace
