"""Two brokers with the same records, one of which coordinates the group."""

from dataclasses import replace
from typing import Any

from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.fetch.v12.response import FetchResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.primitive import BrokerId, Records
from ackproof.reference.protocol.request import Address, Request
from tests.reference.client.scripted import ScriptedServer, metadata
from tests.reference.consumer.script import Answer
from tests.reference.consumer.scripted_coordinator import ADDRESS
from tests.reference.consumer.scripted_group import ScriptedGroup

SECOND = Address("second", 9092)


class TwoBrokers(ScriptedGroup):
    """
    Brokers 1 and 2; either answers fetches for every partition.

    Attributes:
        leaders: By the number of a partition of topic t.
        names_second: Broker 1 names the other one as nearer, to whoever says where it is (KIP-392).
        second_is_known: Metadata has broker 2.
        second_error: What broker 2 says about every partition.
    """

    def __init__(self, leaders: dict[int, int]) -> None:
        self.leaders = leaders
        self.names_second = False
        self.second_is_known = True
        self.second_error = ErrorCode.none
        super().__init__({"t": len(leaders)})
        answers: dict[str, Answer] = {
            "metadata": self.metadata,
            "fetch": self.fetch_from_second,
            "list_offsets": self.list_offsets,
            "offset_for_leader_epoch": self.epoch_end,
        }
        self.second: ScriptedServer = self.network.serve(SECOND, answers)

    def metadata(self, request: Request) -> ResponsePayload:
        brokers = {1: ADDRESS, 2: SECOND} if self.second_is_known else {1: ADDRESS}
        return metadata(brokers, {"t": self.leaders}, {"t": self.leader_epoch})

    def fetch(self, request: Request) -> ResponsePayload | None:
        body = request.body
        assert isinstance(body, FetchRequest)
        if not (self.names_second and body.rack_id):
            return super().fetch(request)
        return changed(self.fetched(body), preferred_read_replica=BrokerId(2), records=Records(b""))

    def lose_second(self) -> None:
        """Broker 2 is gone."""
        del self.network.servers[SECOND]
        self.second.drop()

    def fetch_from_second(self, request: Request) -> ResponsePayload | None:
        body = request.body
        assert isinstance(body, FetchRequest)
        if self.second_error == ErrorCode.none:
            return super().fetch(request)
        return changed(self.fetched(body), error_code=self.second_error, records=None)


def changed(answer: FetchResponse, **fields: Any) -> FetchResponse:
    """The answer, with these fields of each partition."""
    topics = (
        replace(topic, partitions=tuple(replace(data, **fields) for data in topic.partitions))
        for topic in answer.responses
    )
    return replace(answer, responses=tuple(topics))
