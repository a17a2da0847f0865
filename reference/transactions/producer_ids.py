"""Producer ids: blocks of them come from the controller, so that no two brokers hand out the same."""

from typing import Protocol

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError

RETRY_BACKOFF_MS = 50
PREFETCHED_AT = 0.9
"""Which part of a block is handed out before the next one is asked for."""


@attrs.frozen
class ProducerIdBlock:
    """Producer ids that one broker may hand out."""

    first: int
    size: int

    @property
    def next_block_first(self) -> int:
        """The first producer id after it."""
        return self.first + self.size


class ProducerIdBlocks(Protocol):
    """The controller, as it is asked for blocks (AllocateProducerIds)."""

    def allocate(self) -> Future[ProducerIdBlock]:
        """A block that nobody has had; fails with ``KafkaError``, ``DisconnectedError`` or ``TimedOutError``."""
        ...


class ProducerIdManager:
    """
    Hands out producer ids.

    The first who asks hears COORDINATOR_LOAD_IN_PROGRESS, as nothing is asked of the controller before that.

    Source: ``RPCProducerIdManager``.
    """

    def __init__(self, clock: Clock, blocks: ProducerIdBlocks) -> None:
        self._clock = clock
        self._blocks = blocks
        self._block: ProducerIdBlock = ProducerIdBlock(0, 0)
        self._next_block: ProducerIdBlock | None = None
        self._next_id = 0
        self._is_asking = False
        self._asks_from_ms = 0

    def next_producer_id(self) -> int:
        """
        A new producer id.

        Raises:
            KafkaError: COORDINATOR_LOAD_IN_PROGRESS: the block is used up, and the next one has not come.
        """
        if self._next_id == self._block.next_block_first and self._next_block is not None:
            self._block = self._next_block
            self._next_block = None
            self._next_id = self._block.first
        if self._next_id == self._block.next_block_first:
            self._ask()
            raise KafkaError(ErrorCode.coordinator_load_in_progress)
        producer_id = self._next_id
        self._next_id += 1
        if producer_id == self._block.first + int(self._block.size * PREFETCHED_AT):
            self._ask()
        return producer_id

    def _ask(self) -> None:
        if not self._is_asking and self._next_block is None and self._clock.now_ms >= self._asks_from_ms:
            self._is_asking = True
            spawn(self._clock, self._fetch())

    async def _fetch(self) -> None:
        try:
            self._next_block = await self._blocks.allocate()
        except (KafkaError, DisconnectedError, TimedOutError):
            self._asks_from_ms = self._clock.now_ms + RETRY_BACKOFF_MS
        self._is_asking = False
