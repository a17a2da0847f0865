"""Unknown sets seen from one of their elements: what is true of that one, whichever it is, is true of each."""

import attrs

from ackproof.proofs.logic import JUDGE, NEVER, Truth, same_truth


@attrs.frozen(eq=False)
class Part:
    """
    A set in place of a frozenset of the model.

    Whether it has any other element is left to chance whenever somebody asks, so a run may take more branches than a
    set could make it take: what is proved is true of sets all the same.

    Attributes:
        has_it: Whether the one element is in it.
    """

    has_it: Truth

    def __and__(self, other: "Part | frozenset[int]") -> "Part":
        return Part(self.has_it & _part(other).has_it)

    def __or__(self, other: "Part | frozenset[int]") -> "Part":
        return Part(self.has_it | _part(other).has_it)

    def __sub__(self, other: "Part | frozenset[int]") -> "Part":
        return Part(self.has_it & ~_part(other).has_it)

    def __bool__(self) -> bool:
        return bool(self.has_it | JUDGE.get().chance())

    def __le__(self, other: "Part | frozenset[int]") -> Truth:
        return self.has_it.implies(_part(other).has_it) & JUDGE.get().chance()

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # a Truth branches as a bool does
        return same_truth(self.has_it, _part(other).has_it) & JUDGE.get().chance()

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # a Truth branches as a bool does
        return ~(self == other)

    __rand__, __ror__ = __and__, __or__

    def __hash__(self) -> int:
        raise TypeError("an unknown set has no hash")


def _part(value: object) -> Part:
    if isinstance(value, Part):
        return value
    if value == frozenset():
        return Part(NEVER)
    raise TypeError(f"{value!r} is neither an unknown set nor the empty one")
