"""Events: what the background wants the application's next poll to do, and waits for."""

from collections.abc import Awaitable, Callable

import attrs

from ackproof.reference.consumer.signalling import Signal
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future


@attrs.frozen
class Event:
    """
    Something to be done in poll.

    Attributes:
        done: Fails with what *do* raises.
        is_assignment: It adds partitions, which is of no use to who is leaving.
    """

    do: Callable[[], Awaitable[None]]
    done: Future[None]
    is_assignment: bool = False


class Events:
    """
    Waiting events, oldest first.

    Source: ``BackgroundEventHandler``, ``AsyncKafkaConsumer.processBackgroundEvents``.
    """

    def __init__(self, clock: Clock, signal: Signal) -> None:
        self._clock = clock
        self._signal = signal
        self._waiting: list[Event] = []

    def add(self, do: Callable[[], Awaitable[None]], *, is_assignment: bool = False) -> Future[None]:
        """Have *do* done in poll; whoever waits for it goes on then."""
        done = Future[None](self._clock)
        done.may_fail()
        self._waiting.append(Event(do, done, is_assignment))
        self._signal.notify()
        return done

    def raises(self, error: Exception) -> None:
        """The next poll raises *error*."""

        async def do() -> None:
            raise error

        self.add(do)

    async def process(self, *, skips_assignments: bool = False) -> None:
        """
        Do all that waits.

        Raises:
            Exception: The first that any of it raised, once all is done.
        """
        waiting, self._waiting = self._waiting, []
        first: Exception | None = None
        for event in waiting:
            try:
                if skips_assignments and event.is_assignment:
                    event.done.fail(SkippedError("the consumer is unsubscribing"))
                    continue
                await event.do()
            except Exception as error:  # whoever waits is told, and poll raises the first
                event.done.fail(error)
                first = first or error
            else:
                event.done.resolve(None)
        if first is not None:
            raise first


class SkippedError(Exception):
    """There was no point in doing it any more."""
