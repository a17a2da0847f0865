"""A log directory on the real file system: what a process wrote is there after it was killed."""

import fcntl
import os
from errno import EWOULDBLOCK
from io import FileIO
from pathlib import Path

from ackproof.reference.log.storage.disk import StoredFile

LOCK = ".lock"
"""Source: ``LogManager.LOCK_FILE_NAME``."""


class RealFile:
    """A file, written through at once."""

    __slots__ = ("_file", "_size_bytes")

    def __init__(self, path: Path) -> None:
        # The mode sends every write to the end, wherever was read.
        self._file = FileIO(path, "a+")
        self._size_bytes = self._file.seek(0, os.SEEK_END)

    @property
    def size_bytes(self) -> int:
        """How long it is."""
        return self._size_bytes

    def append(self, data: bytes) -> None:
        """*data* stands at its end; after a power loss only once it is synced."""
        rest = memoryview(data)
        while rest:
            written = self._file.write(rest)
            self._size_bytes += written
            rest = rest[written:]

    def read(self, at: int, length: int) -> bytes:
        """Up to *length* bytes from *at*."""
        self._file.seek(at)
        return self._file.read(length)

    def truncate(self, size_bytes: int) -> None:
        """What is beyond *size_bytes* is gone."""
        self._size_bytes = min(self._size_bytes, size_bytes)
        self._file.truncate(self._size_bytes)

    def sync(self) -> None:
        """What it holds survives a power loss."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """It is not used any more."""
        self._file.close()


class Folder:
    """A log directory under *root*, which is made if it is not there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[str, RealFile] = {}
        self._lock: FileIO | None = None
        root.mkdir(parents=True, exist_ok=True)

    def lock(self) -> None:
        """
        No other process has it until it is closed, or this process ends.

        Raises:
            OSError: Another one has it.

        Source: ``LogManager.lockLogDirs``.
        """
        self._lock = FileIO(self._root / LOCK, "a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(EWOULDBLOCK, "another process uses it", str(self._root)) from None

    def open(self, path: str) -> StoredFile:
        """The file at *path*, which is made if there is none."""
        file = self._open.get(path)
        if file is None:
            place = self._root / path
            place.parent.mkdir(exist_ok=True)
            file = self._open[path] = RealFile(place)
        return file

    def exists(self, path: str) -> bool:
        """Whether there is a file at *path*."""
        return (self._root / path).is_file()

    def folders(self) -> list[str]:
        """The folders that hold a file, in order."""
        return sorted(entry.name for entry in self._root.iterdir() if entry.is_dir() and any(entry.iterdir()))

    def names(self, folder: str) -> list[str]:
        """The names of the files in *folder*, in order; those outside any folder where it is empty."""
        place = self._root / folder
        return sorted(entry.name for entry in place.iterdir() if entry.is_file()) if place.is_dir() else []

    def replace(self, path: str, data: bytes) -> None:
        """The file at *path* holds *data* at once, or still what it held."""
        self._let_go(path)
        place = self._root / path
        place.parent.mkdir(exist_ok=True)
        draft = place.with_name(f"{place.name}.tmp")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)

    def delete(self, path: str) -> None:
        """There is no file at *path* any more; nor its folder, if that is empty now."""
        self._let_go(path)
        place = self._root / path
        place.unlink(missing_ok=True)
        if place.parent != self._root and place.parent.is_dir() and not any(place.parent.iterdir()):
            place.parent.rmdir()

    def close(self) -> None:
        """No file is open any more."""
        for path in list(self._open):
            self._let_go(path)
        if self._lock:
            self._lock.close()

    def _let_go(self, path: str) -> None:
        file = self._open.pop(path, None)
        if file is not None:
            file.close()
