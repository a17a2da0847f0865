"""Machines: a broker's disk and address, and the run of its process while it is up."""

from collections.abc import Callable
from random import Random

import attrs

from ackproof.reference.broker.broker import Broker, BrokerIdentity
from ackproof.reference.broker.rules import Rules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.channel import ControllerChannel
from ackproof.reference.controller.image import Image
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.request import Address
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process

CATCH_UP_MS = 5
"""How often a broker that starts looks whether it has heard of its own registration."""


@attrs.frozen
class Site:
    """Where brokers run."""

    clock: VirtualClock
    network: SimulatedNetwork
    controller: Address
    settings: BrokerSettings
    rules: Rules


class Machine:
    """
    A machine that a broker runs on, unless it has crashed.

    Attributes:
        process, broker: None while it is down.
    """

    def __init__(self, site: Site, broker_id: int, rng: Random) -> None:
        self.broker_id = broker_id
        self.name = f"broker-{broker_id}"
        self.address = Address(self.name, 9092)
        self.disk = Disk()
        self.process: Process | None = None
        self.broker: Broker | None = None
        self._site = site
        self._rng = rng

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return self.process is not None

    def start(self) -> None:
        """Start the broker."""
        site = self._site
        self.process = process = Process(site.clock, self.name)
        node = site.network.node(process)
        self.broker = Broker(
            BrokerIdentity(broker_id=self.broker_id, address=self.address),
            process,
            node,
            self.disk,
            ControllerChannel(process, node, site.controller),
            Random(self._rng.getrandbits(64)),
            site.settings,
            site.rules,
        )
        site.network.listen(self.address, self.name, process, self.broker)
        self.broker.start()

    def crash(self) -> None:
        """Its process dies; what it has written stays."""
        self._go()
        self.disk.crash()

    def lose_power(self) -> None:
        """Its process dies, and what was not flushed may be gone."""
        self._go()
        self.disk.power_loss(self._rng)

    def stop(self) -> None:
        """Its process ends cleanly, once the controller lets it."""
        if self.broker is not None:
            stopped: Future[None] = self.broker.stop()
            stopped.then(self._go)

    def hear(self, image: Image, delay_ms: int) -> None:
        """
        The controller's word arrives after some time.

        A broker that starts takes in nothing before it has heard of its own registration.

        Source: ``BrokerServer.startup``.
        """
        if self.process is not None and self.broker is not None:
            take_in(self.process, self.broker, image, self.process.now_ms + delay_ms)

    def _go(self) -> None:
        if self.process is not None:
            self.process.stop()
            self._site.network.vanish(self.process)
        self.process = self.broker = None


def take_in(process: Process, broker: Broker, image: Image, at_ms: int) -> None:
    """*broker* takes in *image*, as soon as it has registered."""

    def due() -> None:
        if 0 <= broker.lifecycle.epoch <= image.offset:
            broker.publish(image)
        elif broker.lifecycle.epoch < 0:
            process.call_at(process.now_ms + CATCH_UP_MS, due)

    process.call_at(at_ms, due)


Told = Callable[[Image, Image], None]
"""Hears what the controller has decided: before, and after."""
