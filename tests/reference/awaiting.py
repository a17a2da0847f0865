"""Waiting for what comes of a coroutine, on a clock that goes on meanwhile."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, spawn

T = TypeVar("T")


def begun(clock: VirtualClock, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """What is to come of *coroutine*; that it fails may be looked at later, or never."""
    future = spawn(clock, coroutine)
    future.then(lambda: None)
    return future


def wait(clock: VirtualClock, future: Future[T], patience_ms: int) -> None:
    """Let time pass until *future* is done, or for as long as that."""
    until_ms = clock.now_ms + patience_ms
    while not future.is_done and clock.step(until_ms):
        pass


def outcome(clock: VirtualClock, coroutine: Coroutine[Any, Any, T], patience_ms: int) -> T:
    """What *coroutine* comes to."""
    future = begun(clock, coroutine)
    wait(clock, future, patience_ms)
    assert future.is_done, "nothing came of it"
    return future.result()
