"""What times and rates allow or rule out, as it is told to people."""

from collections.abc import Mapping
from typing import Literal

import attrs

TimingAnswer = Literal["cannot happen", "can happen", "at most", "no bound", "unknown"]


@attrs.frozen
class Threshold:
    """
    As far as one key can be moved, all else as it is, so that it can not happen.

    Attributes:
        direction: On which side of the value it is safe, the value included: "up to" or "from" it.
        value: None where no value of this key alone is safe.
    """

    key: str
    direction: Literal["up to", "from"]
    value: int | None


@attrs.frozen(kw_only=True)
class TimingVerdict:
    """
    The answer to one question of timing.

    Attributes:
        question: What may happen, in one name.
        asks, explains: The question in words, and how it comes to that.
        says: How near it comes, how it happens, or how much there is at most.
        values: The numbers of that, by what they are, in the units that their names end in.
        missing: What nobody has measured, and the answer needs.
        rests_on: The numbers that it follows from.
        assumptions: What was taken as given.
        rules_out: The kinds of fault that can not happen, as this and maybe others can not.
    """

    question: str
    asks: str
    explains: str = ""
    answer: TimingAnswer
    says: str = ""
    values: Mapping[str, float] = attrs.field(factory=dict[str, float])
    thresholds: tuple[Threshold, ...] = ()
    missing: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    source: str = ""
    rules_out: tuple[str, ...] = ()
