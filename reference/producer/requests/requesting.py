"""Requesting: batches as one produce request, and its answer taken apart."""

from collections.abc import Callable, Sequence

from kio.schema.produce.v12.request import PartitionProduceData, ProduceRequest, TopicProduceData
from kio.schema.produce.v12.response import ProduceResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.node import Node
from ackproof.reference.client.nodes import Nodes
from ackproof.reference.kernel.future import Future
from ackproof.reference.kernel.making import cheaply
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.requests.answer import Answer, answer_of, failure_of
from ackproof.reference.producer.requests.wire import Wire
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.protocol.primitive import Records, TopicName, TransactionalId, duration, i16, i32

new_request = cheaply(ProduceRequest)
new_topic, new_partition = cheaply(TopicProduceData), cheaply(PartitionProduceData)

NEWEST_OF_TRANSACTION_VERSION_1 = 11
"""From 12 on, a batch adds its partition to the transaction (KIP-890)."""


class Requesting:
    """
    Sends batches to their leaders.

    Source: ``Sender.sendProduceRequest``, ``handleProduceResponse``.
    """

    def __init__(
        self, nodes: Nodes, settings: ProducerSettings, wire: Wire, heard: Callable[[ProducerBatch, Answer], None]
    ) -> None:
        self._nodes = nodes
        self._settings = settings
        self._wire = wire
        self._heard = heard

    def put(self, node: Node, batches: Sequence[ProducerBatch]) -> None:
        """*batches* are about to be sent."""
        for batch in batches:
            batch.is_on_wire = True
            self._wire.put(batch, node)

    def send(
        self, node: Node, batches: Sequence[ProducerBatch], adds_implicitly: bool, answered: Callable[[], None]
    ) -> None:
        """
        Send *batches* in one request.

        Args:
            node: To whom.
            batches: One of a partition.
            adds_implicitly: They add their partition to the transaction, if there is one.
            answered: Is called after the answer was taken in.
        """
        transactional_id = self._settings.transactional_id
        at_most = None if transactional_id is None or adds_implicitly else NEWEST_OF_TRANSACTION_VERSION_1
        body = new_request(
            transactional_id=None if transactional_id is None else TransactionalId(transactional_id),
            acks=i16(self._settings.required_acks),
            timeout=duration(self._settings.request_timeout_ms),
            topic_data=topics_of(batches),
        )
        if self._settings.required_acks == 0:
            self._nodes.tell(node, body, at_most=at_most)
            for batch in batches:
                self._heard(batch, Answer())
            return
        answer = self._nodes.send(node, body, at_most=at_most)

        def take_in() -> None:
            self._answered(batches, answer)
            answered()

        answer.then(take_in)

    def _answered(self, batches: Sequence[ProducerBatch], answer: Future[ResponsePayload]) -> None:
        if answer.error is not None:
            failure = failure_of(answer)
            for batch in batches:
                self._heard(batch, failure)
            return
        response = answer.result()
        assert isinstance(response, ProduceResponse)
        sent = {batch.place: batch for batch in batches}
        for topic in response.responses:
            for told in topic.partition_responses:
                place = (str(topic.name), int(told.index))
                # A partition that was not asked about says nothing.
                if place in sent:
                    self._heard(sent[place], answer_of(told))


def topics_of(batches: Sequence[ProducerBatch]) -> tuple[TopicProduceData, ...]:
    """Batches as a request has them."""
    topics = dict[str, list[PartitionProduceData]]()
    for batch in batches:
        data = new_partition(index=i32(batch.partition), records=Records(batch.close()))
        topics.setdefault(batch.topic, []).append(data)
    return tuple(
        [new_topic(name=TopicName(topic), partition_data=tuple(partitions)) for topic, partitions in topics.items()]
    )
