"""Actions: what can happen, as pure functions from what they read to every possible outcome."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cached_property
from typing import cast, overload

import attrs

from ackproof.model.reading import Functions, Name, Reading, parameters_of

Outcomes = Callable[..., Iterable["Next"]]


class Next:
    """
    One outcome of an action: what happened, in a sentence, and the components that change.

    The keywords are the action's own parameter names; one that stands for several components gets a tuple.
    """

    __slots__ = ("changes", "says")

    def __init__(self, says: str, /, **changes: Hashable) -> None:
        self.says = says
        self.changes = changes


@attrs.frozen(kw_only=True)
class Action(Reading):
    """
    A pure function from what it reads to its possible outcomes.

    Attributes:
        writes: The parameters that it may change.
        fault: The kind of fault that it is, which the budget in the component ``faults`` pays for.
        times: How many faults of that kind it is.
        is_urgent: While an urgent action has an outcome, only urgent actions run.
        is_fair: It happens at last if it stays possible (weak fairness); faults and free choices need not.
        is_strongly_fair: Then it does so too if it is possible again and again.
    """

    name: str
    writes: frozenset[str]
    fault: str | None = None
    times: int = 1
    is_urgent: bool = False
    is_fair: bool = True
    is_strongly_fair: bool = False

    @property
    def outcomes(self) -> Outcomes:
        """The function itself."""
        return cast("Outcomes", self.function)

    @cached_property
    def name_of(self) -> dict[str, Name]:
        """What each parameter stands for."""
        return dict(zip(self.parameters, self.reads, strict=True))

    def changes(self, outcome: Next) -> Iterator[tuple[str, Hashable]]:
        """
        The components that *outcome* changes, each with its value.

        Raises:
            ValueError: It changes what the action does not write.
        """
        for parameter, value in outcome.changes.items():
            if parameter not in self.writes:
                raise ValueError(f"{self.name!r} changes {parameter}, which it does not write")
            name = self.name_of[parameter]
            if isinstance(name, str):
                yield name, value
            else:
                yield from zip(name, cast("tuple[Hashable, ...]", value), strict=True)


@overload
def action(function: Outcomes, /) -> Action: ...
@overload
def action(
    *,
    fault: str | None = None,
    times: int = 1,
    urgent: bool = False,
    fair: bool = True,
    strongly_fair: bool = False,
    when: Functions | None = None,
    sees: Functions | None = None,
    writes: tuple[str, ...] | None = None,
) -> Callable[[Outcomes], Action]: ...
def action(
    function: Outcomes | None = None,
    /,
    *,
    fault: str | None = None,
    times: int = 1,
    urgent: bool = False,
    fair: bool = True,
    strongly_fair: bool = False,
    when: Functions | None = None,
    sees: Functions | None = None,
    writes: tuple[str, ...] | None = None,
) -> Action | Callable[[Outcomes], Action]:
    """
    Make an action of a function whose parameters name what it reads.

    Args:
        times: How many faults it is.
        when: For some parameters, a guard: the action can not happen unless the component satisfies it.
        sees: For some parameters, a view: all that the action sees of the component, which it then can not change.
        writes: The parameters that it may change; left out, all that it does not see through a view.
    """

    def wrap(outcomes: Outcomes) -> Action:
        parameters = parameters_of(outcomes)
        return Action(
            function=outcomes,
            parameters=parameters,
            reads=parameters,
            when=when or {},
            sees=sees or {},
            name=outcomes.__name__.replace("_", " "),
            writes=frozenset(set(parameters) - set(sees or {}) if writes is None else writes),
            fault=fault,
            times=times,
            is_urgent=urgent,
            is_fair=fair and fault is None,
            is_strongly_fair=strongly_fair,
        )

    return wrap if function is None else wrap(function)
