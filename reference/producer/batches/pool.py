"""The buffer pool: how much memory batches may take, and who waits for it."""

from collections import deque

import attrs

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, within
from ackproof.reference.producer.errors import BufferExhaustedError, ProducerError


@attrs.frozen(eq=False)
class Waiter:
    """Somebody who waits for so many bytes."""

    size_bytes: int
    granted: Future[None]


class BufferPool:
    """
    Bytes that are taken and given back, no more than there are.

    Source: ``BufferPool``. Not modelled: that it keeps buffers of the usual size.
    """

    def __init__(self, clock: Clock, total_bytes: int) -> None:
        self._clock = clock
        self._waiting: deque[Waiter] = deque()
        self._is_closed = False
        self.total_bytes = total_bytes
        self.available_bytes = total_bytes

    @property
    def waiting_count(self) -> int:
        """How many wait for memory."""
        return len(self._waiting)

    def take(self, size_bytes: int) -> bool:
        """
        Take some memory, if there is enough and nobody was first.

        Raises:
            ValueError: There is never that much.
            ProducerError: The producer was closed.
        """
        if size_bytes > self.total_bytes:
            raise ValueError(f"cannot allocate {size_bytes} bytes: there are {self.total_bytes} in all")
        if self._is_closed:
            raise ProducerError("Producer closed while allocating memory")
        if self._waiting or size_bytes > self.available_bytes:
            return False
        self.available_bytes -= size_bytes
        return True

    async def wait_for(self, size_bytes: int, max_block_ms: int) -> None:
        """
        Take some memory once there is enough.

        Raises:
            BufferExhaustedError: There was not, for so long.
            ProducerError: The producer was closed.
        """
        waiter = Waiter(size_bytes, Future[None](self._clock))
        self._waiting.append(waiter)
        try:
            await within(self._clock, waiter.granted, max_block_ms)
        except TimedOutError as error:
            self._waiting.remove(waiter)
            self._grant()
            raise BufferExhaustedError(
                f"Failed to allocate {size_bytes} bytes within the configured max blocking time {max_block_ms} ms. "
                f"Total memory: {self.total_bytes} bytes. Available memory: {self.available_bytes} bytes."
            ) from error

    def give_back(self, size_bytes: int) -> None:
        """Memory is free again."""
        self.available_bytes += size_bytes
        self._grant()

    def close(self) -> None:
        """Nobody gets any more."""
        self._is_closed = True
        while self._waiting:
            self._waiting.popleft().granted.fail(ProducerError("Producer closed while allocating memory"))

    def _grant(self) -> None:
        while self._waiting and self._waiting[0].size_bytes <= self.available_bytes:
            waiter = self._waiting.popleft()
            self.available_bytes -= waiter.size_bytes
            waiter.granted.resolve(None)
