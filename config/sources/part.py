"""What a file says of one part of a pipeline."""

from collections.abc import Callable, Mapping
from typing import Literal

import attrs

from ackproof.config.pipeline import Setting

Side = Literal["topic", "broker", "producer", "consumer"]


@attrs.frozen
class Slot:
    """
    Where the value of a setting stands in a file, or would.

    Attributes:
        document: Which of the documents of a YAML file, from 0; always 0 in other files.
        path: The keys, or the places in lists, that lead to it: ``("spec", "config", "min.insync.replicas")``.
        before: What stands in the same text before the value: the ``KAFKA_ACKS=`` of an element of a list.
    """

    document: int
    path: tuple[str, ...]
    before: str = ""


def nowhere(_key: str) -> None:
    """No slot: the file is what a tool printed, and nothing in it can be changed."""


@attrs.frozen
class Part:
    """
    What a file says of one part of a pipeline.

    Attributes:
        side: What it configures.
        name: What it is called there: a topic, a service of a compose file, a profile; None where there is one only.
        settings: By the keys of Kafka or of the Java client; of a key that comes twice the last one counts.
        words: What it says of the application, by the keys of a pipeline file: ``commit``, ``instances``.
        implied: Keys of *settings* that nobody gave: the framework sets them, where no other file does.
        kafka: The version of the brokers, if it says so.
        slots: Where the values of *settings* stand, by their keys.
        new_slot: Where a setting would stand that is not there yet.
        instead: How its settings are changed where the file has no slots: the command to run, up to ``KEY=VALUE``.
    """

    side: Side
    name: str | None
    settings: tuple[Setting, ...]
    words: Mapping[str, Setting] = attrs.field(factory=dict[str, Setting])
    implied: frozenset[str] = frozenset()
    kafka: Setting | None = None
    slots: Mapping[str, Slot] = attrs.field(factory=dict[str, Slot])
    new_slot: Callable[[str], Slot | None] = nowhere
    instead: str | None = None

    def slot(self, key: str) -> Slot | None:
        """Where the value of *key* stands, or would; None if that is not for this file to say."""
        return self.slots.get(key) or self.new_slot(key)
