"""Properties: statements about one state, which name the components that they look at."""

import inspect
from collections.abc import Callable, Mapping

import attrs


@attrs.frozen
class Property:
    """
    A statement about a state.

    Attributes:
        says: The statement, one positive sentence in the present tense; reports print it.
        holds: Whether it is true; its parameters name components or rules.
        source: Where Kafka says so.
    """

    name: str
    says: str
    holds: Callable[..., bool] = attrs.field(repr=False)
    reads: tuple[str, ...]
    source: str

    def __call__(self, values: Mapping[str, object]) -> bool:
        """Whether it is true of the components and rules *values*."""
        return self.holds(*(values[name] for name in self.reads))


def always(source: str) -> Callable[[Callable[..., bool]], Property]:
    """Make a property of a function: it is to hold in every state."""

    def wrap(holds: Callable[..., bool]) -> Property:
        says = inspect.cleandoc(holds.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        return Property(holds.__name__, says, holds, tuple(inspect.signature(holds).parameters), source)

    return wrap


def sometimes(source: str) -> Callable[[Callable[..., bool]], Property]:
    """Make a property of a function: some state is to satisfy it, else what stands beside it is empty."""
    return always(source)
