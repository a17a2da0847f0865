"""What the tables ``[producer]`` and ``[consumer]`` have in common: a client and its settings."""

from collections.abc import Mapping

import attrs

from ackproof.config.clients.libraries import library_in
from ackproof.config.clients.library import Library, Settings, Side, resolved
from ackproof.config.files.section import Section, settings, table
from ackproof.config.pipeline import Client, Place, Setting
from ackproof.config.sources.drafting import words_in
from ackproof.config.sources.reading import parts_of, settings_in
from ackproof.config.versions import Version, parts


@attrs.frozen
class Configured:
    """
    A client with its settings, which are looked up by the words of Java.

    Attributes:
        words: What the files of the settings say of the application.
    """

    library: Library
    client: Client
    settings: Settings
    words: Mapping[str, Setting]

    def text(self, key: str) -> str | None:
        """The value of *key*; None if it has none, or the client does not know it."""
        return self.settings.text(self.library.spell(key))

    def flag(self, key: str) -> bool:
        """Whether *key* is on."""
        return self.settings.flag(self.library.spell(key))

    def is_given(self, key: str) -> bool:
        """Whether the user set *key*."""
        return self.settings.is_given(self.library.spell(key))

    def place(self, key: str) -> Place:
        """Where *key* was given."""
        return self.settings.place(self.library.spell(key))


def client_in(section: Section, side: Side, kafka: Version) -> Configured:
    """The client of a table, with the settings of ``config`` before those of the files ``properties``."""
    library, client = library_in(section, kafka)
    named = parts_of(section, (side,))
    given = [*settings_in(named), *settings(table(section, "config"))]
    found = resolved(library, side, parts(client.version), given, section.remarks)
    return Configured(library, client, found, words_in(named))


def note_assumed(section: Section, assumed: Mapping[str, str]) -> None:
    """Say in one notice what is taken for granted about the application."""
    left_out = [f"{key} = {value}" for key, value in assumed.items() if key not in section.values]
    if left_out:
        section.remarks.note(section.path, f"assumed about the application: {', '.join(left_out)}", section.place)
