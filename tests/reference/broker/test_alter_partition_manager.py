from uuid import UUID

import pytest
from kio.schema.alter_partition.v3.request import AlterPartitionRequest
from kio.schema.alter_partition.v3.response import AlterPartitionResponse, PartitionData, TopicData
from kio.schema.errors import ErrorCode
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.broker.partitions.altering import Alteration, Altered, AlterPartitionManager
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, duration, i32

TOPIC_ID = UUID(int=1)


class Scene:
    """A broker's questions, and a controller that answers when it is told to."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.asked: list[AlterPartitionRequest] = []
        self.future = Future[ResponsePayload](self.clock)
        self.manager = AlterPartitionManager(self.clock, self, 1, lambda: 10)

    def ask(self, body: RequestPayload) -> Future[ResponsePayload]:
        assert isinstance(body, AlterPartitionRequest)
        self.asked.append(body)
        self.future = Future[ResponsePayload](self.clock)
        return self.future

    def want(self, partition: int, partition_epoch: int = 0) -> Future[Altered]:
        future = self.manager.alter_partition(Alteration(TOPIC_ID, partition, 0, partition_epoch, ((1, 10),)))
        future.then(lambda: None)
        return future

    def answer(self, *errors: ErrorCode, error: ErrorCode = ErrorCode.none) -> None:
        """An error for each partition that was asked for last."""
        asked = self.asked[-1].topics[0].partitions
        partitions = tuple(
            PartitionData(
                partition_index=each.partition_index,
                error_code=code,
                leader_id=BrokerId(1),
                leader_epoch=i32(0),
                isr=(BrokerId(1),),
                partition_epoch=i32(each.partition_epoch + 1),
            )
            for each, code in zip(asked, errors, strict=False)
        )
        topics = (TopicData(topic_id=TOPIC_ID, partitions=partitions),)
        self.future.resolve(AlterPartitionResponse(throttle_time=duration(0), error_code=error, topics=topics))
        self.clock.run_until(self.clock.now_ms)

    def pass_time(self, duration_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)


def partitions(request: AlterPartitionRequest) -> list[int]:
    return [each.partition_index for topic in request.topics for each in topic.partitions]


def test_what_is_wanted_at_the_same_time_is_asked_together() -> None:
    scene = Scene()
    futures = [scene.want(0), scene.want(1)]
    scene.pass_time(0)
    scene.answer(ErrorCode.none, ErrorCode.ineligible_replica)

    assert [partitions(each) for each in scene.asked] == [[0, 1]]
    assert (scene.asked[0].broker_id, scene.asked[0].broker_epoch) == (1, 10)
    assert futures[0].result() == Altered(0, 1, (1,))
    with pytest.raises(KafkaError):
        futures[1].result()


def test_there_is_one_request_at_a_time() -> None:
    scene = Scene()
    scene.want(0)
    scene.pass_time(0)
    scene.want(1)
    scene.pass_time(1_000)
    before = len(scene.asked)
    scene.answer(ErrorCode.none)

    assert before == 1
    assert [partitions(each) for each in scene.asked] == [[0], [1]]


def test_a_refusal_as_a_whole_is_asked_again_soon() -> None:
    scene = Scene()
    future = scene.want(0)
    scene.pass_time(0)
    scene.answer(error=ErrorCode.stale_broker_epoch)
    scene.pass_time(50)
    scene.answer(ErrorCode.none)

    assert len(scene.asked) == 2
    assert future.result().partition_epoch == 1


def test_of_one_partition_the_last_that_is_wanted_counts() -> None:
    scene = Scene()
    first = scene.want(0)
    scene.pass_time(0)
    second, third = scene.want(0, 5), scene.want(0, 6)
    scene.answer(ErrorCode.none)
    scene.answer(ErrorCode.none)

    assert [first.result().partition_epoch, third.result().partition_epoch] == [1, 7]
    assert isinstance(second.error, KafkaError)
    assert second.error.code is ErrorCode.operation_not_attempted


def test_a_partition_that_the_controller_says_nothing_of_has_failed() -> None:
    scene = Scene()
    future = scene.want(0)
    scene.pass_time(0)
    scene.answer()

    assert isinstance(future.error, KafkaError)
