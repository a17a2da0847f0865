"""Offsets that groups have committed, as their coordinators know them."""

from collections.abc import Mapping, Sequence

from kio.schema.errors import ErrorCode
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest, OffsetFetchRequestGroup
from kio.schema.offset_fetch.v9.response import OffsetFetchResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import GroupId
from ackproof.reference.protocol.request import Caller, Request
from ackproof.reference.simulator.cluster import Cluster

VERSION = 9
Offsets = Mapping[tuple[str, int], int]
"""By topic and partition."""


class Asked:
    """A question for the offsets of a group, to all brokers, as one of them may know."""

    def __init__(self, cluster: Cluster, group: str) -> None:
        asked = OffsetFetchRequestGroup(group_id=GroupId(group), topics=None)
        request = Request(OffsetFetchRequest(groups=(asked,)), VERSION, "audit")
        self._answers: Sequence[Future[ResponsePayload | None]] = [
            machine.broker.serve(Caller(), request) for machine in cluster.machines.values() if machine.broker
        ]

    @property
    def offsets(self) -> Offsets:
        """What the coordinator has answered by now; nothing if it has not."""
        for answer in self._answers:
            response = answer.result() if answer.is_done else None
            if isinstance(response, OffsetFetchResponse) and response.groups[0].error_code is ErrorCode.none:
                return {
                    (topic.name, partition.partition_index): partition.committed_offset
                    for topic in response.groups[0].topics
                    for partition in topic.partitions
                }
        return {}
