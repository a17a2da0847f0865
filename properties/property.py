"""Properties: statements about one state, which name the components that they look at."""

import inspect
from collections.abc import Callable, Hashable, Mapping

import attrs

from ackproof.model.reading import Bound, Functions, Reading, parameters_of
from ackproof.model.system import System


@attrs.frozen(kw_only=True)
class Property(Reading):
    """
    A statement about a state. Its parameters name components or rules; where a guard rules it out, it is true.

    Attributes:
        says: The statement, one positive sentence in the present tense; reports print it.
        source: Where Kafka says so.
    """

    name: str
    says: str
    source: str

    def __call__(self, values: Mapping[str, Hashable]) -> bool:
        """Whether it is true of the components and rules *values*."""
        bound = self.bind(values.keys(), values)
        return is_true(bound, bound.look(values))

    def within(self, system: System) -> Bound:
        """The statement about states of *system*."""
        return self.bind(system.initial.keys(), system.rules)


def is_true(bound: Bound, seen: tuple[Hashable, ...] | None) -> bool:
    """Whether the statement is true of what it sees; where a guard has ruled it out it is."""
    return seen is None or bool(bound(seen))


def always(
    source: str, *, when: Functions | None = None, sees: Functions | None = None
) -> Callable[[Callable[..., bool]], Property]:
    """Make a property of a function: it is to hold in every state."""

    def wrap(holds: Callable[..., bool]) -> Property:
        says = inspect.cleandoc(holds.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        parameters = parameters_of(holds)
        return Property(
            function=holds,
            parameters=parameters,
            reads=parameters,
            when=when or {},
            sees=sees or {},
            name=holds.__name__,
            says=says,
            source=source,
        )

    return wrap


def sometimes(source: str) -> Callable[[Callable[..., bool]], Property]:
    """Make a property of a function: some state is to satisfy it, else what stands beside it is empty."""
    return always(source)
