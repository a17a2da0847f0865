"""Time that passes until something is so."""

from collections.abc import Callable

from ackproof.reference.kernel.clock import Clock


class NotDirectedError(Exception):
    """The reference can not be brought to do what the model does."""


def pass_until(clock: Clock, step: Callable[[], object], is_so: Callable[[], bool], what: str, limit_ms: int) -> None:
    """
    Take one *step* after another until something is so.

    Raises:
        NotDirectedError: It does not come to that within *limit_ms*.
    """
    end_ms = clock.now_ms + limit_ms
    while not is_so():
        if clock.now_ms > end_ms:
            raise NotDirectedError(f"{what} does not happen")
        step()
