"""Which settings of a broker a pipeline is concerned with, among all that stand around them."""

from collections.abc import Iterable

from ackproof.config.clients.definitions import ever_known
from ackproof.config.files.nearest import SLIP, nearest
from ackproof.config.pipeline import Setting
from ackproof.config.topic import FLUSH_MESSAGES, FLUSH_MS, MIN_ISR, REPLICATION_FACTOR, SYNONYMS, UNCLEAN

CLOSE_TO_A_VERDICT = (MIN_ISR, UNCLEAN, REPLICATION_FACTOR, *(SYNONYMS[key] for key in (FLUSH_MESSAGES, FLUSH_MS)))
"""A slip in one of them is not passed over."""


def is_kafka(key: str) -> bool:
    """Whether some release of Kafka knows a topic's or a broker's *key*."""
    return key == REPLICATION_FACTOR or key in ever_known(("topic", "broker"))


def is_meant(key: str) -> bool:
    """Whether a *key* is Kafka's, or was meant as one that verdicts depend on; others are those of plugins."""
    return is_kafka(key) or nearest(key, CLOSE_TO_A_VERDICT, SLIP) is not None


def in_common(settings: Iterable[Setting]) -> frozenset[tuple[str, str | None]]:
    """What is the same for every broker of a cluster: not who it is, and where it listens and keeps its data."""
    own = ("advertised.", "broker.id", "broker.rack", "controller.", "listener", "log.dir", "node.id", "process.roles")
    return frozenset((each.key, each.value) for each in settings if not each.key.startswith(own))
