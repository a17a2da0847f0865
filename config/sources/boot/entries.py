"""Properties as they are written, and the layers of them, of which a later one counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place
from ackproof.config.sources.boot.names import KAFKA, Name, identity
from ackproof.config.sources.part import Slot


def _plain(entry: "Entry") -> Name:
    return identity(entry.name)


@attrs.frozen
class Entry:
    """
    One property.

    Attributes:
        key: As it is written.
        name: Its elements, in their spelling.
        plain: What all spellings of its name have in common.
        slot: None where its value can not be changed: it can not be told from others in the file, or is in another.
    """

    key: str
    name: Name
    value: str
    place: Place
    slot: Slot | None
    plain: Name = attrs.field(init=False, default=attrs.Factory(_plain, takes_self=True))

    @property
    def is_of_kafka(self) -> bool:
        """Whether it is about Kafka."""
        return self.plain[: len(KAFKA)] == KAFKA


@attrs.frozen
class Layer:
    """
    The properties that count together: a document of a file, or an environment.

    Attributes:
        new_slot: Where a property would stand that is not there yet.
        profile: The profile that the file as a whole is of.
    """

    entries: tuple[Entry, ...]
    new_slot: Callable[[Name], Slot | None]
    profile: str | None = None

    @property
    def is_of_kafka(self) -> bool:
        """Whether it says anything about Kafka."""
        return any(entry.is_of_kafka for entry in self.entries)

    def under(self, *above: str) -> Iterator[tuple[Name, Entry]]:
        """The entries at and under a name, each with the rest of its own in uniform spelling."""
        for entry in self.entries:
            if entry.plain[: len(above)] == above:
                yield entry.plain[len(above) :], entry


def effective(layers: Iterable[Layer], remarks: Remarks) -> Mapping[Name, Entry]:
    """The entries that count, by their identity: of each the one in the last of the *layers* that has it."""
    found: dict[Name, Entry] = {}
    for layer in layers:
        found |= _of_layer(layer, remarks)
    return found


def _of_layer(layer: Layer, remarks: Remarks) -> Mapping[Name, Entry]:
    """
    The entries of one layer that count: of a key that comes twice the last one.

    Two spellings of one property with different values are a problem: which one counts, Spring Boot leaves to a hash
    table (``SpringIterableConfigurationPropertySource``).
    """
    spellings: dict[Name, dict[str, Entry]] = {}
    for entry in layer.entries:
        spellings.setdefault(entry.plain, {})[entry.key] = entry
    return {name: _one_of(tuple(entries.values()), remarks) for name, entries in spellings.items()}


def _one_of(entries: tuple[Entry, ...], remarks: Remarks) -> Entry:
    first, last = entries[0], entries[-1]
    if last.is_of_kafka and len({entry.value for entry in entries}) > 1:
        message = f"{first.key} and {last.key} are the same property, with different values"
        remarks.refuse(last.key, message, last.place)
    return last
