"""Latencies: for how long a node has been wanted and could not be sent anything."""

from ackproof.reference.client.node import Node


class NodeLatencies:
    """
    When each node was last wanted, and when it last took something.

    Attributes:
        are_measured: Whether any node can be slow at all.

    Source: ``RecordAccumulator.updateNodeLatencyStats`` (``partitioner.availability.timeout.ms``; 0 for never slow).
    """

    def __init__(self, availability_timeout_ms: int) -> None:
        self._availability_timeout_ms = availability_timeout_ms
        self.are_measured = availability_timeout_ms > 0
        self._wanted_ms: dict[int, int] = {}
        self._taken_ms: dict[int, int] = {}

    def wanted(self, node: Node, now_ms: int, can_take: bool) -> None:
        """There is something for *node*."""
        if can_take or node.node_id not in self._taken_ms:
            self._taken_ms[node.node_id] = now_ms
        self._wanted_ms[node.node_id] = now_ms

    def is_slow(self, node: Node) -> bool:
        """Whether a node has not taken anything for too long."""
        waited_ms = self._wanted_ms.get(node.node_id, 0) - self._taken_ms.get(node.node_id, 0)
        return 0 < self._availability_timeout_ms < waited_ms
