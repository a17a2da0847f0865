"""One table of a pipeline file, read key by key: what has the wrong type, or was never asked for, is a problem."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar, cast

import attrs

from ackproof.config.files.nearest import did_you_mean
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting

Word = TypeVar("Word", bound=str)
LARGEST = 2**63


@attrs.define
class Section:
    """
    A table and where it stands.

    Attributes:
        path: Its name with dots; empty for the file as a whole.
        is_given: Whether the file has it.
        asked: The keys that were asked for, and so are known.
    """

    path: str
    values: Mapping[str, object]
    file: str | None
    lines: Mapping[str, int]
    remarks: Remarks
    is_given: bool = True
    asked: dict[str, None] = attrs.Factory(dict[str, None])

    @property
    def place(self) -> Place:
        """Where the table begins."""
        return Place(self.file, self.lines.get(self.path))

    def place_of(self, key: str) -> Place:
        """Where a key stands; the table, if it is left out."""
        path = self.path_of(key)
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return Place(self.file, self.lines.get(path))

    def path_of(self, key: str) -> str:
        """A key with the tables that it is in."""
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, message: str) -> None:
        """Remember that a key, or its value, is wrong."""
        self.remarks.refuse(self.path_of(key), message, self.place_of(key))

    def take(self, key: str) -> object:
        """The value of *key*; None if it is left out."""
        self.asked[key] = None
        return self.values.get(key)


def table(section: Section, key: str) -> Section:
    """The table *key* within *section*, empty if it is left out."""
    value = section.take(key)
    if value is not None and not isinstance(value, dict):
        section.refuse(key, f"{section.path_of(key)} must be a table, not {shown(value)}")
        value = None
    values = cast("dict[str, object]", value or {})
    return Section(section.path_of(key), values, section.file, section.lines, section.remarks, value is not None)


def text(section: Section, key: str) -> str | None:
    """The text at *key*."""
    value = section.take(key)
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    section.refuse(key, f"{section.path_of(key)} must be text in quotes, not {shown(value)}")
    return None


def choice(section: Section, key: str, words: Sequence[Word]) -> Word | None:
    """One of the *words* at *key*."""
    value = text(section, key)
    found = [word for word in words if word == value]
    if value is not None and not found:
        section.refuse(key, f"{section.path_of(key)} can not be {value}; {did_you_mean(value, words)}")
    return found[0] if found else None


def whole_number(section: Section, key: str, least: int, default: int) -> int:
    """The whole number at *key*."""
    value = section.take(key)
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool) and least <= value < LARGEST:
        return value
    section.refuse(key, f"{section.path_of(key)} must be a whole number of at least {least}, not {shown(value)}")
    return default


def seconds(section: Section, key: str, default: float) -> float:
    """A number of seconds above zero at *key*."""
    value = section.take(key)
    if value is None:
        return default
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < LARGEST:
        return float(value)
    section.refuse(key, f"{section.path_of(key)} must be a number of seconds above 0, not {shown(value)}")
    return default


def words(section: Section, key: str, known: Sequence[str], what: str) -> tuple[str, ...] | None:
    """The list of *known* words at *key*, each once; None if it is left out or no list."""
    value = section.take(key)
    if value is None:
        return None
    if not isinstance(value, list):
        section.refuse(key, f"{section.path_of(key)} must be a list, not {shown(value)}")
        return None
    return checked_words(cast("list[object]", value), known, what, section.path_of(key), section)


def checked_words(
    given: Sequence[object], known: Sequence[str], what: str, key: str, section: Section
) -> tuple[str, ...]:
    """Those of the *given* words that are *known*; the others are problems."""
    for word in given:
        if word not in known:
            hint = did_you_mean(word, known) if isinstance(word, str) else f"known are {', '.join(known)}"
            at = section.place_of(key.rpartition(".")[2])
            section.remarks.refuse(key, f"there is no {what} {shown(word)}; {hint}", at)
    return tuple(dict.fromkeys(word for word in given if isinstance(word, str) and word in known))


def settings(section: Section) -> list[Setting]:
    """Every setting in a table of settings. A key without quotes may have become tables within tables."""
    found: list[Setting] = []
    for key, value in flat(section.values):
        section.take(key.partition(".")[0])
        as_text = setting_text(value)
        if as_text is None:
            section.refuse(key, f"{key} can not be {shown(value)}")
        else:
            place = section.place_of(key)
            found.append(Setting(key, as_text, place.file, place.line))
    return found


def setting_text(value: object) -> str | None:
    """A value as it would stand in a properties file; None if it has no such form."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return value
        case int():
            return str(value) if -LARGEST <= value < LARGEST else None
        case float() | datetime.date() | datetime.time():
            return str(value)
        case list():
            elements = [setting_text(element) for element in cast("list[object]", value)]
            return None if None in elements else ",".join(element or "" for element in elements)
        case _:
            return None


def refuse_unknown(section: Section) -> None:
    """Each key that nobody asked for is a problem."""
    for key in section.values:
        if key not in section.asked:
            kind = "table" if isinstance(section.values[key], dict) and not section.path else "key"
            section.refuse(key, f"unknown {kind} {section.path_of(key)}; {did_you_mean(key, section.asked)}")


def shown(value: object) -> str:
    """A value as a message shows it: short, and in TOML's words."""
    match value:
        case str():
            return repr(value if len(value) < 80 else f"{value[:77]}...")
        case dict():
            return "a table"
        case list():
            return "a list"
        case int() if not isinstance(value, bool) and abs(value) >= LARGEST:
            return "a number beyond 64 bits"
        case _:
            return setting_text(value) or "nothing"


def flat(values: Mapping[str, object], path: str = "") -> Iterator[tuple[str, object]]:
    """The values of a table by their keys with dots, however much of them TOML took for tables."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat(cast("dict[str, object]", value), f"{path}{key}.")
        else:
            yield f"{path}{key}", value
