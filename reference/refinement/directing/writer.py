"""The producer of a directed group: what it sends has one key."""

import attrs

from ackproof.reference.producer.record import ProducerRecord
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.directing.stage import DirectedApplication
from ackproof.reference.simulator.scenario import ProducerPlan
from ackproof.reference.simulator.world import World

METADATA_MS = 1_000
"""After how long it sees by itself that the topic has more partitions."""

MOVES, STAYS = b"key-0", b"key-1"
"""A key that is another partition's of two, and one that is the first partition's of up to six (murmur2)."""


class Writer(DirectedApplication):
    """It loses nothing; its key moves to a partition that is added, or stays where it is."""

    def __init__(self, world: World, setting: ConsumeSetting) -> None:
        properties = {"metadata.max.age.ms": str(METADATA_MS)}
        super().__init__(world, ProducerPlan(records=setting.records, properties=properties))
        self._key = MOVES if setting.moves_key else STAYS

    def message(self, number: int, transaction: str | None = None) -> ProducerRecord[bytes, bytes]:
        """A record with that key."""
        return attrs.evolve(super().message(number, transaction), key=self._key)
