"""Futures: what is not known yet, and coroutines that wait for it."""

from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ackproof.reference.kernel.clock import Clock

T = TypeVar("T")


class TimedOutError(Exception):
    """What was waited for did not come in time."""


class Future(Generic[T]):
    """
    A value that comes later, or an error in its place.

    Who waits goes on in a step of its own, never inside the call that settles it. An error that nobody waits for comes
    out of the clock.
    """

    __slots__ = ("_clock", "_error", "_value", "_waiting", "is_done")

    if not TYPE_CHECKING:

        def __class_getitem__(cls, _value: object) -> type:
            """``Future[int]`` is ``Future`` when it runs: what typing makes of it costs as much as the future."""
            return cls

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[Callable[[], None]] = []
        self._value: T | None = None
        self._error: Exception | None = None
        self.is_done = False

    def resolve(self, value: T) -> None:
        """The value has come; what comes after the first is ignored."""
        if not self.is_done:
            self._value = value
            self._settle()

    def fail(self, error: Exception) -> None:
        """It will not come; what comes after the first is ignored."""
        if not self.is_done:
            self._error = error
            self._settle()
            if not self._waiting:
                self._clock.call_at(self._clock.now_ms, self._complain)

    def then(self, callback: Callable[[], None]) -> None:
        """*callback* happens once it is settled."""
        self._waiting.append(callback)
        if self.is_done:
            self._clock.call_at(self._clock.now_ms, callback)

    @property
    def error(self) -> Exception | None:
        """Why it did not come; None while that is open too."""
        return self._error

    def result(self) -> T:
        """
        The value.

        Raises:
            Exception: That it failed with.
        """
        assert self.is_done
        if self._error is not None:
            raise self._error
        return cast("T", self._value)

    def __await__(self) -> Generator["Future[T]", None, T]:
        """Wait for it in a coroutine that ``spawn`` runs."""
        if not self.is_done:
            yield self
        elif self._error is not None:
            self._waiting.append(_nothing)
        return self.result()

    def _settle(self) -> None:
        self.is_done = True
        for callback in self._waiting:
            self._clock.call_at(self._clock.now_ms, callback)

    def _complain(self) -> None:
        if not self._waiting and self._error is not None:
            raise self._error


def _nothing() -> None:
    pass


def resolved(clock: Clock, value: T) -> Future[T]:
    """A future that is settled already."""
    future = Future[T](clock)
    future.resolve(value)
    return future


def spawn(clock: Clock, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run *coroutine* up to its first wait now, and on from there as what it waits for comes; its outcome."""
    outcome = Future[T](clock)

    def go_on() -> None:
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            outcome.resolve(stop.value)
        except Exception as error:  # whoever waits for the outcome gets it
            outcome.fail(error)
        else:
            awaited.then(go_on)

    go_on()
    return outcome


async def sleep(clock: Clock, duration_ms: int) -> None:
    """Wait for some time."""
    woken = Future[None](clock)
    clock.call_at(clock.now_ms + duration_ms, lambda: woken.resolve(None))
    await woken


async def within(clock: Clock, future: Future[T], timeout_ms: int) -> T:
    """
    Wait for *future*, but no longer than *timeout_ms*.

    Raises:
        TimedOutError: It was not settled in time.
    """
    over = Future[None](clock)
    timer = clock.call_at(clock.now_ms + timeout_ms, lambda: over.resolve(None))
    future.then(lambda: over.resolve(None))
    await over
    timer.cancel()
    if not future.is_done:
        raise TimedOutError(f"after {timeout_ms} ms")
    return future.result()


async def all_of(futures: Sequence[Future[T]]) -> list[T]:
    """Wait for each of *futures*, in order; the first of them in that order that failed is what this fails with."""
    for future in futures:
        future.then(_nothing)  # one that fails while another is waited for is not on its own
    return [await future for future in futures]
