"""Runs: one scenario and one seed give one history."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

from ackproof.reference.simulator.history import History
from ackproof.reference.simulator.scenario import Scenario
from ackproof.reference.simulator.simulation import Simulation


def run(scenario: Scenario, seed: int) -> History:
    """
    What happens in *scenario* if chance is as *seed* says; the same every time, byte for byte.

    Raises:
        ValueError: A setting, a topic or an application that cannot be, or is not simulated.
    """
    with uncollected():
        return _history(scenario, seed)


def _history(scenario: Scenario, seed: int) -> History:
    # Of a simulation that nobody has any more, the collector finds all at once, while it is young.
    simulation = Simulation(scenario, seed)
    simulation.run()
    return simulation.history


@contextmanager
def uncollected() -> Generator[None, None, None]:
    """
    Garbage is not collected meanwhile.

    What coroutines of processes that are gone have yet to do as they end, they do when they are found; that would be by
    chance. Besides, it takes its time.
    """
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()
