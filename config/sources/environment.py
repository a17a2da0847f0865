"""
Environment variables that configure a broker in a container.

Source: ``KafkaDockerWrapper.getServerConfigsFromEnv`` (apache/kafka); Confluent's cp-kafka reads them the same way,
Bitnami's and its successors after ``KAFKA_CFG_``.
"""

import re
from collections.abc import Iterable

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.broker_keys import CLOSE_TO_A_VERDICT, is_kafka
from ackproof.config.sources.part import Part, Slot

PREFIXES = ("KAFKA_CFG_", "KAFKA_")
REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)(?::?([-?+])([^}]*))?\})")
"""``$NAME``, ``${NAME}``, ``${NAME:-default}``; two dollars are one."""


@attrs.frozen
class Variable:
    """A variable as it is set: its name, its value, and where that stands."""

    name: str
    value: str
    line: int
    slot: Slot


def broker_of(variables: Iterable[Variable], name: str | None, file: str, kafka: Setting | None) -> Part | None:
    """The broker that *variables* configure; None if they configure none."""
    found = {
        key: variable
        for variable in variables
        if variable.name.startswith("KAFKA_") and is_kafka(key := broker_key(variable.name))
    }
    if not found:
        return None
    prefix = "KAFKA_CFG_" if any(each.name.startswith("KAFKA_CFG_") for each in found.values()) else "KAFKA_"
    beside = next(iter(found.values())).slot

    def new_slot(key: str) -> Slot:
        variable = f"{prefix}{_upper(key)}"
        return next_to(beside, variable)

    return Part(
        "broker",
        name,
        tuple(Setting(key, each.value, file, each.line) for key, each in found.items()),
        kafka=kafka,
        slots={key: each.slot for key, each in found.items()},
        new_slot=new_slot,
    )


def broker_key(variable: str) -> str:
    """The broker's key that a variable sets."""
    plain = next(variable.removeprefix(prefix) for prefix in PREFIXES if variable.startswith(prefix))
    return plain.lower().replace("_", ".").replace("...", "-").replace("..", "_")


def next_to(slot: Slot, variable: str) -> Slot:
    """Where another *variable* would stand beside one that is there: in the same mapping, or in the same list."""
    *above, last = slot.path
    if last.startswith("["):
        return Slot(slot.document, (*above, "[]"), f"{variable}=")
    return Slot(slot.document, (*above, variable))


def interpolated(value: str, at: Place, key: str, remarks: Remarks) -> str | None:
    """
    The *value* with what it refers to by its default, with a notice; None where it has none, so that it is unknown.

    That is a problem if verdicts depend on the *key*, which is a variable's name.

    Source: the interpolation of the Compose Specification.
    """
    unknown: list[str] = []

    def replaced(reference: re.Match[str]) -> str:
        dollar, plain, braced, how, word = reference.groups()
        if dollar:
            return "$"
        if how == "-":
            remarks.note(key, f"depends on ${braced}: taken as {word or 'nothing'}, its default", at)
            return str(word)
        unknown.append(plain or braced)
        return ""

    found = REFERENCE.sub(replaced, value)
    for name in unknown:
        message = f"depends on ${name}, which the file does not say"
        if key.startswith("KAFKA_") and broker_key(key) in CLOSE_TO_A_VERDICT:
            remarks.refuse(key, f"{key} {message}: give it a default, as in ${{{name}:-VALUE}}", at)
        else:
            remarks.note(key, f"{message}: left out", at)
    return None if unknown else found


def _upper(key: str) -> str:
    return key.replace("_", "__").replace("-", "___").replace(".", "_").upper()
