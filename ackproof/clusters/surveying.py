"""What a live cluster says of a topic, as values of a pipeline file, each with where it is from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ackproof.clusters.addressing import servers
from ackproof.clusters.securing import secured
from ackproof.config.features import LEVELS
from ackproof.config.pipeline import Setting
from ackproof.config.sources.broker_keys import OF_BROKERS, is_of_broker, is_of_topic
from ackproof.config.sources.drafting import Told
from ackproof.config.topic import REPLICATION_FACTOR
from ackproof.config.versions import since, version_of
from ackproof.reference.surveying.live import survey
from ackproof.reference.surveying.survey import SetValue, Survey, SurveyedTopic, SurveyError

OF_TOPIC = "DYNAMIC_TOPIC_CONFIG"


def surveyed(
    bootstrap: str, topic: str | None, command_config: Path | None = None
) -> tuple[str, Mapping[str, Sequence[Told]]]:
    """
    The topic of the cluster behind *bootstrap*, and what there is to say of it, by the tables of a pipeline file.

    Raises:
        SurveyError: Nobody answers, or there is no such topic, or it is not clear which.
        ValueError: *bootstrap* is no list of servers, or *command_config* does not say how to connect to them.
    """
    found = survey(servers(bootstrap), [topic] if topic else [], security=secured(command_config))
    names = ", ".join(each.name for each in found.topics)
    if len(found.topics) != 1:
        there = f"the topics {names}: say which with --topic NAME" if names else "no topic"
        raise SurveyError(f"{bootstrap} has {there}")
    (one,) = found.topics
    release = [Told(Setting("kafka", found.release), f"the release of {bootstrap}")] if found.release else []
    return one.name, {
        "": release,
        "topic": tuple(_topic(found, one, bootstrap)),
        "features": tuple(_features(found, bootstrap)),
    }


def _topic(found: Survey, topic: SurveyedTopic, bootstrap: str) -> Iterator[Told]:
    """What the topic is set to, and what the brokers are that it depends on."""
    yield Told(Setting(REPLICATION_FACTOR, str(topic.replication_factor)), f"of {topic.name} at {bootstrap}")
    of_brokers = (value for broker in found.brokers for value in broker.settings if value.key in OF_BROKERS)
    seen = {REPLICATION_FACTOR}
    for value in (*topic.settings, *of_brokers):
        if (is_of_topic(value.key) or is_of_broker(value.key)) and value.key not in seen:
            seen.add(value.key)
            yield Told(Setting(value.key, value.value), f"{_origin(value, topic.name)} at {bootstrap}")


def _origin(value: SetValue, topic: str) -> str:
    """Where a value is set, in Kafka's words."""
    if value.source == OF_TOPIC:
        return f"{value.source} of {topic}"
    key = f"{value.set_as}, " if value.set_as != value.key else ""
    return f"{key}{value.source} of broker {value.broker_id}"


def _features(found: Survey, bootstrap: str) -> Iterator[Told]:
    """The levels of features that change something; one that is not finalized is at 0."""
    if found.release is not None:
        version = version_of(found.release)
        for name, known in LEVELS.items():
            _, highest = since(version, [(first, (level, top)) for first, level, top in known])
            if highest:
                yield Told(Setting(name, str(found.features.get(name, 0))), f"finalized at {bootstrap}")
