"""Requests of a consumer: each answer wakes the call of the application that may be waiting for it."""

from collections.abc import Iterable
from typing import TypeVar

from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.node import Node
from ackproof.reference.client.nodes import Nodes
from ackproof.reference.consumer.signalling import Signal

R = TypeVar("R", bound=ResponsePayload)


class Requests:
    """Asks nodes."""

    def __init__(self, nodes: Nodes, signal: Signal) -> None:
        self.nodes = nodes
        self.signal = signal

    async def ask(self, node: Node, body: RequestPayload, kind: type[R], timeout_ms: int | None = None) -> R:
        """
        The answer of *node*, which is of this *kind*.

        Raises:
            DisconnectedError: Nobody knows whether it was served.
            TimedOutError: It was not even sent.
            UnsupportedVersionError: The broker does not know it.
        """
        try:
            answer = await self.nodes.ask(node, body, timeout_ms=timeout_ms)
        except Exception:
            self.signal.notify()
            raise
        self.signal.notify()
        assert isinstance(answer, kind)
        return answer


def by_topic(partitions: Iterable[TopicPartition]) -> dict[str, list[int]]:
    """*partitions* as requests group them, in their order."""
    topics: dict[str, list[int]] = {}
    for topic, partition in partitions:
        topics.setdefault(topic, []).append(partition)
    return topics
