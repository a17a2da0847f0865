"""New partitions: on the replicas that somebody has chosen for them."""

from collections.abc import Sequence

from kio.schema.errors import ErrorCode

from ackproof.reference.controller.image import Image, PartitionImage
from ackproof.reference.protocol.errors import KafkaError


def checked(image: Image, replicas: Sequence[int], replication_factor: int) -> None:
    """
    Whether a client may choose these *replicas*.

    Raises:
        KafkaError: INVALID_REPLICA_ASSIGNMENT.

    Source: ``ReplicationControlManager.validateManualPartitionAssignment``.
    """
    if not replicas:
        problem = "A partition is assigned to nobody."
    elif any(broker not in image.brokers for broker in replicas):
        problem = "A partition is assigned to a broker that is not registered."
    elif len(set(replicas)) < len(replicas):
        problem = "A partition is assigned to a broker twice."
    elif len(replicas) != replication_factor:
        problem = f"One partition has {len(replicas)} replica(s), others have {replication_factor}."
    else:
        return
    raise KafkaError(ErrorCode.invalid_replica_assignment, problem)


def assigned(image: Image, replicas: Sequence[int]) -> PartitionImage:
    """
    A partition on the *replicas* that a client chose.

    Raises:
        KafkaError: INVALID_REPLICA_ASSIGNMENT: none of them is there.
    """
    return new_partition(image, replicas, ErrorCode.invalid_replica_assignment)


def new_partition(image: Image, replicas: Sequence[int], error: ErrorCode) -> PartitionImage:
    """
    A partition on *replicas*: in sync are those that are active, and the first of them leads.

    Raises:
        KafkaError: With *error*: none of them is.

    Source: ``ReplicationControlManager.buildPartitionRegistration``.
    """
    in_sync = tuple(broker for broker in replicas if image.is_active(broker))
    if not in_sync:
        raise KafkaError(error, "All brokers of a partition are fenced or shutting down.")
    return PartitionImage(tuple(replicas), in_sync, leader=in_sync[0])
