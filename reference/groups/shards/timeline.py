"""Maps that know what of them is replicated: some requests are answered from that only."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Journal:
    """Changes to timelines that are not replicated yet, oldest first."""

    def __init__(self) -> None:
        self._changes: list[Callable[[], None]] = []
        self._replicated_up_to = 0

    @property
    def end(self) -> int:
        """The place after the newest change."""
        return self._replicated_up_to + len(self._changes)

    def add(self, change: Callable[[], None]) -> None:
        """*change* happens once it is replicated."""
        self._changes.append(change)

    def replicated(self, end: int) -> None:
        """All changes before the place *end* are replicated."""
        due = self._changes[: max(0, end - self._replicated_up_to)]
        del self._changes[: len(due)]
        self._replicated_up_to += len(due)
        for change in due:
            change()


class Timeline(Generic[K, V]):
    """
    A map as it was last written, and as far as that is replicated.

    Its values are never changed, but for those (classic groups) of which one always sees the newest state.

    Source: ``TimelineHashMap``, with its snapshot of the last committed offset.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._written: dict[K, V] = {}
        self._replicated: dict[K, V] = {}

    @property
    def written(self) -> Mapping[K, V]:
        """As it was last written."""
        return self._written

    @property
    def replicated(self) -> Mapping[K, V]:
        """What of it is replicated."""
        return self._replicated

    def __contains__(self, key: object) -> bool:
        return key in self._written

    def __iter__(self) -> Iterator[K]:
        return iter(self._written)

    def get(self, key: K) -> V | None:
        """The value last written for *key*; None if there is none."""
        return self._written.get(key)

    def put(self, key: K, value: V) -> None:
        """*key* has this value from now on."""
        self._written[key] = value

        def replicate() -> None:
            self._replicated[key] = value

        self._journal.add(replicate)

    def remove(self, key: K) -> None:
        """*key* has no value any more."""
        self._written.pop(key, None)

        def replicate() -> None:
            self._replicated.pop(key, None)

        self._journal.add(replicate)
