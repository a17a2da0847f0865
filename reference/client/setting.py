"""Settings by Kafka's own keys: each is a field of a class, parsed from text and checked as Kafka does."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import attrs

from ackproof.reference.protocol.request import Address

INTEGER_MAX = 2**31 - 1

S = TypeVar("S", bound=attrs.AttrsInstance)


class ConfigError(ValueError):
    """A setting, or several together, that the client refuses (``ConfigException``)."""


def integer(default: int, least: int | None = 0, most: int = INTEGER_MAX) -> int:
    """A field for a number."""

    def parse(key: str, value: object) -> int:
        try:
            number = int(str(value))
        except ValueError:
            raise _invalid(key, value, "Not a number of type INT") from None
        if least is not None and number < least:
            raise _invalid(key, value, f"Value must be at least {least}")
        if number > most:
            raise _invalid(key, value, f"Value must be no more than {most}")
        return number

    return cast("int", _field(default, parse))


def boolean(default: bool) -> bool:
    """A field for true or false."""

    def parse(key: str, value: object) -> bool:
        word = str(value).strip().lower()
        if word not in ("true", "false"):
            raise _invalid(key, value, "Expected value to be either true or false")
        return word == "true"

    return cast("bool", _field(default, parse))


def one_of(default: str, choices: tuple[str, ...]) -> str:
    """A field for one word of several."""

    def parse(key: str, value: object) -> str:
        if str(value) not in choices:
            raise _invalid(key, value, f"String must be one of: {', '.join(choices)}")
        return str(value)

    return cast("str", _field(default, parse))


def text(default: str | None = None, may_be_empty: bool = True) -> str | None:
    """A field for any text."""

    def parse(key: str, value: object) -> str | None:
        if value is None:
            return None
        if not may_be_empty and not str(value):
            raise _invalid(key, value, "String must be non-empty")
        return str(value)

    return cast("str | None", _field(default, parse))


def addresses(default: tuple[Address, ...] = ()) -> tuple[Address, ...]:
    """A field for a list of ``host:port``."""

    def parse(key: str, value: object) -> tuple[Address, ...]:
        if isinstance(value, tuple):
            return cast("tuple[Address, ...]", value)
        return tuple(_address(key, word.strip()) for word in str(value).split(",") if word.strip())

    return cast("tuple[Address, ...]", _field(default, parse))


def settings_of(kind: type[S], properties: Mapping[str, object]) -> S:
    """
    Settings of some *kind* from values by Kafka's keys; keys that it does not have are ignored, as Kafka does.

    Raises:
        ConfigError: A value that Kafka refuses.
    """
    keys = {key_of(field.name): field.name for field in attrs.fields(kind)}
    return kind(**{keys[key]: value for key, value in properties.items() if key in keys})


def key_of(name: str) -> str:
    """Kafka's key of a field."""
    return name.replace("_", ".")


def _address(key: str, word: str) -> Address:
    host, _, port = word.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"Invalid url in {key}: {word}")
    return Address(host, int(port))


def _field(default: object, parse: Callable[[str, Any], object]) -> object:
    def convert(value: object, field: "attrs.Attribute[object]") -> object:
        return parse(key_of(field.name), value)

    return attrs.field(default=default, converter=attrs.Converter(convert, takes_field=True))


def _invalid(key: str, value: object, why: str) -> ConfigError:
    return ConfigError(f"Invalid value {value} for configuration {key}: {why}")
