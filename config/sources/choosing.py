"""Which of the parts in a file are meant."""

from collections.abc import Iterator, Sequence

from ackproof.config.files.nearest import did_you_mean
from ackproof.config.sources.broker_keys import in_common
from ackproof.config.sources.part import Part, Side

Sides = Sequence[Side]
WHAT_IS_READ = (
    "; what is read of such a file is Spring Boot's spring.kafka, Strimzi's Kafka and KafkaTopic, or compose services: "
    "write a client's own keys into a properties file"
)
"""What to do about a file of YAML, or an application's, in which nothing is known."""


class NotClearError(ValueError):
    """A file has nothing of what is asked for, or more than one."""


def chosen(parts: Sequence[Part], sides: Sides, name: str | None) -> tuple[Part, ...]:
    """
    The parts of the *sides* that are meant: that of the *name*, and of other sides all, if they say the same.

    Raises:
        NotClearError: There is none, or it is not clear which.
    """
    of_sides = [part for part in parts if part.side in sides]
    if not of_sides:
        raise NotClearError(f"says nothing of a {' or a '.join(sides)}{_but(parts)}")
    names = list(dict.fromkeys(part.name for part in of_sides if part.name is not None))
    if name is not None and name not in names:
        raise NotClearError(
            f"has no {' or '.join(sides)} {name}; {did_you_mean(name, names) if names else 'it has one'}"
        )
    return tuple(_of_each(of_sides, sides, name))


def _of_each(parts: Sequence[Part], sides: Sides, name: str | None) -> Iterator[Part]:
    for side in sides:
        found = [part for part in parts if part.side == side]
        names = list(dict.fromkeys(part.name for part in found))
        # A part without a name is what goes for all that is not said under another one.
        if meant := [part for part in found if part.name == name] or [part for part in found if part.name is None]:
            yield from meant
        elif len(names) == 1 or len({in_common(part.settings) for part in found}) == 1:
            yield from found
        elif found and name is None:
            all_names = " and ".join(map(str, names))
            raise NotClearError(f"has the {side}s {all_names}: say which, as in FILE#{names[0]}")


def _but(parts: Sequence[Part]) -> str:
    sides = dict.fromkeys(part.side for part in parts)
    return f", only of a {' and a '.join(sides)}" if sides else WHAT_IS_READ
