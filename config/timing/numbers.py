"""The numbers of a client's configuration that time decides on, as they are in force."""

from collections.abc import Iterator, Mapping

import attrs

from ackproof.config.clients.libraries import LIBRARIES
from ackproof.config.clients.library import Settings
from ackproof.config.pipeline import Client, Setting, Timing
from ackproof.proofs.timing.setting import LARGEST_INT, Key

LARGEST_LONG = 2**63 - 1


@attrs.frozen
class Numbers:
    """A client's settings, looked up by the words of Java."""

    client: Client
    settings: Settings
    timing: Timing

    @classmethod
    def of(cls, client: Client, settings: Mapping[str, Setting], timing: Timing) -> "Numbers":
        """Those of a *client*."""
        return cls(client, Settings(settings), timing)

    def name(self, key: str) -> str:
        """The key as the client's user writes it."""
        return self.settings.name(LIBRARIES[self.client.name].spell(key))

    def has(self, key: str) -> bool:
        """Whether the key has a value."""
        return self.settings.text(LIBRARIES[self.client.name].spell(key)) is not None

    def is_given(self, key: str) -> bool:
        """Whether the user set it."""
        return self.settings.is_given(LIBRARIES[self.client.name].spell(key))

    def number(self, key: str) -> int:
        """Its value."""
        return self.settings.number(LIBRARIES[self.client.name].spell(key))

    def key(self, key: str, value: int | None = None, *, least: int = 1, most: int = LARGEST_INT) -> Key:
        """A number of the configuration, with the *value* that is in force where that is another."""
        return Key(self.name(key), self.number(key) if value is None else value, least, most)

    def first(self, *keys: str) -> str:
        """The first of the *keys* that the client has."""
        return next((key for key in keys if self.has(key)), keys[-1])

    def measured(self, count: str) -> Iterator[tuple[str, Key]]:
        """A count of ``[timing]``, if it is there."""
        if count in self.timing.counts:
            yield count, Key(f"timing.{count}", self.timing.counts[count])
