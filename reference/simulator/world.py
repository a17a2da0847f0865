"""What applications run in: a clock, a network, and somebody who takes notes."""

from random import Random

import attrs

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.simulator.history import Event, Fact, History
from ackproof.reference.simulator.network import SimulatedNetwork


@attrs.frozen
class World:
    """
    What applications run in.

    Attributes:
        rng: What decides what is not decided otherwise.
        bootstrap_servers: Where clients begin.
    """

    clock: VirtualClock
    network: SimulatedNetwork
    history: History
    rng: Random
    bootstrap_servers: str

    def note(self, kind: str, **facts: Fact) -> None:
        """Something has happened now."""
        self.history.entries.append(Event(self.clock.now_ms, kind, facts))

    def own_rng(self) -> Random:
        """For a process of its own."""
        return Random(self.rng.getrandbits(64))
