"""Which topics a cluster has, and which brokers keep them."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import MetadataResponse, MetadataResponseTopic

from ackproof.reference.client.metadata import topic_request
from ackproof.reference.protocol.request import Address
from ackproof.reference.surveying.line import Line
from ackproof.reference.surveying.survey import NotAllowedError, SurveyedTopic, SurveyError, UnknownTopicError

CAN_FORBID_CREATION = 4
"""In older versions to ask for a topic may create it (KIP-204)."""


@attrs.frozen
class Layout:
    """
    Topics and brokers.

    Attributes:
        topics: Those that are asked for, without their settings.
        keepers: The broker to ask of each, by name: the leader of its first partition that has one.
    """

    cluster_id: str | None
    topics: tuple[SurveyedTopic, ...]
    keepers: Mapping[str, int]
    addresses: Mapping[int, Address]


async def layout(line: Line, names: Sequence[str]) -> Layout:
    """
    The topics of those *names*; if there are none, all but those of Kafka itself.

    Raises:
        UnknownTopicError: One is not there.
        NotAllowedError: One may not be seen.
        SurveyError: It is not told.
    """
    answer = await _told(line, names or None)
    for topic in answer.topics:
        if topic.error_code == ErrorCode.unknown_topic_or_partition:
            raise UnknownTopicError(_unknown(str(topic.name), await _told(line, None)))
        check(topic.error_code, f"topic {topic.name}")
    wanted = sorted((each for each in answer.topics if names or not each.is_internal), key=lambda each: str(each.name))
    addresses = {int(broker.node_id): Address(broker.host, broker.port) for broker in answer.brokers}
    if not addresses:
        raise SurveyError("the cluster tells of no broker")
    return Layout(
        answer.cluster_id,
        tuple(map(_topic, wanted)),
        {str(topic.name): _keeper(topic, addresses) for topic in wanted},
        addresses,
    )


def check(error: ErrorCode, what: str) -> None:
    """
    Whether *what* was told.

    Raises:
        SurveyError: It was not.
    """
    if error in (ErrorCode.topic_authorization_failed, ErrorCode.cluster_authorization_failed):
        raise NotAllowedError(
            f"the cluster does not let everybody describe {what}: {error.name.upper()}; allow User:ANONYMOUS the"
            " operations Describe and DescribeConfigs, or give the settings by file"
        )
    if error != ErrorCode.none:
        raise SurveyError(f"the cluster does not tell of {what}: {error.name.upper()}")


async def _told(line: Line, names: Iterable[str] | None) -> MetadataResponse:
    body = MetadataRequest(
        topics=None if names is None else tuple(map(topic_request, names)),
        allow_auto_topic_creation=False,
        include_topic_authorized_operations=False,
    )
    return await line.ask(body, MetadataResponse, CAN_FORBID_CREATION)


def _unknown(name: str, everything: MetadataResponse) -> str:
    known = sorted(str(topic.name) for topic in everything.topics if not topic.is_internal)
    near = get_close_matches(name, known, 1)
    said = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none that may be seen'}"
    return f"the cluster has no topic {name}; {said}"


def _topic(topic: MetadataResponseTopic) -> SurveyedTopic:
    return SurveyedTopic(
        str(topic.name),
        len(topic.partitions),
        min((len(each.replica_nodes) for each in topic.partitions), default=0),
        tuple(
            sorted(
                int(each.partition_index) for each in topic.partitions if not {*each.isr_nodes} >= {*each.replica_nodes}
            )
        ),
    )


def _keeper(topic: MetadataResponseTopic, addresses: Mapping[int, Address]) -> int:
    """A broker that keeps the *topic*, its leader rather than another; any broker if all that keep it are gone."""
    partitions = sorted(topic.partitions, key=lambda each: each.partition_index)
    leaders = [int(each.leader_id) for each in partitions]
    replicas = [int(replica) for each in partitions for replica in each.replica_nodes]
    return next(broker for broker in (*leaders, *replicas, *sorted(addresses)) if broker in addresses)
