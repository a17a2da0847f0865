"""Elections that somebody orders (ElectLeaders)."""

from kio.schema.elect_leaders.v2.request import ElectLeadersRequest
from kio.schema.elect_leaders.v2.response import ElectLeadersResponse, PartitionResult, ReplicaElectionResult
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.electing import electorate, with_partition
from ackproof.reference.controller.image import NO_LEADER, Image
from ackproof.reference.controller.partition_change import Election, changed
from ackproof.reference.controller.settings import Policy
from ackproof.reference.protocol.primitive import TopicName, duration, i32

ELECTIONS: tuple[Election, ...] = ("preferred", "unclean")
"""By their number on the wire. Source: ``ElectionType``."""


def ordered(image: Image, policy: Policy, request: ElectLeadersRequest) -> tuple[Image, ElectLeadersResponse]:
    """
    *image* with the leaders that could be elected, and the answer.

    Source: ``ReplicationControlManager.electLeaders``.
    """
    if not 0 <= request.election_type < len(ELECTIONS):
        return image, _response(ErrorCode.invalid_request, ())
    election = ELECTIONS[request.election_type]
    asked = _asked(image, request)
    results: list[ReplicaElectionResult] = []
    for topic, indexes in asked.items():
        partitions: list[PartitionResult] = []
        for index in indexes:
            image, error = _elected(image, policy, topic, index, election)
            # Who asks for all partitions is not told of those that need nothing.
            if request.topic_partitions is not None or error is not ErrorCode.election_not_needed:
                result = PartitionResult(partition_id=i32(index), error_code=error, error_message=None)
                partitions.append(result)
        results.append(ReplicaElectionResult(topic=TopicName(topic), partition_result=tuple(partitions)))
    return image, _response(ErrorCode.none, tuple(results))


def _asked(image: Image, request: ElectLeadersRequest) -> dict[str, tuple[int, ...]]:
    if request.topic_partitions is None:
        return {name: tuple(range(len(topic.partitions))) for name, topic in image.topics.items()}
    return {asked.topic: asked.partitions for asked in request.topic_partitions}


def _elected(image: Image, policy: Policy, name: str, index: int, election: Election) -> tuple[Image, ErrorCode]:
    """Source: ``ReplicationControlManager.electLeader``."""
    partition = image.partition(name, index)
    if partition is None:
        return image, ErrorCode.unknown_topic_or_partition
    is_preferred = election == "preferred"
    if partition.leader == partition.replicas[0] if is_preferred else partition.leader != NO_LEADER:
        return image, ErrorCode.election_not_needed
    after = changed(partition, electorate(policy, image.topics[name], image.is_active, election))
    if after == partition:
        refused = ErrorCode.preferred_leader_not_available if is_preferred else ErrorCode.eligible_leaders_not_available
        return image, refused
    return with_partition(image, name, index, after), ErrorCode.none


def _response(error: ErrorCode, results: tuple[ReplicaElectionResult, ...]) -> ElectLeadersResponse:
    return ElectLeadersResponse(throttle_time=duration(0), error_code=error, replica_election_results=results)
