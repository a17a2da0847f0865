"""Gathers what files say of one pipeline: which of them has a topic, a broker, a producer, a consumer."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from ackproof.config.clients.definitions import ever_known
from ackproof.config.files.nearest import did_you_mean
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.sources.choosing import WHAT_IS_READ, NotClearError, Sides, chosen
from ackproof.config.sources.drafting import Named
from ackproof.config.sources.part import Part, Side
from ackproof.config.sources.reading import parts_in_file
from ackproof.config.sources.reference import Reference

SIDES: Mapping[str, Sides] = {"topic": ("broker", "topic"), "producer": ("producer",), "consumer": ("consumer",)}
"""What each table of a pipeline file is about."""

KEYS: Mapping[Side, tuple[str, ...]] = {
    "producer": ("java-producer", "kafka-python-producer", "aiokafka-producer"),
    "consumer": ("java-consumer", "kafka-python-consumer", "aiokafka-consumer"),
    "broker": ("broker",),
    "topic": ("topic",),
}
"""The tables of keys by which a properties file is known."""

HERE = (
    "src/main/resources/application.yml",
    "src/main/resources/application.yaml",
    "src/main/resources/application.properties",
    "application.yml",
    "application.yaml",
    "application.properties",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "producer.properties",
    "consumer.properties",
    "topic.properties",
)
"""Where settings often are, for those who name no file."""


@attrs.frozen
class Given:
    """A file that the user names, and what it configures, if the user says that too."""

    meant: Reference
    side: Side | None = None


def here(folder: Path) -> tuple[Given, ...]:
    """The files in a *folder* that settings often are in."""
    return tuple(Given(Reference(folder / name)) for name in HERE if (folder / name).is_file())


def gathered(files: Iterable[Given], topic: str | None, remarks: Remarks) -> Mapping[str, Sequence[Named]]:
    """What each table of a pipeline file is to name, in the order of the *files*; problems go to *remarks*."""
    found = [(given, _parts(given, remarks)) for given in files]
    if remarks.problems:
        return {}
    topics = [part for given, parts in found for part in parts if part.side == "topic" and _may_be(given, part, parts)]
    name = _topic(topics, topic, remarks)
    named: dict[str, list[Named]] = {table: [] for table in SIDES}
    for given, parts in found:
        if not parts:
            remarks.refuse(None, f"{given.meant.path} says nothing of Kafka that is known here{WHAT_IS_READ}")
        for table, sides in SIDES.items():
            if any(part.side in sides for part in parts):
                named[table] += _named(given.meant, parts, sides, name if table == "topic" else None, remarks)
    return named


def _may_be(given: Given, part: Part, parts: Sequence[Part]) -> bool:
    """Whether a topic is meant: where the user names a part, that one alone, unless it is none of the topics."""
    others = {None, *(each.name for each in parts if each.side != "topic")}
    return part.name == given.meant.name or given.meant.name in others


def _parts(given: Given, remarks: Remarks) -> tuple[Part, ...]:
    """The parts in a file, each for what it is: a properties file may not say it itself."""
    before = len(remarks.problems)
    parts = parts_in_file(given.meant.path, given.side or "topic", remarks)
    if len(remarks.problems) > before:
        return ()
    is_plain = len(parts) == 1 and given.side is None and parts[0].side == "topic" and parts[0].name is None
    if not is_plain:
        return parts
    side = side_of(parts[0].settings, given.meant.path.name)
    if side is None:
        how = "--producer, --consumer or --topic-config"
        remarks.refuse(None, f"can not tell what {given.meant.path} configures: name it with {how}")
        return ()
    return (attrs.evolve(parts[0], side=side),)


def side_of(settings: Sequence[Setting], file: str) -> Side | None:
    """What *settings* are of, by their keys or else by the name of their file; None if neither tells."""
    score: Mapping[Side, int] = {
        side: sum(each.key in ever_known(tables) for each in settings) for side, tables in KEYS.items()
    }
    most = max(score.values())
    best: list[Side] = [side for side, points in score.items() if points == most]
    if most > 0 and len(best) == 1:
        return best[0]
    by_name: list[Side] = [side for side in best if file.lower().count(side)]
    return by_name[0] if len(by_name) == 1 else None


def _topic(parts: Sequence[Part], name: str | None, remarks: Remarks) -> str | None:
    """The name of the topic that is meant."""
    names = list(dict.fromkeys(part.name for part in parts if part.name))
    if name is None and len(names) > 1:
        remarks.refuse("--topic", f"there are the topics {', '.join(names)}: say which with --topic NAME")
    if name is not None and names and name not in names:
        remarks.refuse("--topic", f"there is no topic {name}; {did_you_mean(name, names)}")
    return name or (names[0] if len(names) == 1 else None)


def _named(
    meant: Reference, parts: Sequence[Part], sides: Sides, topic: str | None, remarks: Remarks
) -> Iterable[Named]:
    """How a file is to be named, so that it means what is wanted of it: with the name of the topic if it has more."""
    name = meant.name
    topics = list(dict.fromkeys(part.name for part in parts if part.side == "topic"))
    if name is None and len(topics) > 1 and topic in topics:
        name = topic
    elsewhere = {part.name for part in parts if part.side not in sides}
    if name in elsewhere and name not in {part.name for part in parts if part.side in sides}:
        name = None
    try:
        yield Named(attrs.evolve(meant, name=name), chosen(parts, sides, name))
    except NotClearError as problem:
        remarks.refuse(None, f"{meant.path} {problem}")
