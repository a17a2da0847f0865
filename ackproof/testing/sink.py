"""What a sink keeps, against what is claimed."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

import attrs


@attrs.define
class Kept:
    """
    What is known of the sink.

    Attributes:
        values: Those of all records, in the order of the log.
        claims: The basic claims.
        counts: How often each value is kept now.
        first: Which records were first kept, in that order, each by its number.
        late: The record that was first kept after a later one.
    """

    values: Sequence[Hashable]
    claims: tuple[str, ...]
    counts: Counter[Hashable] = attrs.field(factory=Counter[Hashable])
    first: list[int] = attrs.field(factory=list[int])
    late: Hashable = None

    def look(self, kept: Sequence[Hashable]) -> None:
        """Take in what the sink keeps now."""
        self.counts = Counter(kept)
        for number in sorted(number for number, value in enumerate(self.values) if self.counts[value]):
            if number not in self.first:
                if self.first and number < max(self.first):
                    self.late = self.values[number]
                self.first.append(number)

    def broken(self) -> Iterator[tuple[str, str]]:
        """Each claim that is already broken, and how."""
        twice = [value for value in self.values if self.counts[value] > 1]
        if "no-duplicates" in self.claims and twice:
            yield "no-duplicates", f"the sink keeps {listed(twice)} more than once"
        if "in-order" in self.claims and self.late is not None:
            yield "in-order", f"{self.late} was kept for the first time after what was sent later"
        strange = [value for value in self.counts if value not in self.values]
        if strange:
            yield "the sink", f"it keeps {listed(strange)}, which nobody sent"

    def lost(self, appended: int) -> Iterator[tuple[str, str]]:
        """Whether something is lost of what was appended, now that nothing more happens."""
        missing = [value for value in self.values[:appended] if not self.counts[value]]
        if "no-loss" in self.claims and missing:
            yield "no-loss", f"{listed(missing)} was never kept"


def listed(values: Sequence[Hashable]) -> str:
    """Some of the *values*, for people."""
    return ", ".join(map(str, values[:5])) + ("" if len(values) <= 5 else f" and {len(values) - 5} more")
