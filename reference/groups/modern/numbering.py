"""Partitions as numbers, which is how the model knows them."""

from collections.abc import Iterable

from ackproof.model.groups.claims import Partitions as Numbers
from ackproof.reference.groups.modern.member import Partition, Partitions


class Numbering:
    """A number for each of some partitions."""

    def __init__(self, partitions: Iterable[Partition]) -> None:
        self._partitions = sorted(set(partitions))
        self._numbers = {partition: number for number, partition in enumerate(self._partitions)}

    def of(self, partitions: Iterable[Partition]) -> Numbers:
        """The numbers of *partitions*."""
        return frozenset(self._numbers[partition] for partition in partitions)

    def partitions(self, numbers: Numbers) -> Partitions:
        """The partitions that have these numbers."""
        return frozenset(self._partitions[number] for number in numbers)
