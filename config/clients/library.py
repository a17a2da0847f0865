"""What a client library makes of its settings: which it knows, which values it takes, what it refuses."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import attrs

from ackproof.config.clients.definitions import Definition, definitions, ever_known
from ackproof.config.files.nearest import near_miss
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Acks, Place, Setting
from ackproof.config.versions import Version

Side = Literal["producer", "consumer"]
UNLIMITED = 2**31 - 1


@attrs.frozen
class Settings:
    """Every setting of one client: as given, else by default."""

    by_key: Mapping[str, Setting]

    def text(self, key: str) -> str | None:
        """The value of *key*; None if it has none, or the release does not know it."""
        return self.by_key[key].value if key in self.by_key else None

    def number(self, key: str) -> int:
        """The whole number at *key*; ``inf`` is as many as there can be."""
        value = self.text(key) or "0"
        return UNLIMITED if value == "inf" else int(value.partition(".")[0] or 0)

    def flag(self, key: str) -> bool:
        """Whether *key* is on; ``t`` and ``1`` are librdkafka's."""
        return (self.text(key) or "").lower() in ("true", "t", "1")

    def is_given(self, key: str) -> bool:
        """Whether the user set *key*."""
        return self.place(key) != Place()

    def place(self, key: str) -> Place:
        """Where *key* was given."""
        return self.by_key[key].place if key in self.by_key else Place()

    def name(self, key: str) -> str:
        """The key as the user wrote it, who may have used an alias."""
        return self.by_key[key].key if key in self.by_key else key

    def given(self, keys: Iterable[str]) -> list[str]:
        """Those of the *keys* that the user set."""
        return [key for key in keys if self.is_given(key)]


@attrs.frozen
class Delivery:
    """How a producer delivers, after the client has made its settings fit together."""

    acks: Acks
    is_idempotent: bool
    max_in_flight: int
    retries: int


@attrs.frozen
class Library:
    """
    One client library.

    Attributes:
        releases: Those whose settings are known, oldest first.
        tables: The names of the tables of its keys.
        matters: The keys on which a verdict can depend: a slip in one of them is not passed over.
        refused_value: What the client says of a value that it does not take; None if it takes it.
        refused_key: What the client says of a key that it does not know; None if it takes it.
        spell: How the library writes a key that Java writes with dots.
        delivery: Checks how a producer's settings fit together.
        membership: Checks how a consumer's settings fit together.
        known_since: Of keys that earlier releases do not know, the first that does, where the tables do not say so.
        wrappers: How keys begin that a wrapper takes for itself and does not hand on.
    """

    name: str
    releases: tuple[str, ...]
    tables: Mapping[Side, str]
    matters: Mapping[Side, tuple[str, ...]]
    refused_value: Callable[[Definition, str], str | None]
    refused_key: Callable[[Setting, Side], str | None]
    spell: Callable[[str], str]
    delivery: Callable[[Settings, Version, Remarks], Delivery]
    membership: Callable[[Settings, Version, Remarks], None]
    known_since: Mapping[str, Version] = {}
    wrappers: tuple[str, ...] = ()


def resolved(library: Library, side: Side, version: Version, given: Iterable[Setting], remarks: Remarks) -> Settings:
    """
    The settings of one client, those *given* and the defaults of its version.

    A value that the client refuses is a problem, and its default stands in for it so that the rest can be checked.
    """
    known = definitions(library.tables[side], version)
    settings = {key: Setting(key, known[key].default) for key in known if known[key].alias_of is None}
    names = {key: definition.alias_of or key for key, definition in known.items()}
    for key, setting in last_of_each(given, names).items():
        definition = known.get(setting.key)
        if definition is None or version < library.known_since.get(setting.key, version):
            _unknown(library, side, setting, known, remarks)
        elif _takes(library, side, definition, setting, remarks):
            settings[key] = setting
    return Settings(settings)


def last_of_each(given: Iterable[Setting], names: Mapping[str, str]) -> Mapping[str, Setting]:
    """
    The settings that count: of each key the last one, without space around its value.

    Args:
        names: The key that each known key is a name of.
    """
    return {
        names.get(setting.key, setting.key): attrs.evolve(setting, value=(setting.value or "").strip())
        for setting in given
    }


def _takes(library: Library, side: Side, definition: Definition, setting: Setting, remarks: Remarks) -> bool:
    """Whether a *setting* whose key is known counts."""
    if definition.used_by not in (None, side):
        remarks.note(setting.key, f"a {definition.used_by} setting, which this {side} ignores", setting.place)
        return False
    refused = library.refused_value(definition, setting.value or "")
    if refused is not None:
        remarks.refuse(setting.key, refused, setting.place)
    return refused is None


def _unknown(library: Library, side: Side, setting: Setting, known: Mapping[str, Definition], remarks: Remarks) -> None:
    if setting.key.startswith(library.wrappers):
        remarks.note(setting.key, "a wrapper takes it for itself: the client does not see it", setting.place)
        return
    refused = library.refused_key(setting, side)
    elsewhere = setting.key in ever_known(tuple(library.tables.values()))
    meant = None if elsewhere else near_miss(setting.key, [key for key in library.matters[side] if key in known])
    if meant is not None:
        said = f" ({refused})" if refused else ""
        hint = f"; did you mean {meant}?{said}{_whose(setting.key)}"
        remarks.refuse(setting.key, f"unknown key {setting.key}{hint}", setting.place)
    elif refused is not None:
        remarks.refuse(setting.key, refused, setting.place)
    else:
        supplied = f"These configurations '[{setting.key}]' were supplied but are not used yet."
        whose = _whose(setting.key)
        remarks.note(setting.key, f"the client does not know this key: {supplied}{whose}", setting.place)


def _whose(key: str) -> str:
    """The end of a message about a *key* that Java's clients do not know, and librdkafka does."""
    is_of_librdkafka = key in ever_known(("librdkafka",)) - ever_known(("java-producer", "java-consumer"))
    return ' It is one of librdkafka: client = "librdkafka"' if is_of_librdkafka else ""
