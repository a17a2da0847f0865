"""Questions of timing: what is asked, and how numbers make it happen; z3 answers."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Literal

import attrs

from ackproof.proofs.timing.scene import Scenario, Scene
from ackproof.proofs.timing.setting import Setting

Direction = Literal["up to", "from"]
"""On which side of its threshold a key is safe."""

Decision = Literal["cannot happen", "can happen", "at most", "no bound", "unknown"]


@attrs.frozen(kw_only=True)
class Question:
    """
    Something that times may allow or rule out.

    Attributes:
        name: What happens, with dashes.
        asks: The question in words.
        explains: Why it is as it is.
        source: Where Kafka, or its client, says so.
        of: The number that a client has whom the question is about.
        decided_by: The keys that decide it, and on which side each is safe.
        counted: Those of them that have to be tried, as they divide something.
        assumes: What is taken as given.
        scenario: How it happens in a scene.
    """

    name: str
    asks: str
    explains: str
    source: str
    of: str
    decided_by: Mapping[str, Direction]
    counted: frozenset[str]
    assumes: tuple[str, ...]
    scenario: Callable[[Scene], Scenario]

    def is_about(self, setting: Setting) -> bool:
        """Whether the question makes sense there."""
        return self.of in setting.keys


@attrs.frozen
class Threshold:
    """
    As far as a key can be moved, all else as it is, without anything happening.

    Attributes:
        value: None where it happens at every value.
    """

    key: str
    direction: Direction
    value: int | None


@attrs.frozen(kw_only=True)
class Answer:
    """
    What z3 says to a question.

    Attributes:
        tells: The largest that there can be, or an example of how it happens.
        values: The numbers of that example, of a sum what each part is; or the bound.
        thresholds: For each key that decides it by itself, up to or from where it is safe.
        missing: What would have to be known; where it can happen, to say from where on each key is safe.
        rests_on: The numbers that the answer follows from.
    """

    question: Question
    decision: Decision
    tells: str = ""
    values: Mapping[str, Fraction] = attrs.field(factory=dict[str, Fraction])
    thresholds: tuple[Threshold, ...] = ()
    missing: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()


def question(
    *,
    of: str,
    source: str,
    decided_by: Mapping[str, Direction] | None = None,
    counted: Iterable[str] = (),
    assumes: tuple[str, ...] = (),
) -> Callable[[Callable[[Scene], Scenario]], Question]:
    """Make a question of a function from a scene to a scenario: its docstring asks, and then explains."""

    def wrap(scenario: Callable[[Scene], Scenario]) -> Question:
        asks, _, explains = inspect.cleandoc(scenario.__doc__ or "").partition("\n\n")
        return Question(
            name=getattr(scenario, "__name__", "").replace("_", "-"),
            asks=asks.replace("\n", " "),
            explains=explains.replace("\n", " "),
            source=source,
            of=of,
            decided_by=decided_by or {},
            counted=frozenset(counted),
            assumes=assumes,
            scenario=scenario,
        )

    return wrap
