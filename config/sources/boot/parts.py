"""The parts of a pipeline that a Spring Boot application is, under each of its profiles."""

from collections.abc import Callable, Iterator, Mapping

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place
from ackproof.config.sources.boot.clients import Application, settings_of
from ackproof.config.sources.boot.entries import Layer, effective
from ackproof.config.sources.boot.keys import SHARED, SIDES, ClientSide, check_known, property_name
from ackproof.config.sources.boot.listener import words_of
from ackproof.config.sources.boot.names import KAFKA, Name, uniform
from ackproof.config.sources.boot.profiles import counts, is_of_profile, profiles_in
from ackproof.config.sources.part import Part, Slot

SAID_ELSEWHERE: Mapping[Name, str] = {
    ("spring", "profiles", "active"): "is not followed: name the profile, as in FILE#PROFILE",
    ("spring", "profiles", "include"): "is not followed: name the profile, as in FILE#PROFILE",
    ("spring", "profiles", "group"): "is not followed: name one profile, as in FILE#PROFILE",
    ("spring", "config", "import"): "is not read; what it says of Kafka is missing here",
    ("spring", "config", "activate", "oncloudplatform"): "is not looked at: taken as on that platform",
}

OTHER_CLIENTS: tuple[Name, ...] = ((*KAFKA, "streams"), ("spring", "cloud", "stream"))
"""What sets up clients of its own, from what clients have in common here."""


def parts_in(layers: tuple[Layer, ...], name: str | None, remarks: Remarks) -> tuple[Part, ...]:
    """
    Producer and consumer of an application, without a profile and under each that it names.

    Args:
        layers: In the order in which the last one counts.
        name: What the parts are called without a profile.
    """
    if not any(layer.is_of_kafka for layer in layers):
        return ()
    own = Remarks()
    for layer in layers:
        _note_rest(layer, own)
    found = [
        part
        for profile in (None, *profiles_in(layers))
        for part in _under(profile, layers, name if profile is None else profile, own)
    ]
    for problem in own.problems:
        remarks.refuse(problem.key, problem.message, Place(problem.file, problem.line))
    for notice in dict.fromkeys(own.notices):
        remarks.note(notice.key, notice.message, Place(notice.file, notice.line))
    return tuple(found)


def _note_rest(layer: Layer, remarks: Remarks) -> None:
    """Say which properties are no properties, and which are not followed."""
    for side in SIDES:
        for _, entry in layer.under(*KAFKA, side):
            check_known(side, entry.name[3:], entry, remarks)
    for above, message in SAID_ELSEWHERE.items():
        for _, entry in layer.under(*above):
            remarks.note(entry.key, f"{entry.value} {message}", entry.place)


def _under(profile: str | None, layers: tuple[Layer, ...], name: str | None, remarks: Remarks) -> Iterator[Part]:
    """The parts under one *profile*."""
    active = tuple(layer for layer in layers if counts(layer, profile, remarks))
    application = Application(effective(active, remarks), remarks)
    for side in _sides(application):
        settings = settings_of(application, side)
        yield Part(
            side,
            name,
            tuple(given.setting for given in settings.values()),
            words=words_of(application, settings) if side == "consumer" else {},
            implied=frozenset(key for key, given in settings.items() if given.is_implied),
            slots={key: given.slot for key, given in settings.items() if given.slot is not None},
            new_slot=_new_slot(side, _written_to(active, profile)),
        )


def _sides(application: Application) -> tuple[ClientSide, ...]:
    """Which clients an application has: those that it says anything of, or both if it says only what they share."""
    has: Mapping[ClientSide, bool] = {
        "producer": application.has(*KAFKA, "producer"),
        "consumer": application.has(*KAFKA, "consumer") or application.has(*KAFKA, "listener"),
    }
    said: tuple[ClientSide, ...] = tuple(side for side in SIDES if has[side])
    is_shared = any(application.has(*KAFKA, uniform(each)) for each in SHARED)
    is_for_others = any(application.has(*above) for above in OTHER_CLIENTS)
    return said or (SIDES if is_shared and not is_for_others else ())


def _written_to(active: tuple[Layer, ...], profile: str | None) -> Layer:
    """The layer that a new setting belongs to: the last one about Kafka, for a profile one that is of a profile."""
    of_kafka = [layer for layer in active if layer.is_of_kafka]
    of_profile = [layer for layer in of_kafka if profile is not None and is_of_profile(layer)]
    return (of_profile or of_kafka)[-1]


def _new_slot(side: ClientSide, layer: Layer) -> Callable[[str], Slot | None]:
    return lambda key: layer.new_slot(property_name(side, key))
