"""Scenes: what can be and what happens, put together from the numbers of a setting while a question is asked."""

from fractions import Fraction
from math import ceil
from typing import Literal

import attrs

from ackproof.proofs.logic import Number, Truth
from ackproof.proofs.timing.quantity import known, quantity, times
from ackproof.proofs.timing.setting import Behaviour, Setting

Prefers = Literal["least", "most"]
NOTHING, ALL = known(0), Fraction(1)
LARGE = 1_000

TIMES = frozenset({"processing_ms", "pause_ms", "outage_ms", "request_ms"})
"""What can only add to what a question with a limit asks about: taken as nothing, it makes nothing happen."""


@attrs.frozen
class Unknown:
    """
    A quantity that is not known.

    Attributes:
        says: What an example says of it, with {} for its value; nothing where that is 0.
        prefers: Which of its values reads best in an example.
        count: How many times something was measured that it is the sum of; what is said is then said of each.
    """

    name: str
    number: Number
    says: str = ""
    prefers: Prefers = "least"
    count: str | None = None


@attrs.frozen(kw_only=True)
class Scenario:
    """
    How something happens.

    Attributes:
        quantity: What has to be large for it to happen.
        unit: Of what that is so many: "ms from one poll to the next".
        limit: The key that says how large, or a number; None where the question is how large it can be.
        is_late_at_limit: Whether it happens as soon as the limit is reached.
        is_whole: Whether there is only a whole number of it.
        always: What an example begins with.
        remark: What it ends with.
        never: Why it may not even come near.
    """

    quantity: Number
    unit: str
    limit: str | int | None = None
    is_late_at_limit: bool = True
    is_whole: bool = False
    always: str = ""
    remark: str = ""
    never: str = ""


@attrs.define
class Scene:
    """
    A setting, and what a question takes from it.

    Attributes:
        free: A key whose value is left open.
        unknowns: In the order in which an example settles them.
        conditions: What the ranges and the configuration allow.
        missing: What the question needs and nobody said.
        rests_on: What it took, in words.
    """

    setting: Setting
    free: str | None = None
    unknowns: list[Unknown] = attrs.field(factory=list[Unknown])
    conditions: list[Truth] = attrs.field(factory=list[Truth])
    missing: list[str] = attrs.field(factory=list[str])
    rests_on: list[str] = attrs.field(factory=list[str])

    @property
    def behaviour(self) -> Behaviour:
        """What client and application do."""
        return self.setting.behaviour

    @property
    def lacks_times_alone(self) -> bool:
        """Whether all that is missing are times: nothing happens here that does not whatever they are."""
        return TIMES.issuperset(self.missing)

    def has(self, name: str) -> bool:
        """Whether the client has that number."""
        return name in self.setting.keys

    def value(self, name: str) -> int:
        """A number of the configuration that multiplies or divides something; 1 where it is missing."""
        key = self.setting.keys.get(name)
        if key is None:
            _note(self.missing, name)
            return 1
        _note(self.rests_on, f"{key.name} = {key.value:,}")
        return key.value

    def key(self, name: str) -> Number:
        """A number of the configuration that limits something or is added to it."""
        if name != self.free:
            return known(self.value(name))
        key, found = self.setting.keys[name], quantity(name)
        self.conditions.append((found >= key.least) & (found <= key.most))
        return found

    def range(self, name: str) -> tuple[Fraction, Fraction]:
        """Between what a quantity was measured to be."""
        found = self.setting.ranges.get(name)
        if found is None:
            _note(self.missing, name)
            return Fraction(0), Fraction(0)
        _note(self.rests_on, f"{name} = {worded_range(found.low, found.high)}")
        return found.low, found.high

    def unknown(self, unknown: Unknown, low: Number, high: Number | None) -> Number:
        """Something between two bounds, if there is an upper one."""
        self.unknowns.append(unknown)
        self.conditions.append(unknown.number >= low)
        if high is not None:
            self.conditions.append(unknown.number <= high)
        return unknown.number

    def measured(self, name: str, says: str) -> Number:
        """Something that lies in the range that was measured of it."""
        low, high = self.range(name)
        return self.unknown(Unknown(name, quantity(name), says), known(low), known(high))

    def event(self, name: str, says: str) -> Number:
        """Something that does not happen, or takes what was measured of it."""
        low, high = self.range(name)
        found = self.unknown(Unknown(name, quantity(name), says), NOTHING, known(high))
        if low > 0:
            self.conditions.append((found <= 0) | (found >= known(low)))
        return found

    def up_to(self, name: str, bound: Number, says: str) -> Number:
        """Something between nothing and a *bound*."""
        return self.unknown(Unknown(name, quantity(name), says), NOTHING, bound)

    def count(self, name: str, bound: Number) -> Number:
        """
        How many, up to a *bound*; an example has as many as there can be, which is a whole number.

        Parts of one are allowed for, which is no loss: what more of them make likelier happens with a whole number.
        """
        return self.unknown(Unknown(name, quantity(name), prefers="most"), NOTHING, bound)

    def sum_of(self, name: str, how_many: Number, says: str, count: str | None = None) -> Number:
        """What so many of them make, each within the range that was measured of it; *count* names how many."""
        low, high = self.range(name)
        unknown = Unknown(name, quantity(name), says, count=count)
        return self.unknown(unknown, times(how_many, low), times(how_many, high))

    def arrivals(self, name: str, time_ms: Number, says: str = "", share: Fraction = ALL) -> Number:
        """How many records come in that time, of a *share* of the partitions."""
        low, high = (rate * share / 1000 for rate in self.range("arrival_per_s"))
        return self.unknown(Unknown(name, quantity(name), says), times(time_ms, low), times(time_ms, high))

    def only_if(self, number: Number, other: Number) -> None:
        """There is nothing of a *number* where there is nothing of the *other*."""
        self.conditions.append((number <= 0) | (other > 0))


def _note(words: list[str], word: str) -> None:
    if word not in words:
        words.append(word)


def worded_range(low: Fraction, high: Fraction) -> str:
    """A range as a pipeline file has it."""
    return worded(low) if low == high else f"[{worded(low)}, {worded(high)}]"


def worded(value: Fraction | int) -> str:
    """A number for people, rounded up: with three decimals at most, a large one with none."""
    whole, rest = divmod(ceil(Fraction(value) * 1000), 1000) if value < LARGE else (ceil(value), 0)
    return f"{whole:,}" if rest == 0 else f"{whole:,}.{rest:03}".rstrip("0")
