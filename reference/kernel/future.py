"""Futures: what is not known yet, and coroutines that wait for it."""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from functools import partial
from types import coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ackproof.reference.kernel.clock import Callback, Clock

T = TypeVar("T")

Wait = Callable[[Callback], object]
"""What a coroutine that ``spawn`` runs waits for: it is handed what is to happen then."""


class TimedOutError(Exception):
    """What was waited for did not come in time."""


class Future(Generic[T]):
    """
    A value that comes later, or an error in its place.

    Who waits goes on in a step of its own, never inside the call that settles it, but for ``conclude``. An error that
    nobody waits for comes out of the clock.

    Attributes:
        is_done: The value has come, or the error.
        error: Why it did not come; None while that is open too.
    """

    __slots__ = ("_clock", "_coroutine", "_may_fail", "_value", "_waiting", "error", "is_done")

    _coroutine: Coroutine[Any, Any, T]
    _value: T

    if not TYPE_CHECKING:

        def __class_getitem__(cls, _value: object) -> type:
            """``Future[int]`` is ``Future`` when it runs: what typing makes of it costs as much as the future."""
            return cls

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: tuple[Callable[[], None], ...] = ()
        self.error: Exception | None = None
        self._may_fail = False
        self.is_done = False

    def resolve(self, value: T) -> None:
        """The value has come; what comes after the first is ignored."""
        if not self.is_done:
            self._value = value
            self.is_done = True
            for callback in self._waiting:
                self._clock.call_soon(callback)
            # Whoever waits often knows this future too: that circle would be left for the garbage collector.
            self._waiting = ()

    def conclude(self, value: T) -> None:
        """The value has come, and this step of the clock has nothing else to do: whoever waits goes on within it."""
        if not self.is_done:
            self._value = value
            self.is_done = True
            for callback in self._waiting:
                callback()
            self._waiting = ()

    def fail(self, error: Exception) -> None:
        """It will not come; what comes after the first is ignored."""
        if not self.is_done:
            self.error = error
            self.is_done = True
            for callback in self._waiting:
                self._clock.call_soon(callback)
            self._waiting = ()
            if not self._may_fail:
                self._clock.call_soon(self._complain)

    def may_fail(self) -> None:
        """Its error does not come out of the clock, be there nobody that waits for it."""
        self._may_fail = True

    def then(self, callback: Callable[[], None]) -> None:
        """*callback* happens once it is settled."""
        self._may_fail = True
        if self.is_done:
            self._clock.call_soon(callback)
        else:
            self._waiting += (callback,)

    def forget(self, callback: Callable[[], None]) -> None:
        """*callback* does not happen: a future that is waited for again and again would keep them all."""
        self._waiting = tuple(each for each in self._waiting if each != callback)

    def result(self) -> T:
        """
        The value.

        Raises:
            Exception: That it failed with.
        """
        assert self.is_done
        if self.error is not None:
            raise self.error
        return self._value

    def __await__(self) -> Generator[Wait, None, T]:
        """Wait for it in a coroutine that ``spawn`` runs."""
        if not self.is_done:
            yield self.then
        self._may_fail = True
        if self.error is not None:
            raise self.error
        return self._value

    def run(self, coroutine: Coroutine[Any, Any, T]) -> None:
        """It is the outcome of *coroutine*, which runs up to its first wait now."""
        self._coroutine = coroutine
        self._go_on()

    def _go_on(self) -> None:
        """Up to what the coroutine waits for next."""
        try:
            wait: Wait = self._coroutine.send(None)
        except StopIteration as stop:
            self.conclude(stop.value)
        except Exception as error:  # whoever waits for the outcome gets it
            self.fail(error)
        else:
            wait(self._go_on)

    def _complain(self) -> None:
        if not self._may_fail and self.error is not None:
            raise self.error


def resolved(clock: Clock, value: T) -> Future[T]:
    """A future that is settled already."""
    future = Future[T](clock)
    future.resolve(value)
    return future


def spawn(clock: Clock, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run *coroutine* up to its first wait now, and on from there as what it waits for comes; its outcome."""
    outcome: Future[T] = Future(clock)
    outcome.run(coroutine)
    return outcome


@coroutine
def pause(wait: Wait) -> Generator[Wait, None, None]:
    """*wait* has happen later what the coroutine that waits for this does next."""
    yield wait


def sleep(clock: Clock, duration_ms: int) -> Awaitable[None]:
    """Wait for some time."""
    return pause(partial(clock.call_at, clock.now_ms + duration_ms))


class Settling:
    """Waits for a future, also one that fails, until a time has come."""

    __slots__ = ("_clock", "_future", "_go_on", "_timer", "_until_ms")

    def __init__(self, clock: Clock, future: "Future[Any]", until_ms: int) -> None:
        self._clock = clock
        self._future = future
        self._until_ms = until_ms
        self._go_on: Callback | None = None

    def then(self, go_on: Callback) -> None:
        """*go_on* happens once, whichever comes first."""
        self._go_on = go_on
        self._timer = self._clock.call_at(self._until_ms, self._end)
        self._future.then(self._end)

    def _end(self) -> None:
        go_on, self._go_on = self._go_on, None
        if go_on is not None:
            self._timer.cancel()
            if not self._future.is_done:
                self._future.forget(self._end)
            go_on()


@coroutine
def settled(clock: Clock, future: Future[Any], timeout_ms: int) -> Generator[Wait, None, bool]:
    """Wait for *future*, also one that fails, but no longer than *timeout_ms*; whether it is settled by then."""
    yield Settling(clock, future, clock.now_ms + timeout_ms).then
    return future.is_done


async def within(clock: Clock, future: Future[T], timeout_ms: int) -> T:
    """
    Wait for *future*, but no longer than *timeout_ms*.

    Raises:
        TimedOutError: It was not settled in time.
    """
    if not await settled(clock, future, timeout_ms):
        raise TimedOutError(f"after {timeout_ms} ms")
    return future.result()


async def all_of(futures: Sequence[Future[T]]) -> list[T]:
    """Wait for each of *futures*, in order; the first of them in that order that failed is what this fails with."""
    for future in futures:
        future.may_fail()  # one that fails while another is waited for is not on its own
    return [await future for future in futures]
