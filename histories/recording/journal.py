"""The file that a history is recorded into, by all clients of a process."""

import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import attrs
import msgspec

Settings = Mapping[str, object]
BROKER = "broker"
"""Under which the header has the settings of topics and brokers."""


@attrs.define(eq=False)
class Journal:
    """
    A history as it is recorded, ``ktrace/1``.

    At any moment the file is a history: each line is written and flushed at once, under one lock, which gives the lines
    their order. A client whose name is new is added to the header, for which the file is written again.

    Attributes:
        path: The file. It must not be there yet.
        broker: What is known of topics and brokers, such as ``{"min_isr": 2, "unclean": False, "retention": "none"}``.
        expect: The delivery semantics that groups are to keep.

    Raises:
        FileExistsError: The file is there already.
    """

    path: Path = attrs.field(converter=Path)
    broker: Settings = attrs.field(factory=dict[str, object], kw_only=True)
    expect: Sequence[str] = attrs.field(default=(), kw_only=True)
    _clients: dict[str, Settings] = attrs.field(factory=dict[str, Settings], init=False)
    _incarnations: dict[str, int] = attrs.field(factory=dict[str, int], init=False)
    _groups: dict[str, tuple[object, str]] = attrs.field(factory=dict[str, tuple[object, str]], init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _file: BinaryIO = attrs.field(init=False)
    _next: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin the file with its header."""
        self._file = self.path.open("xb")
        self._file.write(self._header())
        self._file.flush()

    def __enter__(self) -> Self:
        """Record until the end of the block."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """End the file."""
        self.close()

    def close(self) -> None:
        """End the file; what clients do from now on is not recorded."""
        with self._lock:
            self._file.close()

    def started(self, who: str, settings: Settings) -> int:
        """
        Add a client that has started.

        Returns:
            Its incarnation: the how-manieth time it is.

        Raises:
            ValueError: A client of that name had other settings before.
        """
        with self._lock:
            if who == BROKER:
                raise ValueError(f"{BROKER} is what the header calls brokers: give the client another name")
            known = self._clients.setdefault(who, settings)
            if known != settings:
                raise ValueError(f"{who} was {dict(known)} before, and is {dict(settings)}: give it another name")
            self._incarnations[who] = self._incarnations.get(who, 0) + 1
            if self._incarnations[who] == 1:
                self._begin_again()
            return self._incarnations[who]

    def settings(self, who: str) -> Settings:
        """The settings of a client, by the format's names; none of one that has not started."""
        return self._clients.get(who, {})

    def incarnation(self, who: str) -> int:
        """How many times a client has started."""
        return self._incarnations.get(who, 0)

    def introduce(self, who: str, metadata: object, group: str) -> None:
        """Keep in mind whose the *metadata* are that a consumer gives to a producer."""
        self._groups[who] = metadata, group

    def group_of(self, metadata: object) -> str | None:
        """The group that *metadata* are of, if a recorded consumer gave them last."""
        return next((group for known, group in self._groups.values() if known is metadata), None)

    def write(self, kind: str, **fields: object) -> None:
        """Add a line."""
        with self._lock:
            self._add(kind, fields)

    def invoked(self, **fields: object) -> int:
        """Add the line of an operation that begins; its id."""
        with self._lock:
            operation = self._next
            self._add("inv", {"op": operation, **fields})
            return operation

    def _add(self, kind: str, fields: Mapping[str, object]) -> None:
        """Add a line; fields that are None are left out."""
        if self._file.closed:
            return
        said = {name: value for name, value in fields.items() if value is not None}
        self._file.write(msgspec.json.encode({"n": self._next, "e": kind, **said}) + b"\n")
        self._file.flush()
        self._next += 1

    def _header(self) -> bytes:
        """The first line."""
        config = {**self._clients, **({BROKER: self.broker} if self.broker else {})}
        return msgspec.json.encode({"ktrace": 1, "config": config, "expect": list(self.expect)}) + b"\n"

    def _begin_again(self) -> None:
        """Write the file with a new header."""
        if self._file.closed:
            return
        self._file.close()
        fresh = self.path.with_name(f"{self.path.name}.new")
        with self.path.open("rb") as old, fresh.open("wb") as new:
            old.readline()
            new.write(self._header())
            shutil.copyfileobj(old, new)
        fresh.replace(self.path)
        self._file = self.path.open("ab")
