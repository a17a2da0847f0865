"""Results: what comes of a request that belongs to a transaction, for whoever waits for it."""

import attrs

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, within
from ackproof.reference.producer.errors import KafkaTimeoutError


class Result:
    """
    Done or failed, once.

    Attributes:
        operation: What people call what is waited for.
        is_acknowledged: Somebody waited until it came.

    Source: ``TransactionalRequestResult``.
    """

    def __init__(self, clock: Clock, operation: str) -> None:
        self.operation = operation
        self.is_acknowledged = False
        self._clock = clock
        self._outcome = Future[None](clock)
        # Nobody may wait for it, as for the requests that a close sends.
        self._outcome.may_fail()

    @property
    def is_completed(self) -> bool:
        """Whether it has come."""
        return self._outcome.is_done

    def done(self) -> None:
        """It is a success, unless it has come already."""
        self._outcome.resolve(None)

    def fail(self, error: Exception) -> None:
        """It is a failure, unless it has come already."""
        self._outcome.fail(error)

    async def wait(self, timeout_ms: int) -> None:
        """
        Wait until it comes.

        Raises:
            KafkaTimeoutError: It did not in time; it may yet.
            Exception: It failed with that.
        """
        try:
            await within(self._clock, self._outcome, timeout_ms)
        except TimedOutError as error:
            raise KafkaTimeoutError(f"Timeout expired after {timeout_ms}ms while awaiting {self.operation}") from error
        finally:
            self.is_acknowledged = self.is_completed


@attrs.frozen(eq=False)
class Transition:
    """What the application has asked for, and may not know the outcome of."""

    result: Result
    operation: str
