"""DescribeCluster: the brokers that there are."""

import attrs
from kio.schema.describe_cluster.v2.request import DescribeClusterRequest
from kio.schema.describe_cluster.v2.response import DescribeClusterBroker, DescribeClusterResponse
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.controller.image import BrokerRegistration
from ackproof.reference.protocol.primitive import BrokerId, duration, i8, i32
from ackproof.reference.protocol.request import Request

BROKER, CONTROLLER = 1, 2
"""Whom a client means to ask. Source: ``EndpointType``."""

CLUSTER_OPERATIONS = 0b1_1111_1010_0000
"""
What may be done with a cluster, one bit each, where nobody is refused anything: create, alter, describe, act as a
broker, describe and alter its settings, write idempotently. Source: ``AclEntry.supportedOperations``, ``AclOperation``.
"""


@attrs.frozen
class DescribeClusterHandler:
    """Source: ``KafkaApis.handleDescribeCluster``, ``AuthHelper.computeDescribeClusterResponse``."""

    metadata: MetadataCache
    cluster_id: str

    async def serve(self, request: Request) -> DescribeClusterResponse:
        """The answer, at once."""
        body = request.body
        assert isinstance(body, DescribeClusterRequest)
        if body.endpoint_type != BROKER:
            return refused(body.endpoint_type)
        brokers = sorted(self.metadata.image.brokers.values(), key=lambda broker: broker.id)
        alive = self.metadata.alive_brokers
        return DescribeClusterResponse(
            throttle_time=duration(0),
            error_code=ErrorCode.none,
            cluster_id=self.cluster_id,
            controller_id=BrokerId(alive[0].id if alive else -1),
            brokers=tuple(described(broker) for broker in (brokers if body.include_fenced_brokers else alive)),
            cluster_authorized_operations=i32(
                CLUSTER_OPERATIONS if body.include_cluster_authorized_operations else -(2**31)
            ),
        )


def described(broker: BrokerRegistration) -> DescribeClusterBroker:
    """One broker."""
    return DescribeClusterBroker(
        broker_id=BrokerId(broker.id),
        host=broker.address.host,
        port=i32(broker.address.port),
        rack=broker.rack,
        is_fenced=broker.is_fenced,
    )


def refused(endpoint_type: int) -> DescribeClusterResponse:
    """The answer to who means to ask somebody else."""
    is_controller = endpoint_type == CONTROLLER
    return DescribeClusterResponse(
        throttle_time=duration(0),
        error_code=ErrorCode.mismatched_endpoint_type if is_controller else ErrorCode.unsupported_endpoint_type,
        error_message="The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
        if is_controller
        else f"Unsupported endpoint type {endpoint_type}",
        endpoint_type=i8(BROKER),
        cluster_id="",
        brokers=(),
    )
