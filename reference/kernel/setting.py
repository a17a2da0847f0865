"""Settings by Kafka's own keys: each is a field of a class, read from text and checked as Kafka does."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TypeVar, cast

import attrs

SHORT_MAX = 2**15 - 1
INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1

S = TypeVar("S", bound=attrs.AttrsInstance)


class ConfigError(ValueError):
    """A setting, or several together, that Kafka refuses (``ConfigException``)."""


def integer(default: int, least: int | None = None, most: int = INT_MAX) -> int:
    """A field for a number (INT, or what *most* is the greatest of)."""
    kind = {SHORT_MAX: "SHORT", LONG_MAX: "LONG"}.get(most, "INT")
    return cast("int", setting(kind, default, lambda key, value: _integer(key, value, least, most)))


def integer_or(default: int, least: int, most: int) -> int:
    """A field for a number (INT) in some range, or the default outside of it."""

    def parse(key: str, value: object) -> int:
        number = _integer(key, value, None, INT_MAX)
        if number != default and not least <= number <= most:
            raise invalid(key, value, f"Value must be between {least} and {most} or equal to {default}")
        return number

    return cast("int", setting("INT", default, parse))


def long(default: int, least: int | None = None) -> int:
    """A field for a number (LONG)."""
    return integer(default, least, LONG_MAX)


def optional_integer(most: int = INT_MAX) -> int | None:
    """A field for a number that may be left out."""

    def parse(key: str, value: object) -> int | None:
        return None if value is None else _integer(key, value, None, most)

    return cast("int | None", setting("INT" if most == INT_MAX else "LONG", None, parse))


def fraction(default: float) -> float:
    """A field for a number from 0 to 1 (DOUBLE)."""

    def parse(key: str, value: object) -> float:
        try:
            number = float(str(value))
        except ValueError:
            raise invalid(key, value, "Not a number of type DOUBLE") from None
        if not 0 <= number <= 1:
            raise invalid(key, value, "Value must be between 0 and 1")
        return number

    return cast("float", setting("DOUBLE", default, parse))


def boolean(default: bool) -> bool:
    """A field for true or false."""

    def parse(key: str, value: object) -> bool:
        word = str(value).strip().lower()
        if word not in ("true", "false"):
            raise invalid(key, value, "Expected value to be either true or false")
        return word == "true"

    return cast("bool", setting("BOOLEAN", default, parse))


def one_of(default: str, *choices: str, ignores_case: bool = False) -> str:
    """A field for one word of several."""

    def parse(key: str, value: object) -> str:
        word = str(value).strip()
        found = word in choices or (ignores_case and word.lower() in choices)
        if not found:
            raise invalid(key, value, f"String must be one of: {', '.join(choices)}")
        return word.lower() if ignores_case else word

    return cast("str", setting("STRING", default, parse))


def some_of(default: tuple[str, ...], *choices: str) -> tuple[str, ...]:
    """A field for some words of several, with commas between them."""

    def parse(key: str, value: object) -> tuple[str, ...]:
        words = cast("tuple[str, ...]", value) if isinstance(value, tuple) else tuple(_words(str(value)))
        if not words or not set(words) <= set(choices):
            raise invalid(key, ",".join(words), f"Each must be one of: {', '.join(choices)}")
        return words

    return cast("tuple[str, ...]", setting("LIST", default, parse))


def text(default: str | None = None, *, may_be_empty: bool = True) -> str | None:
    """A field for any text."""

    def parse(key: str, value: object) -> str | None:
        if value is None:
            return None
        if not may_be_empty and not str(value):
            raise invalid(key, value, "String must be non-empty")
        return str(value)

    return cast("str | None", setting("STRING", default, parse))


def settings_of(kind: type[S], values: Mapping[str, object], *, ignores_unknown: bool = False) -> S:
    """
    Settings of some *kind* from values by Kafka's keys.

    Raises:
        ConfigError: A key that *kind* does not have, unless such are ignored, or a value that Kafka refuses.
    """
    names = {key_of(field.name): field.name for field in attrs.fields(kind)}
    for key in values:
        if key not in names and not ignores_unknown:
            near = get_close_matches(key, names, 1)
            raise ConfigError(f"unknown setting {key}={values[key]}{f', perhaps {near[0]}' if near else ''}")
    return kind(**{names[key]: value for key, value in values.items() if key in names})


def key_of(name: str) -> str:
    """Kafka's key of a field."""
    return name.replace("_", ".")


def text_of(value: object) -> str | None:
    """A value as Kafka writes it; None where there is none."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(cast("tuple[str, ...]", value))
        case _:
            return str(value)


def kind_of(kind: type[attrs.AttrsInstance], key: str) -> str:
    """The type of the setting *key*, by Kafka's word for it."""
    return str(attrs.fields_dict(kind)[key.replace(".", "_")].metadata["kind"])


def invalid(key: str, value: object, why: str) -> ConfigError:
    """What a value that Kafka refuses raises."""
    return ConfigError(f"Invalid value {value} for configuration {key}: {why}")


def _integer(key: str, value: object, least: int | None, most: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise invalid(key, value, f"Not a number of type {'LONG' if most == LONG_MAX else 'INT'}") from None
    if least is not None and number < least:
        raise invalid(key, value, f"Value must be at least {least}")
    if number > most:
        raise invalid(key, value, f"Value must be no more than {most}")
    return number


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def setting(kind: str, default: object, parse: Callable[[str, object], object]) -> object:
    """A field of a *kind*, by Kafka's word for it, whose values *parse* reads and checks; it is handed the key too."""

    def convert(value: object, field: "attrs.Attribute[object]") -> object:
        return parse(key_of(field.name), value)

    return attrs.field(default=default, converter=attrs.Converter(convert, takes_field=True), metadata={"kind": kind})
