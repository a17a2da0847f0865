"""Applications: what all of them have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.world import World

RESTART_MS = 200
"""How soon an application starts again that has ended because of an error."""


class GaveUpError(Exception):
    """The application ends itself, and whoever watches over it starts it again."""


class Application(ABC):
    """
    A process that uses Kafka: it runs, may crash, be paused, and start again.

    What it keeps in its attributes survives, as in a database of its own; what its coroutine holds does not.

    Attributes:
        longest_pause_ms: How long it may be paused, so that whatever has a timeout notices.
    """

    errors: tuple[type[Exception], ...] = (KafkaError, DisconnectedError, TimedOutError, GaveUpError)
    """What may end it; anything else is a mistake of ours."""

    def __init__(self, world: World, name: str, longest_pause_ms: int) -> None:
        self.world = world
        self.name = name
        self.longest_pause_ms = longest_pause_ms
        self.process: Process | None = None

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self.process is not None

    @property
    @abstractmethod
    def is_through(self) -> bool:
        """Whether it has nothing to do any more."""

    @property
    def is_wanted(self) -> bool:
        """Whether it is to start again if it ends by itself."""
        return False

    def start(self) -> None:
        """Its process starts."""
        self.process = process = Process(self.world.clock, self.name)
        spawn(process, self._live(process))

    def start_again(self) -> None:
        """It starts, unless it runs or has nothing to do."""
        if not self.is_up and not self.is_through:
            self.start()

    def crash(self) -> None:
        """Its process dies."""
        if self.process is not None:
            self.process.stop()
            self.world.network.vanish(self.process)
            self.process = None

    @abstractmethod
    async def run(self, process: Process) -> None:
        """What it does."""

    def configured(self, properties: Mapping[str, str], own: Mapping[str, str]) -> dict[str, object]:
        """What a client of it is configured with: its *own* keys, unless *properties* say otherwise."""
        base = {"bootstrap.servers": self.world.bootstrap_servers, "client.id": self.name}
        return {**base, **own, **properties}

    async def _live(self, process: Process) -> None:
        try:
            await self.run(process)
        except self.errors as error:
            self.world.note("gave-up", application=self.name, error=type(error).__name__, reason=str(error))
            self.crash()
            clock = self.world.clock
            clock.call_at(clock.now_ms + RESTART_MS, self.start_again)
        else:
            self.crash()
            if self.is_wanted:
                self.start()
