"""
What ``kafka-topics.sh --describe`` and ``kafka-configs.sh --describe`` print, of any release, one after the other too.

Source: ``TopicCommand.TopicDescription`` and ``PartitionDescription``, ``ConfigCommand.describeResourceConfig``.
"""

import re
from collections.abc import Iterator

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.part import Part

ALTER = "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type"
REASSIGN = "kafka-reassign-partitions.sh --bootstrap-server HOST:PORT --execute --reassignment-json-file FILE"

REPLICATION_FACTOR = "replication.factor"

TOPIC = re.compile(
    r"Topic: ?(?P<name>\S+)\s.*\bPartitionCount: ?\d+\s+ReplicationFactor: ?(?P<replicas>\d+)(?P<rest>.*)"
)
CONFIGS = re.compile(r"\s+Configs: ?(?P<configs>.*?)(?:\s+MarkedForDeletion: ?true)?\s*")
PARTITION = re.compile(
    r"\s*Topic: ?(?P<name>\S+)\s+Partition: ?(?P<number>\d+)\s+Leader: ?(?P<leader>\S+)"
    r"\s+Replicas: ?(?P<replicas>[\d,]+)\s+Isr: ?(?P<in_sync>[\d,]*)(?:\s.*)?"
)

HEADING = re.compile(r"(?:\w+ )?[Cc]onfigs? for (?P<kind>[\w-]+) (?P<name>.+) are:?\s*")
DEFAULTS = re.compile(r"Default configs? for (?P<kind>[\w-]+) in the cluster are:\s*")
OF_ZOOKEEPER = re.compile(r"Configs for (?P<kind>topic|broker)s? '(?P<name>[^']+)' are ?(?P<configs>.*)")
ENTRY = re.compile(
    r"\s+(?P<key>[\w.-]+)=(?P<value>.*) sensitive=(?P<secret>true|false) synonyms=\{(?P<synonyms>.*)\}\s*"
)

NEXT_KEY = re.compile(r",(?=[a-zA-Z][\w.-]*=)")
"""Where a list of settings is cut: values have commas too."""

COMPUTED = {
    "flush.ms": str(2**63 - 1),
    "retention.ms": str(7 * 24 * 3_600_000),
    "segment.jitter.ms": "0",
    "segment.ms": str(7 * 24 * 3_600_000),
}
"""
The defaults of what brokers compute from settings of other units, such as ``log.retention.hours``.

No synonym is printed of these.
"""

Entity = tuple[str, str | None]
"""Its kind, ``topic`` or ``broker``, and its name; None for what all brokers of the cluster have by default."""

ALL_BROKERS: Entity = ("broker", None)


@attrs.define
class Described:
    """
    What has been read.

    Attributes:
        settings: Of each entity, by key.
        entity: Whose settings the next lines are; None for something else's.
        partitions: How many lines of partitions there are, by topic.
        lacking: Of them, the lines of those with fewer in-sync replicas than replicas.
    """

    file: str
    settings: dict[Entity, dict[str, Setting]] = attrs.Factory(dict[Entity, dict[str, Setting]])
    entity: Entity | None = None
    partitions: dict[str, int] = attrs.Factory(dict[str, int])
    lacking: dict[str, list[int]] = attrs.Factory(dict[str, list[int]])

    def begin(self, kind: str, name: str | None) -> None:
        """The next settings are those of an entity."""
        entity = (kind, name)
        self.entity = entity if kind in ("topic", "broker") else None
        if self.entity:
            self.settings.setdefault(entity, {})

    def keep(self, key: str, value: str, line: int) -> None:
        """A setting of the entity; of one that comes twice the last counts."""
        if self.entity:
            self.settings[self.entity][key] = Setting(key, value, self.file, line)


def is_output(text: str) -> bool:
    """Whether a *text* looks like what one of the two tools printed."""
    return any(
        pattern.fullmatch(line)
        for line in _lines(text)
        for pattern in (TOPIC, PARTITION, HEADING, DEFAULTS, OF_ZOOKEEPER)
    )


def parts_in(text: str, file: str, remarks: Remarks) -> tuple[Part, ...]:
    """
    A part for each topic and each broker that is described.

    Only what somebody has set is kept, for a topic also what it has from its brokers. Values that are secret are not
    printed, and not kept. What all brokers have by default is worked into each of them; it is a part of its own,
    without a name, where no broker is described.
    """
    found = Described(file)
    for number, line in enumerate(_lines(text), 1):
        _read(line, number, found, remarks)
    for topic, lines in found.lacking.items():
        remarks.note(
            REPLICATION_FACTOR,
            f"{len(lines)} of {found.partitions[topic]} partitions of {topic} had fewer in-sync replicas than replicas",
            Place(file, lines[0]),
        )
    return tuple(_parts(found.settings))


def command(instead: str, key: str, value: str) -> str:
    """
    How a setting is changed that a tool printed: the *instead* of its part, with the setting.

    Source: ``ConfigCommand.parseConfigsToBeAdded`` (commas of a value), KIP-455 (how many replicas there are).
    """
    if key == REPLICATION_FACTOR:
        return f"{REASSIGN} (in FILE {value} replicas for each partition)"
    return f"{instead} {key}=[{value}]" if "," in value else f"{instead} {key}={value}"


def _lines(text: str) -> Iterator[str]:
    """The lines of a *text* that may come from Windows."""
    return (line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n"))


def _read(line: str, number: int, found: Described, remarks: Remarks) -> None:
    if topic := TOPIC.fullmatch(line):
        _read_topic(topic, number, found, remarks)
    elif partition := PARTITION.fullmatch(line):
        _read_partition(partition, number, found)
    elif listed := OF_ZOOKEEPER.fullmatch(line):
        found.begin(listed["kind"], listed["name"])
        _keep_all(listed["configs"], number, found)
    elif defaults := DEFAULTS.fullmatch(line):
        found.begin(defaults["kind"].removesuffix("s"), None)
    elif heading := HEADING.fullmatch(line):
        found.begin(heading["kind"], heading["name"])
    elif entry := ENTRY.fullmatch(line):
        if is_set(entry) and entry["secret"] == "false":
            found.keep(entry["key"], entry["value"], number)
    elif found.entity and line.startswith("  ") and line.strip():
        remarks.refuse(
            None, f"no setting as kafka-configs.sh prints it: {line.strip()[:80]}", Place(found.file, number)
        )


def _read_topic(topic: re.Match[str], number: int, found: Described, remarks: Remarks) -> None:
    found.begin("topic", topic["name"])
    found.keep(REPLICATION_FACTOR, topic["replicas"], number)
    if listed := CONFIGS.fullmatch(topic["rest"]):
        _keep_all(listed["configs"], number, found)
    else:
        remarks.refuse(None, f"the line of {topic['name']} has no Configs: it is cut off", Place(found.file, number))
    found.entity = None


def _read_partition(partition: re.Match[str], number: int, found: Described) -> None:
    topic = partition["name"]
    found.partitions[topic] = found.partitions.get(topic, 0) + 1
    replicas, in_sync = (set(filter(None, partition[ids].split(","))) for ids in ("replicas", "in_sync"))
    if not in_sync >= replicas:
        found.lacking.setdefault(topic, []).append(number)


def _keep_all(listed: str, number: int, found: Described) -> None:
    """The settings of a list with commas between them."""
    for each in NEXT_KEY.split(listed.strip()):
        key, equals, value = each.partition("=")
        if equals:
            found.keep(key, value, number)


def is_set(entry: re.Match[str]) -> bool:
    """
    Whether somebody has set it: the first synonym is where its value comes from.

    Source: ``ConfigHelper.createTopicConfigEntry``.
    """
    source, colon, _ = entry["synonyms"].partition(":")
    return source != "DEFAULT_CONFIG" if colon else COMPUTED.get(entry["key"], entry["value"]) != entry["value"]


def _parts(settings: dict[Entity, dict[str, Setting]]) -> Iterator[Part]:
    defaults = settings.get(ALL_BROKERS, {})
    brokers = [entity for entity in settings if entity[0] == "broker" and entity != ALL_BROKERS]
    for entity, own in settings.items():
        match entity:
            case ("topic", str(name)):
                yield Part(
                    "topic", name, tuple(own.values()), instead=f"{ALTER} topics --entity-name {name} --add-config"
                )
            case (_, str(name)):
                both = tuple({**defaults, **own}.values())
                yield Part("broker", name, both, instead=f"{ALTER} brokers --entity-name {name} --add-config")
            case _ if not brokers:
                yield Part(
                    "broker", None, tuple(own.values()), instead=f"{ALTER} brokers --entity-default --add-config"
                )
            case _:
                pass
