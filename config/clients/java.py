"""The values that Kafka's own configuration classes take, and the exceptions that they raise (``ConfigDef``)."""

import re
from collections.abc import Callable, Mapping

from ackproof.config.clients.definitions import Definition
from ackproof.config.pipeline import Setting

CONFIG_EXCEPTION = "org.apache.kafka.common.config.ConfigException"
BITS: Mapping[str, int] = {"SHORT": 16, "INT": 32, "LONG": 64}
RANGE = re.compile(r"\[(-?[0-9.]+),\.\.\.(?:,(-?[0-9.]+))?\]")
WORDS = re.compile(r"(\(case insensitive\) )?\[(.*)\]")
DURATION = re.compile(
    r"[-+]?P(?=.)(?:[-+]?[0-9]+D)?(?:T(?=.)(?:[-+]?[0-9]+H)?(?:[-+]?[0-9]+M)?(?:[-+]?[0-9]+(?:[.,][0-9]{0,9})?S)?)?",
    re.IGNORECASE,
)


def raised(problem: str) -> str:
    """A problem as the client raises it."""
    return f"{CONFIG_EXCEPTION}: {problem}"


def wrapped(side: str, problem: str, exception: str = CONFIG_EXCEPTION) -> str:
    """A problem as the client raises it from within its constructor."""
    outer = f"org.apache.kafka.common.KafkaException: Failed to construct kafka {side}"
    return f"{outer}; caused by {exception}: {problem}"


def refused_value(definition: Definition, value: str) -> str | None:
    """What a client raises for a *value* that it does not take; None if it takes it."""
    problem = invalid(definition, value)
    return raised(problem) if problem else None


def refused_key(setting: Setting, side: str) -> None:
    """A client takes any key."""
    del setting, side


def invalid(definition: Definition, value: str) -> str | None:
    """
    What ``ConfigDef`` says of a *value* that it does not take; None if it takes it.

    Not checked: classes (they may be the user's own), and what only matters to security.
    """
    reason = _unreadable(definition.type, value) or _invalid(definition, value)
    return f"Invalid value {value} for configuration {definition.key}: {reason}" if reason else None


def _unreadable(kind: str, value: str) -> str | None:
    """Why a *value* is not of its type (``ConfigDef.parseType``)."""
    if kind == "BOOLEAN" and value.lower() not in ("true", "false"):
        return "Expected value to be either true or false"
    if kind in BITS and not _fits(value, BITS[kind]):
        return f"Not a number of type {kind}"
    if kind == "DOUBLE" and not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?[dDfF]?", value):
        return f"Not a number of type {kind}"
    return None


def _fits(value: str, bits: int) -> bool:
    return bool(re.fullmatch(r"[-+]?[0-9]{1,40}", value)) and -(2 ** (bits - 1)) <= int(value) < 2 ** (bits - 1)


def _invalid(definition: Definition, value: str) -> str | None:
    """Why the validator refuses a *value* of the right type."""
    valid = definition.valid or ""
    if "by_duration" in valid:
        return _invalid_reset(definition.key, value)
    if valid == "non-empty string":
        return None if value else "String must be non-empty"
    if valid == "[1,...,9] or -1":
        return None if 1 <= int(value) <= 9 or int(value) == -1 else "Value must be between 1 and 9 or equal to -1"
    if found := RANGE.fullmatch(valid):
        return _out_of_range(float(value.rstrip("dDfF")), found[1], found[2])
    check = LISTED.get(definition.type)
    found = WORDS.fullmatch(valid)
    return check(value, found[2], bool(found[1])) if check and found else None


def _out_of_range(value: float, least: str, most: str | None) -> str | None:
    if value < float(least):
        return f"Value must be at least {least}"
    return f"Value must be no more than {most}" if most is not None and value > float(most) else None


def _unlisted(value: str, words: str, ignores_case: bool) -> str | None:
    known = words.split(", ")
    if value in known or (ignores_case and value.upper() in known):
        return None
    return f"String must be one of{' (case insensitive)' if ignores_case else ''}: {words}"


def _unlisted_element(value: str, words: str, ignores_case: bool) -> str | None:
    if words.startswith("[") or words.endswith("..."):
        return None
    refused = (_unlisted(element, words, ignores_case) for element in re.split(r"\s*,\s*", value) if element)
    return next(filter(None, refused), None)


LISTED: Mapping[str, Callable[[str, str, bool], str | None]] = {"STRING": _unlisted, "LIST": _unlisted_element}


def _invalid_reset(key: str, value: str) -> str | None:
    """Source: ``AutoOffsetResetStrategy.Validator``."""
    kind, colon, duration = value.partition(":")
    if value in ("earliest", "latest", "none") or (kind == "by_duration" and colon and DURATION.fullmatch(duration)):
        return None
    either = "'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'"
    return f"Invalid value `{value}` for configuration {key}. The value must be either {either}."
