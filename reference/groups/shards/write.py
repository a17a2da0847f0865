"""Something written that is not replicated yet."""

from collections.abc import Callable

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.errors import answered
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError

Then = Callable[[ErrorCode | None], None]
"""Is told how a write went: None when it is replicated, else what to answer."""


class Write:
    """
    One write.

    Attributes:
        replicated: Settles as it is replicated, or is not.
    """

    def __init__(self, clock: Clock, then: Then | None = None, timeout_ms: int = 0) -> None:
        """Whoever is to be told does not wait longer than *timeout_ms*, though it may be replicated later."""
        self.replicated = Future[None](clock)
        self.replicated.then(_nothing)
        self._then = then
        self._timer = clock.call_at(clock.now_ms + timeout_ms, self._give_up) if then else None

    def succeed(self) -> None:
        """It is replicated."""
        self._tell(None)
        self.replicated.resolve(None)

    def fail(self, error: KafkaError) -> None:
        """It is not replicated."""
        self._tell(answered(error.code))
        self.replicated.fail(error)

    def _give_up(self) -> None:
        self._tell(answered(ErrorCode.request_timed_out))

    def _tell(self, outcome: ErrorCode | None) -> None:
        then, self._then = self._then, None
        if self._timer:
            self._timer.cancel()
        if then:
            try:
                then(outcome)
            except KafkaError:
                # Nobody waits for what goes wrong here.
                return


def _nothing() -> None:
    pass
