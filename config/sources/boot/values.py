"""
The types that Spring Boot converts the values of properties to, each back to text as Kafka reads it.

None is a value that leaves the property unset. Source: ``DurationStyle``, ``DataSize``, ``StringToBooleanConverter``,
``LenientObjectToEnumConverterFactory``.
"""

import re
from collections.abc import Callable, Mapping

from ackproof.config.sources.boot.names import uniform

Convert = Callable[[str], str | None]

SIMPLE = re.compile(r"([+-]?[0-9]{1,18})([a-zA-Z]{0,2})")
ISO = re.compile(
    r"([-+]?)P(?=.)(?:([-+]?[0-9]+)D)?"
    r"(?:T(?=.)(?:([-+]?[0-9]+)H)?(?:([-+]?[0-9]+)M)?(?:([-+]?[0-9]+)(?:[.,]([0-9]{0,9}))?S)?)?",
    re.IGNORECASE,
)
MILLISECOND = 1_000_000
SECOND = 1000 * MILLISECOND
NANOSECONDS: Mapping[str, int] = {
    "": MILLISECOND,
    "ns": 1,
    "us": 1000,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86_400 * SECOND,
}
BYTES: Mapping[str, int] = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
BOOLEANS: Mapping[str, str] = {
    **dict.fromkeys(("true", "on", "yes", "1"), "true"),
    **dict.fromkeys(("false", "off", "no", "0"), "false"),
}


def text(value: str) -> str:
    """Text is what it is."""
    return value


def number(value: str) -> str | None:
    """A whole number; Kafka says if it is none, in the same way."""
    return value.strip() or None


def count(value: str) -> str | None:
    """
    A number above zero.

    Raises:
        ValueError: it is none.
    """
    plain = value.strip()
    if plain and (not re.fullmatch("[0-9]{1,9}", plain) or int(plain) == 0):
        raise ValueError(f"{value!r} is no number above 0")
    return plain or None


def boolean(value: str) -> str | None:
    """
    A truth value.

    Raises:
        ValueError: it is none.
    """
    plain = value.strip().lower()
    if plain and plain not in BOOLEANS:
        raise ValueError(f"{value!r} is no truth value")
    return BOOLEANS.get(plain)


def milliseconds(value: str) -> str | None:
    """
    A duration: a number of milliseconds, one with its unit, or one of ISO 8601.

    Raises:
        ValueError: it is none of them.
    """
    if not value:
        return None
    simple, iso = SIMPLE.fullmatch(value), ISO.fullmatch(value)
    if simple and simple[2].lower() in NANOSECONDS:
        return _int(int(simple[1]) * NANOSECONDS[simple[2].lower()] // MILLISECOND)
    if iso:
        return _int(_nanoseconds(iso) // MILLISECOND)
    raise ValueError(f"{value!r} is no duration: 5000, 5s and PT5S are")


def _nanoseconds(iso: re.Match[str]) -> int:
    days, hours, minutes, seconds = (int(iso[group] or 0) for group in range(2, 6))
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    fraction = int((iso[6] or "0").ljust(9, "0"))
    sign = -1 if (iso[5] or "").startswith("-") else 1
    return (-1 if iso[1] == "-" else 1) * (whole * SECOND + sign * fraction)


def size_bytes(value: str) -> str | None:
    """
    A size: a number of bytes, or one with its unit, in capital letters.

    Raises:
        ValueError: it is neither.
    """
    found = SIMPLE.fullmatch("".join(value.split()))
    if not value:
        return None
    if not found or found[2] not in BYTES:
        raise ValueError(f"{value!r} is no size: 16384, 16KB and 1MB are")
    return str(int(found[1]) * BYTES[found[2]])


def int_bytes(value: str) -> str | None:
    """A size that becomes an ``int`` of Java (``PropertyMapper.Source.asInt``)."""
    found = size_bytes(value)
    return None if found is None else _int(int(found))


def _int(value: int) -> str:
    """What is left of a number in 32 bits: Java keeps the lowest ones."""
    return str((value + 2**31) % 2**32 - 2**31)


def one_of(*words: str) -> Convert:
    """
    One of the constants of an enumeration, whatever its separators and letters.

    The function raises ValueError for any other.
    """
    known = {uniform(word): word for word in words}

    def convert(value: str) -> str | None:
        if value.strip() and uniform(value) not in known:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")
        return known.get(uniform(value))

    return convert
