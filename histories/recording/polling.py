"""What a consumer polls and commits, and where it is."""

import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import attrs

from ackproof.histories.operation import Outcome
from ackproof.histories.recording.identity import Identify, in_headers
from ackproof.histories.recording.journal import Journal, Settings
from ackproof.histories.recording.outcomes import outcome
from ackproof.histories.recording.recorder import Recorder, Step, commit_step


@attrs.frozen
class Polled:
    """A record that a poll gave."""

    at: str
    offset: int
    value: int | str


@attrs.define(eq=False)
class Polling:
    """
    What a consumer does.

    Attributes:
        identify: What identifies a record; None if our header does.
        group: That it commits offsets of; empty if it has none.
        following: The offset that comes next in each partition that gave something.
    """

    recorder: Recorder
    identify: Identify | None
    group: str
    following: dict[str, int] = attrs.field(factory=dict[str, int])
    _is_polling: bool = False
    _operation: int | None = None
    # Some libraries tell of a rebalance in a thread of their own.
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    @classmethod
    def begun(cls, journal: Journal, who: str, settings: Settings, identify: Identify | None) -> "Polling":
        """What the next incarnation of a consumer does, which has these *settings*."""
        return cls(Recorder(journal, who, journal.started(who, settings)), identify, str(settings["group"]))

    def record(self, at: str, offset: int, key: object, value: object, headers: object) -> Polled:
        """A record with what identifies it."""
        if self.identify is not None:
            return Polled(at, offset, self.identify(key, value, headers))
        known = in_headers(headers)
        return Polled(at, offset, f"unidentified@{offset}" if known is None else known)

    @contextmanager
    def polling(self) -> Generator[list[Polled]]:
        """
        The client polls; what it gives is put into the list.

        A poll that gives nothing is no line, unless partitions come or go while it runs.
        """
        polled = list[Polled]()
        self._is_polling = True
        try:
            yield polled
        except BaseException as error:
            self._polled(polled, "info", error)
            raise
        self._polled(polled, "ok", None)

    def _polled(self, polled: Sequence[Polled], result: Outcome, error: BaseException | None) -> None:
        """The poll ended."""
        with self._lock:
            self._is_polling = False
            if polled:
                self._begin()
            operation, self._operation = self._operation, None
            if operation is not None:
                self.recorder.returned(operation, result, [{"p": columns(polled)}], error=error)
            self.following.update((record.at, record.offset + 1) for record in polled)

    def _begin(self) -> None:
        """Say that the poll began, if nobody has yet."""
        if self._operation is None:
            self._operation = self.recorder.invoked("poll")

    @contextmanager
    def rebalancing(self, what: Literal["assigned", "revoked", "lost"], parts: Sequence[str]) -> Generator[None]:
        """Partitions come or go; the application is told in the block, and may still commit what goes."""
        if parts:
            with self._lock:
                if self._is_polling:
                    self._begin()
                self.recorder.rebalanced(what, parts)
        if what == "assigned":
            self._forget(parts)
        try:
            yield
        finally:
            if what != "assigned":
                self._forget(parts)

    def assign(self, starts: Mapping[str, int | None]) -> None:
        """The application says which partitions it reads, and where each starts; None: where its group is."""
        operation = self.recorder.invoked("assign", parts=list(starts))
        self.recorder.returned(operation, "ok")
        for at, offset in starts.items():
            self.recorder.positioned(at, "committed" if offset is None else "seek", offset)
        self._forget(list(starts))

    def subscribe(self, topics: Sequence[str]) -> None:
        """The application says which topics it reads."""
        self.recorder.returned(self.recorder.invoked("subscribe", parts=topics), "ok")

    def sought(self, at: str, offset: int | None) -> None:
        """The application went somewhere else in a partition; None: to its beginning or end."""
        self.recorder.positioned(at, "seek", offset)
        self._forget([at])
        if offset is not None:
            self.following[at] = offset

    def _forget(self, parts: Sequence[str]) -> None:
        """Nothing is known of where it is in these partitions."""
        for at in parts:
            self.following.pop(at, None)

    @contextmanager
    def committing(self, following: Mapping[str, int]) -> Generator[int]:
        """The client commits, which may fail; the operation."""
        operation = self.commit(following)
        try:
            yield operation
        except BaseException as error:
            self.commit_failed(operation, error)
            raise

    def commit(self, following: Mapping[str, int]) -> int:
        """A commit begins; its operation."""
        return self.recorder.invoked("commit", [commit_step(self.group, following)])

    def committed(self, operation: int, following: Mapping[str, int]) -> None:
        """A commit succeeded, with these offsets."""
        self.recorder.returned(operation, "ok", [commit_step(self.group, following)])

    def commit_failed(self, operation: int, error: object) -> None:
        """A commit failed."""
        self.recorder.returned(operation, outcome(error), error=error)

    def done(self, record: Polled) -> None:
        """The application has processed a record."""
        self.recorder.done(record.at, record.value)

    @contextmanager
    def closing(self) -> Generator[None]:
        """The client leaves the group."""
        operation = self.recorder.invoked("close")
        yield
        self.recorder.returned(operation, "ok")


def columns(polled: Sequence[Polled]) -> list[Step]:
    """What a poll gave, by partition."""
    parts = dict[str, list[Polled]]()
    for record in polled:
        parts.setdefault(record.at, []).append(record)
    return [
        {"part": at, "off": [each.offset for each in records], "id": [each.value for each in records]}
        for at, records in parts.items()
    ]
