"""
The settings of one client, as Spring Boot puts them together.

Source: ``KafkaProperties.buildProducerProperties``, ``buildConsumerProperties``.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.boot.entries import Entry
from ackproof.config.sources.boot.keys import (
    COMMON,
    JAVA_MATTERS,
    TRANSACTION_ID_PREFIX,
    TYPED,
    ClientSide,
    Typed,
)
from ackproof.config.sources.boot.names import KAFKA, PROPERTIES, Name, identity, name_of
from ackproof.config.sources.boot.placeholders import Resolved, resolved
from ackproof.config.sources.boot.values import Convert, text
from ackproof.config.sources.part import Slot

ISOLATION, AUTO_COMMIT, TRANSACTIONAL_ID = "isolation.level", "enable.auto.commit", "transactional.id"
NAMES = ("group.id", "group.instance.id", "client.id", TRANSACTIONAL_ID)
"""Keys of which it matters that they have a value, and not which."""

OF_CONSUMER = ((*KAFKA, "consumer"), (*KAFKA, "listener"))

Missing = Literal["refused", "named", "left out"]


@attrs.frozen
class Given:
    """A setting, and where its value stands, unless Spring sets it by itself or it is not for this file to change."""

    setting: Setting
    slot: Slot | None = None
    is_implied: bool = False


@attrs.frozen
class Application:
    """
    The properties of an application, read value by value.

    Attributes:
        entries: Those that count, by their identity.
    """

    entries: Mapping[Name, Entry]
    remarks: Remarks

    def entry(self, *name: str) -> Entry | None:
        """The property with a name."""
        return self.entries.get(identity(name))

    def has(self, *above: str) -> bool:
        """Whether there is a property at or under a name."""
        return any(name[: len(above)] == above for name in self.entries)

    def value(self, entry: Entry, convert: Convert, missing: Missing = "refused") -> str | None:
        """
        The value of a property as Kafka reads it; None if it sets nothing.

        Args:
            missing: What becomes of a value that depends on what the file does not say.
        """
        try:
            found = resolved(entry.value, self._look_up)
            self._tell(entry, found, missing)
            return convert(found.value) if not found.missing or missing == "named" else None
        except ValueError as problem:
            self.remarks.refuse(entry.key, f"Spring Boot can not bind {entry.key}: {problem}", entry.place)
            return None

    def _tell(self, entry: Entry, found: Resolved, missing: Missing) -> None:
        """Say what the value of a property depends on."""
        for name in found.missing:
            unknown = f"depends on ${{{name}}}, which the file does not say:"
            if missing == "refused":
                self.remarks.refuse(entry.key, f"{unknown} give it a default, ${{{name}:...}}", entry.place)
            elif missing == "named":
                self.remarks.note(entry.key, f"{unknown} taken as some name", entry.place)
        if found.missing and missing != "named":
            return
        for name, default in found.defaults:
            message = f"depends on ${{{name}}}: taken as {default or 'nothing'}, its default"
            self.remarks.note(entry.key, message, entry.place)
        for name in found.random:
            self.remarks.note(entry.key, f"${{{name}}} is another value at each start", entry.place)

    def _look_up(self, name: str) -> str | None:
        entry = self.entry(*name_of(name))
        return None if entry is None else entry.value


def settings_of(application: Application, side: ClientSide) -> Mapping[str, Given]:
    """
    The settings of one client by Kafka's keys.

    What is of one side counts before what both have in common, and of each the map ``properties`` before the
    properties with types; only ``transaction-id-prefix`` counts before a ``transactional.id`` of the map.
    """
    common = dict(_given(application, side, KAFKA, COMMON)) | dict(_mapped(application, side, KAFKA))
    own = dict(_given(application, side, (*KAFKA, side), TYPED[side]))
    mapped = dict(_mapped(application, side, (*KAFKA, side)))
    if side == "consumer":
        return _with_auto_commit(application, _over_common(application, common) | own | mapped)
    prefix = {key: given for key, given in own.items() if key == TRANSACTIONAL_ID}
    return common | own | mapped | prefix


def _given(
    application: Application, side: ClientSide, above: Name, properties: Mapping[str, Typed]
) -> Iterator[tuple[str, Given]]:
    """The settings of properties with types."""
    for name, typed in properties.items():
        entry = application.entry(*above, name)
        if entry is not None:
            yield from _setting(application, side, entry, typed)


def _mapped(application: Application, side: ClientSide, above: Name) -> Iterator[tuple[str, Given]]:
    """The settings of the map ``properties``."""
    for name, entry in application.entries.items():
        if len(name) == len(above) + 2 and name[:-1] == (*above, PROPERTIES):
            yield from _setting(application, side, entry, Typed(name[-1], text))


def _setting(application: Application, side: ClientSide, entry: Entry, typed: Typed) -> Iterator[tuple[str, Given]]:
    missing: Missing = "named" if typed.key in NAMES else "refused" if typed.key in JAVA_MATTERS[side] else "left out"
    value = application.value(entry, typed.convert, missing)
    if value is not None:
        yield typed.key, Given(setting_at(typed.key, value, entry.place), entry.slot)


def _over_common(application: Application, common: Mapping[str, Given]) -> dict[str, Given]:
    """
    What both sides have in *common*, except for an isolation level.

    ``KafkaProperties.Consumer`` always sets one: its own default hides the common one.
    """
    hidden = common.get(ISOLATION)
    if hidden is None:
        return dict(common)
    own = (*KAFKA, "consumer")
    if not (application.entry(*own, "isolation-level") or application.entry(*own, PROPERTIES, ISOLATION)):
        message = "without effect: spring.kafka.consumer.isolation-level counts, by default read_uncommitted"
        application.remarks.note(f"spring.kafka.properties.{ISOLATION}", message, hidden.setting.place)
    default = attrs.evolve(hidden.setting, value="read_uncommitted")
    return {**common, ISOLATION: Given(default, is_implied=True)}


def _with_auto_commit(application: Application, found: Mapping[str, Given]) -> Mapping[str, Given]:
    """
    The settings as the container hands them to the consumer: without auto-commit, unless it was asked for.

    Source: ``KafkaMessageListenerContainer.determineAutoCommit``, since spring-kafka 2.3.
    """
    if AUTO_COMMIT in found:
        return found
    places = (entry.place for name, entry in application.entries.items() if name[:3] in OF_CONSUMER)
    anywhere = (entry.place for name, entry in application.entries.items() if name[:2] == KAFKA)
    implied = setting_at(AUTO_COMMIT, "false", next(places, None) or next(anywhere))
    return {**found, AUTO_COMMIT: Given(implied, is_implied=True)}


def transaction_id_prefix(application: Application) -> Setting | None:
    """The prefix with which the producers are transactional, and with which there is a ``KafkaTransactionManager``."""
    entry = application.entry(*KAFKA, "producer", TRANSACTION_ID_PREFIX)
    return setting_at(entry.key, entry.value, entry.place) if entry else None


def setting_at(key: str, value: str, place: Place) -> Setting:
    """A setting that stands at a *place*."""
    return Setting(key, value, place.file, place.line)
