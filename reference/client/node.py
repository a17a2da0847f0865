"""Nodes: brokers as a client knows them."""

import attrs

from ackproof.reference.protocol.request import Address

INTEGER_MAX = 2**31 - 1


@attrs.frozen
class Node:
    """
    A broker, and the connection to it that is meant.

    Attributes:
        node_id: The broker's id; negative for a bootstrap server, whose id is not known; above all brokers' ids for the
            connection of a consumer to its coordinator.
    """

    node_id: int
    address: Address


def coordinator_node(broker_id: int, address: Address) -> Node:
    """
    A group coordinator: a node apart from the broker's ordinary one, so that commits do not wait behind fetches.

    Source: ``AbstractCoordinator.FindCoordinatorResponseHandler``.
    """
    return Node(INTEGER_MAX - broker_id, address)
