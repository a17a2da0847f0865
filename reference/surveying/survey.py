"""What a cluster says of itself: its topics, what they and its brokers are set to, and what it supports."""

from collections.abc import Mapping

import attrs

from ackproof.reference.protocol.request import Address

DEFAULT_CONFIG = "DEFAULT_CONFIG"


class SurveyError(Exception):
    """A cluster that can not be surveyed, for the reason that it says."""


class UnreachableError(SurveyError):
    """A server does not answer, or not as a broker without encryption and authentication does."""


class UnknownTopicError(SurveyError):
    """A topic that is asked for is not there."""


class NotAllowedError(SurveyError):
    """Whoever asks without a name may not see what is asked for."""


@attrs.frozen
class SetValue:
    """
    A setting that somebody has set.

    Attributes:
        key: Of the topic or of the broker whose it is.
        value: The one that is in force.
        source: Where that comes from, in Kafka's words: ``DYNAMIC_TOPIC_CONFIG``, ``STATIC_BROKER_CONFIG``, …; it is
            ``DEFAULT_CONFIG`` where a broker computes it from settings of other units (``log.retention.hours``).
        broker_id: Of the broker that said so, whose own settings the static ones are.
        set_as: The key that it was set by: for what a topic has from its brokers, that of the broker.
    """

    key: str
    value: str
    source: str
    broker_id: int
    set_as: str


@attrs.frozen
class SurveyedTopic:
    """
    A topic.

    Attributes:
        partitions: How many it has.
        replication_factor: Of that of its partitions which has the fewest replicas.
        lacking: The partitions with fewer in-sync replicas than replicas now.
        settings: What is set of it, or for it on the broker that was asked: one of those that keep it.
    """

    name: str
    partitions: int
    replication_factor: int
    lacking: tuple[int, ...] = ()
    settings: tuple[SetValue, ...] = ()


@attrs.frozen
class SurveyedBroker:
    """
    A broker that was asked.

    Attributes:
        settings: What is set of it; nothing that is secret.
        release: The release that it is of (``4.3``), if it can be told.
    """

    broker_id: int
    address: Address
    settings: tuple[SetValue, ...]
    release: str | None


@attrs.frozen
class Survey:
    """
    A cluster.

    Attributes:
        topics: Those that were asked for, by name.
        brokers: As many as it takes to hear of each topic from one that keeps it, by id.
        features: The level of each feature that is finalized (``transaction.version``); one that is not there is at 0.
    """

    cluster_id: str | None
    topics: tuple[SurveyedTopic, ...]
    brokers: tuple[SurveyedBroker, ...]
    features: Mapping[str, int]

    @property
    def release(self) -> str | None:
        """The oldest release among the brokers that were asked; None if that of one can not be told."""
        releases = [broker.release for broker in self.brokers]
        return None if None in releases else min(filter(None, releases), key=_numbers, default=None)


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))
