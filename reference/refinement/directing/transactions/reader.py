"""Who reads the output of a directed run of transactions."""

from random import Random

from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.refinement.transactions.setting import OUTPUT_PLACE, TransactionSetting, reader_settings_of
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import NEWEST_CONSUMER
from ackproof.reference.simulator.world import World

READING_MS = 100
"""How long it waits for more."""


class OutputReader:
    """
    A process that reads the output from its beginning, and goes on from where it is when it is told to.

    Attributes:
        given: What it was given.
    """

    def __init__(self, world: World, setting: TransactionSetting) -> None:
        self.given: list[ConsumedRecord] = []
        self._process = Process(world.clock, "reader")
        settings = reader_settings_of(world.bootstrap_servers, setting)
        node, rules = world.network.node(self._process), setting.rules
        self._consumer = Consumer(self._process, node, settings, NEWEST_CONSUMER, Random(3), transactions=rules)
        self._is_assigned = False

    def reads_on(self) -> Future[None]:
        """It reads all that it is given now."""
        return spawn(self._process, self._read())

    async def _read(self) -> None:
        if not self._is_assigned:
            self._is_assigned = True
            await self._consumer.assign([OUTPUT_PLACE])
        while records := await self._consumer.poll(READING_MS):
            self.given.extend(records)
