"""The consume half beside the model: a run of the reference whose every step is one of the model."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import cast

import attrs

from ackproof.model.consume.adding import partitions_added_in_steps
from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Memory
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.reference.refinement.beside import Beside
from ackproof.reference.refinement.consume.distance import distance, distance_by_generation
from ackproof.reference.refinement.consume.faults import FAULTS
from ackproof.reference.refinement.consume.map import ConsumeMap
from ackproof.reference.refinement.consume.modern_map import ModernMap
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.consume.stage import ConsumeStage
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.traces.trace import Trace

QUIET_MS, PATIENCE_MS = 3_000, 150

OTHER_MOVES = 8
"""How often partitions that were added move at most."""

MOST_ACTIONS = 18
"""How many actions of the model one step of the reference may be: all that members say to their group takes no time."""


def fine_system(setting: ConsumeSetting, kinds: frozenset[str]) -> System:
    """The model without any reduction, and with all these kinds of fault, of which none may happen yet."""
    faults = Faults(0, tuple((kind, 0) for kind in sorted(kinds)))
    half = consume_half(
        setting.rules,
        records=setting.records,
        faults=faults,
        kinds=kinds,
        moves_key=setting.moves_key,
        offsets_replicas=ConsumeStage.offsets_replicas,
        is_fine=True,
    )
    if setting.moves_key and "partitions-added" in kinds:
        # That what was added moves makes members rejoin once more, which those of the model do where no key moves.
        half = attrs.evolve(half, actions=(*half.actions, partitions_added_in_steps))
    if not setting.rules.rebalancing.is_by_coordinator:
        return half
    # Nobody waits for all instances to be there: who comes second is a joining member.
    consumers = tuple(
        Consumer("out") if each.status == "stopped" else each for each in cast("Consumers", half.initial["consumers"])
    )
    return attrs.evolve(half, initial={**half.initial, "consumers": consumers})


def faults_of(setting: ConsumeSetting, kind: str) -> Counter[str]:
    """How many faults of the model one disturbance may be, by kind."""
    counts = Counter([kind])
    if setting.rules.on_processing_failure in ("stop", "crash") and kind == "processing-fails":
        # Nobody can tell from outside why a process has died.
        counts["consumer-crash"] += 1
    minds_answers = setting.rules.commit == "sync" or setting.rules.rebalancing.keeps_what_it_lost
    if minds_answers and kind == "consumer-pause":
        # Its session over, a client leaves its coordinator, and with that an answer (``markCoordinatorUnknown``).
        counts["response-lost"] += 1
    keeping = setting.rules.keeping
    if kind == "offsets-expired" and (keeping.expires_on_return or keeping.loads_expired):
        # That the coordinator looks for what has expired is none.
        counts.clear()
    if not setting.rules.rebalancing.is_by_coordinator and kind == "partitions-added":
        # Members rejoin once more if a partition moves that the model does not have, or if who leads them now hears of
        # it later than who led them before.
        counts[kind] += OTHER_MOVES
    if setting.rules.is_static and not setting.rules.rebalancing.is_by_coordinator:
        # A static member that is back has a new id, and the SyncGroup of its old one is overdue at last: the group
        # rebalances as if there was a partition more (``ClassicGroup.replaceStaticMember``, ``expirePendingSync``).
        counts["partitions-added"] += 1
    return counts


def run_beside_consume(
    setting: ConsumeSetting, seed: int, disturbances: Sequence[Disturbance], *, model: ConsumeSetting | None = None
) -> Trace:
    """
    Run the reference, and take each of its steps in the model.

    Args:
        setting: Clients and their applications, and how many records.
        seed: Of everything that chance decides.
        disturbances: What goes wrong, one after the other; what can not happen soon after it is due does not.
        model: The rules of the model, if they are to be others than those of what runs.

    Raises:
        NotRefinedError: One of its steps is none of the model.
    """
    kinds = {disturbance.kind for disturbance in disturbances}
    stage = ConsumeStage(setting, seed, expects_more="member-joins" in kinds, loses_power="power-loss" in kinds)
    may_happen = [faults_of(setting, disturbance.kind) for disturbance in disturbances]
    system = fine_system(model or setting, frozenset(kind for counts in may_happen for kind in counts))
    memory = cast("Memory", system.rules["memory"])
    is_by_coordinator = setting.rules.rebalancing.is_by_coordinator
    mapped = ModernMap(stage, memory) if is_by_coordinator else ConsumeMap(stage, memory)
    beside = Beside(
        system,
        stage,
        partial(mapped.state, tuple(system.initial)),
        distance if is_by_coordinator else distance_by_generation,
        most=MOST_ACTIONS,
        is_between=lambda: stage.is_frozen,
    )
    beside.check()
    stage.start()
    for disturbance, faults in zip(disturbances, may_happen, strict=True):
        beside.run_until(stage.clock.now_ms + disturbance.after_ms)
        if beside.run_until_it_can(partial(FAULTS[disturbance.kind], stage, disturbance.choice), PATIENCE_MS):
            beside.allow(faults)
    beside.run_until(stage.clock.now_ms + QUIET_MS)
    return beside.trace
