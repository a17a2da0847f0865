"""Ctrl-C as a wish: a search ends at its next safe point, so that what it covered can be told and kept."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether somebody wants an end."""

    def __init__(self) -> None:
        self.is_wanted = False

    @contextmanager
    def noted(self) -> Generator[None, None, None]:
        """Note the first Ctrl-C; a second one interrupts at once. Only a main thread gets to hear of them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def note(number: int, frame: FrameType | None) -> None:
            self.is_wanted = True
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
