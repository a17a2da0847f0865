"""Sinks: what keeps the results of a consuming application."""

from typing import Literal


class Sink:
    """Remembers what it has; an idempotent one absorbs what comes again."""

    def __init__(self, kind: Literal["plain", "idempotent"]) -> None:
        self._is_idempotent = kind == "idempotent"
        self._kept: set[str] = set()

    def absorbs(self, record: str) -> bool:
        """It gets a *record*; whether that changes nothing."""
        is_known = record in self._kept
        self._kept.add(record)
        return is_known and self._is_idempotent
