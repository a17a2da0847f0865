"""The table ``[topic]``: settings of the topic and of the brokers, by Kafka's own keys."""

from collections.abc import Iterable, Mapping

import attrs

from ackproof.config.clients.definitions import Definition, definitions, ever_known, may_be_known
from ackproof.config.clients.java import invalid, raised
from ackproof.config.clients.library import Settings, last_of_each
from ackproof.config.files.nearest import SLIP, nearest
from ackproof.config.files.problems import Remarks
from ackproof.config.files.words import DEFAULT_REPLICATION_FACTOR
from ackproof.config.pipeline import Place, Setting, Topic
from ackproof.config.versions import Version, since

REPLICATION_FACTOR = "replication.factor"
MIN_ISR, FLUSH_MESSAGES, FLUSH_MS = "min.insync.replicas", "flush.messages", "flush.ms"
UNCLEAN, CLEANUP = "unclean.leader.election.enable", "cleanup.policy"

OWN: Mapping[str, Definition] = {REPLICATION_FACTOR: Definition(REPLICATION_FACTOR, "SHORT")}
"""What a topic is created with, beside its settings."""

SYNONYMS: Mapping[str, str] = {
    REPLICATION_FACTOR: "default.replication.factor",
    CLEANUP: "log.cleanup.policy",
    "delete.retention.ms": "log.cleaner.delete.retention.ms",
    FLUSH_MESSAGES: "log.flush.interval.messages",
    FLUSH_MS: "log.flush.interval.ms",
    "max.message.bytes": "message.max.bytes",
    "message.timestamp.after.max.ms": "log.message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms": "log.message.timestamp.before.max.ms",
    "message.timestamp.difference.max.ms": "log.message.timestamp.difference.max.ms",
    "message.timestamp.type": "log.message.timestamp.type",
    "min.compaction.lag.ms": "log.cleaner.min.compaction.lag.ms",
    "retention.bytes": "log.retention.bytes",
    "retention.ms": "log.retention.ms",
    "segment.bytes": "log.segment.bytes",
    "segment.ms": "log.roll.ms",
}
"""The broker's key for what a topic key overrides. Source: ``ServerTopicConfigSynonyms``."""

MOST_HINTS = 20
"""Of a file with more unknown keys than that, nobody means a topic's: each hint asks for all keys that there are."""

CLAMPS_MIN_ISR_SINCE = (((0,), False), ((3, 7), True))
"""Whether brokers apply min.insync.replicas as at most the replication factor (KAFKA-15583)."""


def topic_of(given: Iterable[Setting], kafka: Version, remarks: Remarks, at: Place | None) -> Topic:
    """
    The topic with the settings *given*, a topic key before the brokers' synonym of it.

    Args:
        at: Where the settings would stand that are left out; None where nobody writes to the topic, so that they do
            not matter.
    """
    known = {**definitions("broker", kafka), **definitions("topic", kafka), **OWN}
    settings = {key: Setting(key, definition.default) for key, definition in known.items()}
    counting = last_of_each(given, {})
    settings.update({key: setting for key, setting in counting.items() if _is_valid(setting, known, kafka, remarks)})
    resolved = Settings(_with_synonyms(settings))
    factor = _replication_factor(resolved, counting, remarks, at)
    topic = Topic(
        replication_factor=factor,
        min_insync_replicas=resolved.number(MIN_ISR),
        unclean_leader_election=resolved.flag(UNCLEAN),
        flush_messages=resolved.number(FLUSH_MESSAGES),
        flush_ms=resolved.number(FLUSH_MS),
        settings={**resolved.by_key, REPLICATION_FACTOR: _with_value(resolved, REPLICATION_FACTOR, str(factor))},
    )
    _note_what_surprises(topic, resolved, kafka, remarks, at)
    return topic


def check_reach(topic: Topic, most_faults: int, remarks: Remarks) -> None:
    """
    Say so if so few faults hide what unclean elections cost: the other replicas have to be behind, and the leader down.

    Source: ``PartitionChangeBuilder.electAnyLeader``.
    """
    given, needed = topic.settings[UNCLEAN], topic.replication_factor
    if topic.unclean_leader_election and given.file is not None and 0 < most_faults < needed:
        message = (
            f"such an election takes {needed} faults, and at most {most_faults} are injected: verdicts know of none"
        )
        remarks.note(given.key, message, given.place)


def _is_valid(setting: Setting, known: Mapping[str, Definition], kafka: Version, remarks: Remarks) -> bool:
    """Whether Kafka takes a *setting*; if not, it is a problem."""
    if setting.key not in known:
        _unknown(setting, known, kafka, remarks)
        return False
    problem = _refused(known[setting.key], setting.value or "", kafka)
    if problem:
        remarks.refuse(setting.key, problem, setting.place)
    return problem is None


def _unknown(setting: Setting, known: Mapping[str, Definition], kafka: Version, remarks: Remarks) -> None:
    """A broker passes over what it does not know; a topic is not created."""
    if setting.key in ever_known(("broker",)) or setting.key.startswith("listener.name."):
        if not may_be_known("broker", kafka, setting.key):
            remarks.note(setting.key, "brokers of this version do not know this key", setting.place)
        return
    hint = ""
    if len(remarks.problems) < MOST_HINTS:
        of_topics = {*definitions("topic", kafka), *OWN, *SYNONYMS.values()}
        hint = f"; did you mean {nearest(setting.key, of_topics, SLIP) or nearest(setting.key, known, 0.0)}?"
    remarks.refuse(setting.key, f"Unknown topic config name: {setting.key}{hint}", setting.place)


def _refused(definition: Definition, value: str, kafka: Version) -> str | None:
    problem = invalid(definition, value)
    if problem is None and definition.key in (REPLICATION_FACTOR, SYNONYMS[REPLICATION_FACTOR]) and int(value) < 1:
        exception = "org.apache.kafka.common.errors.InvalidReplicationFactorException"
        return f"{exception}: Replication factor must be larger than 0."
    if problem is None or definition.key not in definitions("topic", kafka):
        return raised(problem) if problem else None
    return f"org.apache.kafka.common.errors.InvalidConfigurationException: {problem}"


def _with_synonyms(settings: Mapping[str, Setting]) -> Mapping[str, Setting]:
    """The *settings* with each topic key that is left out as the brokers have it."""
    found = dict(settings)
    for key, synonym in SYNONYMS.items():
        if key in found and synonym in found and not found[key].file and found[synonym].file:
            found[key] = attrs.evolve(found[synonym], key=key)
    return found


def _replication_factor(settings: Settings, given: Iterable[str], remarks: Remarks, at: Place | None) -> int:
    """How many replicas there are; who says what brokers have may rely on topics that these create by themselves."""
    if settings.text(REPLICATION_FACTOR) is not None:
        return settings.number(REPLICATION_FACTOR)
    if at is not None:
        says_of_brokers = not (ever_known(("broker",)) - ever_known(("topic",))).isdisjoint(given)
        by_brokers = f"; a topic that brokers create by themselves has {SYNONYMS[REPLICATION_FACTOR]}, by default 1"
        message = f"not given: taken as {DEFAULT_REPLICATION_FACTOR}{by_brokers if says_of_brokers else ''}"
        remarks.note(REPLICATION_FACTOR, message, at)
    return DEFAULT_REPLICATION_FACTOR


def _with_value(settings: Settings, key: str, value: str) -> Setting:
    return attrs.evolve(settings.by_key[key], value=value)


def _note_what_surprises(topic: Topic, settings: Settings, kafka: Version, remarks: Remarks, at: Place | None) -> None:
    if at is not None and not settings.is_given(MIN_ISR):
        remarks.note(MIN_ISR, f"not given: Kafka's default is {topic.min_insync_replicas}", at)
    if topic.min_insync_replicas > topic.replication_factor:
        clamped = f"brokers from 3.7 on apply it as {topic.replication_factor}"
        fails = "before 3.7 every write with acks=all fails with NOT_ENOUGH_REPLICAS"
        message = clamped if since(kafka, CLAMPS_MIN_ISR_SINCE) else fails
        greater = f"{topic.min_insync_replicas} is more than replication.factor={topic.replication_factor}: {message}"
        remarks.note(MIN_ISR, greater, settings.place(MIN_ISR))
    if settings.is_given(FLUSH_MS) and topic.flush_messages != 1:
        message = "by itself no guarantee: what was acknowledged since the last flush can still be lost with the power"
        remarks.note(FLUSH_MS, message, settings.place(FLUSH_MS))
    if "compact" in (settings.text(CLEANUP) or ""):
        message = "compaction is not modelled: a reader that is behind skips what later records of the key replace"
        remarks.note(CLEANUP, message, settings.place(CLEANUP))
