"""Disks: named files that grow at their end, and what of them a crash or a power loss leaves."""

from random import Random
from typing import Protocol


class StoredFile(Protocol):
    """A file that grows at its end."""

    @property
    def size_bytes(self) -> int:
        """How long it is."""
        ...

    def append(self, data: bytes) -> None:
        """*data* stands at its end; after a power loss only once it is synced."""
        ...

    def read(self, at: int, length: int) -> bytes:
        """Up to *length* bytes from *at*."""
        ...

    def truncate(self, size_bytes: int) -> None:
        """What is beyond *size_bytes* is gone, for good."""
        ...

    def sync(self) -> None:
        """What it holds survives a power loss (fsync)."""
        ...


class Storage(Protocol):
    """A log directory: files in folders, one level deep; a path is ``folder/name`` or ``name``."""

    def open(self, path: str) -> StoredFile:
        """The file at *path*, which is made if there is none."""
        ...

    def exists(self, path: str) -> bool:
        """Whether there is a file at *path*."""
        ...

    def folders(self) -> list[str]:
        """The folders that hold a file, in order."""
        ...

    def names(self, folder: str) -> list[str]:
        """The names of the files in *folder*, in order; those outside any folder where it is empty."""
        ...

    def replace(self, path: str, data: bytes) -> None:
        """The file at *path* holds *data* at once, or still what it held: a rename of a file that was synced."""
        ...

    def delete(self, path: str) -> None:
        """There is no file at *path* any more, for good."""
        ...


class MemoryFile:
    """A file of a ``Disk``."""

    __slots__ = ("_data", "_synced_bytes")

    def __init__(self, data: bytearray, synced_bytes: int | None = None) -> None:
        self._data = data
        self._synced_bytes = synced_bytes

    @property
    def size_bytes(self) -> int:
        """How long it is."""
        return len(self._data)

    def append(self, data: bytes) -> None:
        """*data* stands at its end; after a power loss only once it is synced."""
        self._data += data

    def read(self, at: int, length: int) -> bytes:
        """Up to *length* bytes from *at*."""
        return bytes(memoryview(self._data)[at : at + length])

    def truncate(self, size_bytes: int) -> None:
        """What is beyond *size_bytes* is gone, for good."""
        del self._data[size_bytes:]
        if self._synced_bytes is not None:
            self._synced_bytes = min(self._synced_bytes, size_bytes)

    def sync(self) -> None:
        """What it holds survives a power loss."""
        self._synced_bytes = len(self._data)

    def taken_over(self) -> "MemoryFile":
        """The same file for whoever comes next; this one is then of no use."""
        heir = MemoryFile(self._data, self._synced_bytes)
        self._data = bytearray()
        return heir

    def after_power_loss(self, rng: Random) -> "MemoryFile | None":
        """What is left of it: what was synced, and any part of the rest up to some byte; None if it is gone."""
        kept = rng.randint(self._synced_bytes or 0, len(self._data))
        if kept == 0 and self._synced_bytes is None:
            return None
        left = self.taken_over()
        left.truncate(kept)
        left.sync()
        return left


class Disk:
    """
    A disk in memory, which knows what is synced.

    Simplified: only appended bytes can be lost. Truncating, deleting and replacing last at once, as on a file system
    that keeps a journal of them.
    """

    def __init__(self) -> None:
        self._files: dict[str, MemoryFile] = {}

    def open(self, path: str) -> MemoryFile:
        """The file at *path*, which is made if there is none."""
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = MemoryFile(bytearray())
        return file

    def exists(self, path: str) -> bool:
        """Whether there is a file at *path*."""
        return path in self._files

    def folders(self) -> list[str]:
        """The folders that hold a file, in order."""
        return sorted({path.partition("/")[0] for path in self._files if "/" in path})

    def names(self, folder: str) -> list[str]:
        """The names of the files in *folder*, in order; those outside any folder where it is empty."""
        prefix = f"{folder}/" if folder else ""
        names = (path.removeprefix(prefix) for path in self._files if path.startswith(prefix))
        return sorted(name for name in names if "/" not in name)

    def replace(self, path: str, data: bytes) -> None:
        """The file at *path* holds *data* at once, or still what it held."""
        self._files[path] = MemoryFile(bytearray(data), len(data))

    def delete(self, path: str) -> None:
        """There is no file at *path* any more, for good."""
        self._files.pop(path, None)

    def crash(self) -> None:
        """The process dies: every byte is kept, but files that it has open lead nowhere."""
        self._files = {path: file.taken_over() for path, file in self._files.items()}

    def power_loss(self, rng: Random) -> None:
        """The machine dies: each file loses some of what was not synced, none, or all of it; *rng* says how much."""
        left = {path: self._files[path].after_power_loss(rng) for path in sorted(self._files)}
        self._files = {path: file for path, file in left.items() if file is not None}
