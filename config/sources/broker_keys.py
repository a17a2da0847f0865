"""Which settings of a broker a pipeline is concerned with, among all that stand around them."""

from collections.abc import Iterable

from ackproof.config.clients.definitions import ever_known
from ackproof.config.files.nearest import SLIP, nearest
from ackproof.config.pipeline import Setting
from ackproof.config.topic import FLUSH_MESSAGES, FLUSH_MS, MIN_ISR, REPLICATION_FACTOR, SYNONYMS, UNCLEAN

OF_BROKERS = (
    "group.coordinator.rebalance.protocols",
    "offsets.topic.replication.factor",
    "transaction.max.timeout.ms",
    "transaction.partition.verification.enable",
)
"""Settings of brokers that no topic has, and that verdicts depend on."""

CLOSE_TO_A_VERDICT = (
    MIN_ISR,
    UNCLEAN,
    *(SYNONYMS[key] for key in (REPLICATION_FACTOR, FLUSH_MESSAGES, FLUSH_MS)),
    *OF_BROKERS,
)
"""Keys of brokers that verdicts depend on: a slip in one of them is not passed over."""


def is_of_topic(key: str) -> bool:
    """Whether some release of Kafka knows a topic's *key*."""
    return key == REPLICATION_FACTOR or key in ever_known(("topic",))


def is_of_broker(key: str) -> bool:
    """Whether some release of Kafka knows a broker's *key*."""
    return key in ever_known(("broker",))


def is_meant(key: str) -> bool:
    """Whether a *key* is a broker's, or was meant as one that verdicts depend on; others are those of plugins."""
    return is_of_broker(key) or (not is_of_topic(key) and nearest(key, CLOSE_TO_A_VERDICT, SLIP) is not None)


def instead_of(key: str) -> str | None:
    """What brokers call a topic's *key* that they do not know; None if they know it."""
    return None if is_of_broker(key) or not is_of_topic(key) else SYNONYMS.get(key)


def in_common(settings: Iterable[Setting]) -> frozenset[tuple[str, str | None]]:
    """What verdicts depend on of a broker, or of a topic."""
    counts = {*CLOSE_TO_A_VERDICT, *SYNONYMS.values()}
    return frozenset((each.key, each.value) for each in settings if each.key in counts or is_of_topic(each.key))
