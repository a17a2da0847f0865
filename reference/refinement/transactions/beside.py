"""Transactions beside the model: a run of the reference whose every step is one of the model."""

from collections.abc import Sequence
from typing import cast

from ackproof.model.faults import Faults
from ackproof.model.system import State, Step, System
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.half import transactional
from ackproof.reference.refinement.explaining import Unexplained, explained
from ackproof.reference.refinement.produce.beside import NotRefinedError
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

LASTING = frozenset({"producer-crash", "producer-pause", "send-timeout"})


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
    stage = TimedStage(setting, seed, has_deadline="send-timeout" in kinds)
    system = fine_system(model or setting, kinds)
    beside = Beside(system, stage, TransactionMap(stage, cast("Client", system.rules["client"])))
    beside.check()
    stage.start()
    for disturbance in disturbances:
        beside.run_until(stage.clock.now_ms + disturbance.after_ms)
        beside.disturb(disturbance)
    beside.run_until(stage.clock.now_ms + (LONG_QUIET_MS if kinds & LASTING else QUIET_MS))
    return beside.trace


class Beside:
    """A stage, and the model that follows it."""

    def __init__(self, system: System, stage: TimedStage, of: TransactionMap) -> None:
        self._system = system
        self._stage = stage
        self._map = of
        self._state: State = system.first_state
        self._steps: list[Step] = []

    @property
    def trace(self) -> Trace:
        """What the model has taken part in so far."""
        return Trace(tuple(self._system.initial), self._system.first_state, tuple(self._steps))

    def run_until(self, until_ms: int) -> None:
        """The reference goes on, and the model follows."""
        while self._stage.clock.now_ms < until_ms:
            self._stage.step()
            self.check()

    def disturb(self, disturbance: Disturbance) -> None:
        """Something goes wrong, if it can before long."""
        until_ms = self._stage.clock.now_ms + PATIENCE_MS
        while not FAULTS[disturbance.kind](self._stage, disturbance.choice) and self._stage.clock.now_ms < until_ms:
            self._stage.step()
            self.check()

    def check(self) -> None:
        """The model comes to where the reference is."""
        found = explained(self._system, self._state, self._map.state(), distance)
        if isinstance(found, Unexplained):
            raise NotRefinedError(self._stage.clock.now_ms, self.trace, found)
        if found:
            self._steps += found
            self._state = found[-1].state
