"""
Readings: pure functions whose parameters name what they read, as a pytest test names its fixtures.

An action and a property are readings. A parameter stands for a component of the system or for one of its rules, which
never change. ``on`` lets it stand for another one, or for several components, whose values then come as a tuple.

What a reading does not need to know it should not see, for it is asked once for each combination of what it sees:

- A *view* (``sees``) shows a part of a component: how far a follower is, not its whole log.
- A *guard* (``when``) rules out a component's values with which there is nothing to ask.

Both are functions of the component's value, and of rules that they name by the reading's own parameters:

>>> def progress(log: tuple[str, ...]) -> int:
...     return len(log)

>>> def has_room(log: tuple[str, ...], log_size: int) -> bool:
...     return len(log) < log_size

>>> def lag(leader: int, follower: tuple[str, ...], log_size: int) -> int:
...     return leader - len(follower)

>>> reading = Reading.of(lag, when={"follower": has_room}, sees={"leader": progress})
>>> bound = reading.on(leader="log_1", follower="log_2").bind(["log_1", "log_2"], {"log_size": 2})

>>> bound.look({"log_1": ("a", "b"), "log_2": ("a",)})
(2, ('a',))
>>> lag(*bound.arguments((2, ("a",))))
1
>>> bound.look({"log_1": ("a", "b"), "log_2": ("a", "b")}) is None
True
"""

import inspect
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from functools import cache
from typing import Self, cast

import attrs

Name = str | tuple[str, ...]
"""What a parameter stands for: a component or a rule, or several components."""
Values = Mapping[str, Hashable]
"""Components by name."""
Functions = Mapping[str, Callable[..., Hashable]]


def nothing() -> dict[str, Callable[..., Hashable]]:
    """No views, no guards."""
    return {}


@attrs.frozen
class Reading:
    """
    A function whose parameters name what it reads.

    Attributes:
        reads: For each parameter, in order, what it stands for.
        when: For some parameters, what the component has to satisfy for there to be anything to ask.
        sees: For some parameters, what is shown of the component.
    """

    function: Callable[..., object] = attrs.field(repr=False)
    parameters: tuple[str, ...]
    reads: tuple[Name, ...]
    when: Functions = attrs.field(factory=nothing, kw_only=True, hash=False, repr=False)
    sees: Functions = attrs.field(factory=nothing, kw_only=True, hash=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._know({*self.when, *self.sees})

    @classmethod
    def of(cls, function: Callable[..., object], when: Functions | None = None, sees: Functions | None = None) -> Self:
        """The reading of a function, each parameter standing for what it is called."""
        parameters = parameters_of(function)
        return cls(function, parameters, parameters, when=when or {}, sees=sees or {})

    def on(self, **names: Name) -> Self:
        """The same reading of other components or rules: ``on(PARAMETER=COMPONENT)``, or several components."""
        self._know(names.keys())
        reads = tuple(names.get(parameter, read) for parameter, read in zip(self.parameters, self.reads, strict=True))
        return attrs.evolve(self, reads=reads)

    def _know(self, names: Collection[str]) -> None:
        unknown = set(names) - set(self.parameters)
        if unknown:
            what = getattr(self.function, "__name__", "it").replace("_", " ")
            raise ValueError(f"{what} has no parameter {', '.join(sorted(unknown))}")

    @property
    def names(self) -> frozenset[str]:
        """Every component and rule that it reads."""
        return frozenset(name for read in self.reads for name in each(read))

    def bind(self, components: Collection[str], rules: Mapping[str, object]) -> "Bound":
        """The reading in a system with these components and rules."""
        return Bound(self, tuple(self._parts(components, rules)), tuple(self._template(rules)))

    def _template(self, rules: Mapping[str, object]) -> Iterator[object]:
        for read in self.reads:
            yield () if isinstance(read, tuple) else rules.get(read)

    def _parts(self, components: Collection[str], rules: Mapping[str, object]) -> Iterator["Part"]:
        rule_of = {name: rules[read] for name, read in self._pairs() if isinstance(read, str) and read in rules}
        for place, (parameter, read) in enumerate(self._pairs()):
            for component in each(read):
                if component in components:
                    view, guard = (lens_of(which.get(parameter), rule_of) for which in (self.sees, self.when))
                    yield Part(place, parameter, component, isinstance(read, tuple), view, guard)

    def _pairs(self) -> Iterator[tuple[str, Name]]:
        return zip(self.parameters, self.reads, strict=True)


def each(read: Name) -> tuple[str, ...]:
    """Every name that a parameter stands for."""
    return (read,) if isinstance(read, str) else read


@cache
def parameters_of(function: Callable[..., object]) -> tuple[str, ...]:
    """The names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


def parameters_beyond_first(function: Callable[..., object]) -> tuple[str, ...]:
    """The names of all parameters but the first; none of a built-in function that does not tell its parameters."""
    try:
        return parameters_of(function)[1:]
    except ValueError:
        return ()


@attrs.frozen
class Lens:
    """A view or a guard, with the rules that it reads. Two are the same if the function and the rules are."""

    function: Callable[..., Hashable]
    rules: tuple[object, ...] = attrs.field(eq=lambda rules: tuple(id(rule) for rule in cast("tuple[object]", rules)))

    def __call__(self, value: Hashable) -> Hashable:
        """What it says of *value*."""
        return self.function(value, *self.rules)


def lens_of(function: Callable[..., Hashable] | None, rules: Mapping[str, object]) -> Lens | None:
    """
    *function* with the rules that its parameters beyond the first name.

    Raises:
        ValueError: One of them is no rule.
    """
    if function is None:
        return None
    wanted = parameters_beyond_first(function)
    missing = [name for name in wanted if name not in rules]
    if missing:
        what = getattr(function, "__name__", str(function))
        raise ValueError(f"{what} reads {', '.join(missing)}, which is no rule of what uses it")
    return Lens(function, tuple(rules[name] for name in wanted))


@attrs.frozen
class Part:
    """
    One component that a reading looks at.

    Attributes:
        place: Which of the parameters it is for.
        is_one_of_several: The parameter stands for several components.
    """

    place: int
    parameter: str
    component: str
    is_one_of_several: bool
    view: Lens | None
    guard: Lens | None


@attrs.frozen
class Bound:
    """
    A reading in its system.

    Attributes:
        parts: The components that it looks at, in the order of its parameters.
        template: Its arguments: rules where they belong, nothing yet where components do.
    """

    reading: Reading
    parts: tuple[Part, ...]
    template: tuple[object, ...]

    def look(self, values: Values) -> tuple[Hashable, ...] | None:
        """What it sees of each part in a state with these *values*; None where a guard rules it out."""
        for part in self.parts:
            if part.guard is not None and not part.guard(values[part.component]):
                return None
        return tuple(part.view(v) if part.view else v for part in self.parts for v in [values[part.component]])

    def arguments(self, seen: Sequence[Hashable]) -> list[object]:
        """The function's arguments, given what it sees of each part."""
        arguments = list(self.template)
        for part, value in zip(self.parts, seen, strict=True):
            if not part.is_one_of_several:
                arguments[part.place] = value
            else:
                so_far = cast("tuple[Hashable, ...]", arguments[part.place])
                arguments[part.place] = (*so_far, value)
        return arguments

    def __call__(self, seen: Sequence[Hashable]) -> object:
        """What the function says, given what it sees of each part."""
        return self.reading.function(*self.arguments(seen))
