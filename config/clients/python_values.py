"""The values that clients in Python take. They check few of them, so what can not be judged is refused in our words."""

import re

from ackproof.config.clients.definitions import Definition
from ackproof.config.pipeline import Acks

NUMBER = re.compile(r"[-+]?[0-9]{1,18}")


def literal(value: str) -> str:
    """A value as it stands in a Python program."""
    if NUMBER.fullmatch(value):
        return value
    return value.capitalize() if value.lower() in ("true", "false", "none") else repr(value)


def wrong_type(definition: Definition, value: str) -> str | None:
    """Why a *value* can not be meant for a key of that type."""
    key = definition.key
    match definition.type:
        case "bool" if value.lower() not in ("true", "false"):
            return f"{key} must be True or False, not {literal(value)}"
        case "int" if not NUMBER.fullmatch(value):
            return f"{key} must be a whole number, not {literal(value)}"
        case "int or inf" if not NUMBER.fullmatch(value) and value != "inf":
            return f"{key} must be a number, not {literal(value)}"
        case _:
            return None


def acks_of(value: str | None) -> Acks:
    """The meaning of a valid value of acks."""
    return "0" if value == "0" else "1" if value == "1" else "all"
