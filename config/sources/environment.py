"""
Environment variables that configure a broker in a container.

Source: ``KafkaDockerWrapper.getServerConfigsFromEnv`` (apache/kafka); Confluent's cp-kafka reads them the same way,
Bitnami's and its successors after ``KAFKA_CFG_``.
"""

import re
from collections.abc import Iterable, Mapping

import attrs

from ackproof.config.document import SECRET
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.broker_keys import CLOSE_TO_A_VERDICT, instead_of, is_meant
from ackproof.config.sources.part import Part, Slot

KAFKA, KAFKA_CFG = "KAFKA_", "KAFKA_CFG_"
REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)(?:(:?)([-?+])([^}$]*))?\})")
"""``$NAME``, ``${NAME}``, ``${NAME:-default}``; two dollars are one."""

Known = Mapping[str, Setting]
"""Variables that are said beside the file, by their names."""
NOTHING: Known = {}


@attrs.frozen
class Variable:
    """
    A variable as it is set.

    Attributes:
        slot: Where its value stands, or would if another one is to be in force.
        file: What says so, if that is not the file that the variables are read of.
    """

    name: str
    value: str
    line: int
    slot: Slot
    file: str | None = None

    def at(self, file: str) -> Place:
        """Where it is set, of those that are read of a *file*."""
        return Place(self.file or file, self.line)


def broker_of(
    variables: Iterable[Variable], name: str | None, file: str, remarks: Remarks, image: str = ""
) -> Part | None:
    """
    The broker that *variables* configure; None if they configure none.

    Args:
        image: What runs in the container, which decides after which prefix settings stand.
    """
    all_of_them = [variable for variable in variables if variable.name.startswith("KAFKA_")]
    prefix = _prefix(all_of_them, image)
    found = {key: each for each in all_of_them if is_meant(key := broker_key(each.name, prefix))}
    _note_topic_keys(all_of_them, prefix, file, remarks)
    if not found or _is_controller(found):
        return None
    beside = next(iter(found.values())).slot
    return Part(
        "broker",
        name,
        tuple(Setting(key, each.value, each.file or file, each.line) for key, each in found.items()),
        slots={key: each.slot for key, each in found.items()},
        new_slot=lambda key: next_to(beside, f"{prefix}{_upper(key)}"),
    )


def _prefix(variables: Iterable[Variable], image: str) -> str:
    """After what an image reads settings: Bitnami's reads no others than those of its own prefix."""
    if is_of_confluent(image) or "apache/kafka" in image:
        return KAFKA
    is_bitnami = "bitnami" in image or any(each.name.startswith(KAFKA_CFG) for each in variables)
    return KAFKA_CFG if is_bitnami else KAFKA


def is_of_confluent(image: str) -> bool:
    """Whether an image is one of the Confluent Platform, wherever it is mirrored."""
    return "confluentinc/" in image or image.rpartition("/")[2].startswith("cp-")


def _is_controller(found: Mapping[str, Variable]) -> bool:
    """Whether it is a controller alone, which keeps no topics."""
    roles = found.get("process.roles")
    return roles is not None and roles.value.strip() == "controller"


def _note_topic_keys(variables: Iterable[Variable], prefix: str, file: str, remarks: Remarks) -> None:
    """Say which variables do nothing, as they name the key of a topic."""
    for each in variables:
        if synonym := instead_of(broker_key(each.name, prefix)):
            remarks.note(each.name, f"brokers pass over it: they call it {synonym}", each.at(file))


def broker_key(variable: str, prefix: str) -> str:
    """The broker's key that a variable sets; empty if it begins otherwise."""
    plain = variable.removeprefix(prefix) if variable.startswith(prefix) else ""
    return plain.lower().replace("_", ".").replace("...", "-").replace("..", "_")


def next_to(slot: Slot, variable: str) -> Slot:
    """Where another *variable* would stand beside one that is there: in the same mapping, or in the same list."""
    *above, last = slot.path
    if last.startswith("["):
        return Slot(slot.document, (*above, "[]"), f"{variable}=")
    return Slot(slot.document, (*above, variable))


def interpolated(value: str, at: Place, key: str, remarks: Remarks, known: Known = NOTHING) -> str | None:
    """
    The *value* with what it refers to, each with a notice unless it is secret: as it is *known*, or by its default.

    None where something has neither, so that it is unknown. That is a problem if verdicts depend on the *key*, which is
    a variable's name.

    Source: the interpolation of the Compose Specification.
    """
    unknown: list[str] = []

    def replaced(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        found = _meant(reference, known.get(name))
        if found is None:
            unknown.append(name)
            return ""
        text, whose = found
        if not SECRET.search(key):
            remarks.note(key, f"depends on ${name}: taken as {text or 'nothing'}, {whose}", at)
        return text

    found = REFERENCE.sub(replaced, value)
    if "${" in found:
        unknown.append(found.partition("${")[2].partition("}")[0])
    for name in unknown:
        tell_unknown(name, at, key, remarks)
    return None if unknown else found


def _meant(reference: re.Match[str], said: Setting | None) -> tuple[str, str] | None:
    """What a *reference* is to a variable, and whose word that is; None if nobody says it."""
    *_, colon, how, word = reference.groups()
    source = f"as {said.file}:{said.line} says" if said else ""
    is_set = said is not None and bool(said.value or not colon)
    if how == "+" and said is not None:
        return (word if is_set else ""), source
    if said is not None and is_set:
        return said.value or "", source
    return (word, "its default") if how == "-" else None


def tell_unknown(name: str, at: Place, key: str, remarks: Remarks) -> None:
    """Say that the value of a variable is not known: an error if verdicts depend on it."""
    message = f"depends on ${name}, which the file does not say"
    if {broker_key(key, KAFKA), broker_key(key, KAFKA_CFG)} & set(CLOSE_TO_A_VERDICT):
        remarks.refuse(key, f"{key} {message}: give it a default, as in ${{{name}:-VALUE}}", at)
    else:
        remarks.note(key, f"{message}: left out", at)


def _upper(key: str) -> str:
    return key.replace("_", "__").replace("-", "___").replace(".", "_").upper()
