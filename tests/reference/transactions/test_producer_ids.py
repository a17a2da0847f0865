import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError
from ackproof.reference.transactions.producer_ids import ProducerIdBlock, ProducerIdManager


@attrs.define
class Controller:
    clock: VirtualClock
    asked: list[Future[ProducerIdBlock]] = attrs.Factory(list[Future[ProducerIdBlock]])

    def allocate(self) -> Future[ProducerIdBlock]:
        future = Future[ProducerIdBlock](self.clock)
        self.asked.append(future)
        return future


@attrs.define
class Scene:
    clock: VirtualClock = attrs.Factory(VirtualClock)
    controller: Controller = attrs.Factory(lambda self: Controller(self.clock), takes_self=True)
    ids: ProducerIdManager = attrs.Factory(lambda self: ProducerIdManager(self.clock, self.controller), takes_self=True)

    def give(self, first: int, size: int) -> None:
        self.controller.asked[-1].resolve(ProducerIdBlock(first, size))
        self.clock.run_until(self.clock.now_ms)

    def taken(self, count: int) -> list[int]:
        return [self.ids.next_producer_id() for _ in range(count)]


def loading(scene: Scene) -> None:
    with pytest.raises(KafkaError) as refused:
        scene.ids.next_producer_id()
    assert refused.value.code is ErrorCode.coordinator_load_in_progress


def test_the_first_who_asks_waits_for_a_block() -> None:
    scene = Scene()
    loading(scene)
    scene.give(1_000, 10)

    assert scene.taken(2) == [1_000, 1_001]


def test_only_one_block_is_asked_for() -> None:
    scene = Scene()
    loading(scene)
    loading(scene)

    assert len(scene.controller.asked) == 1


def test_the_next_block_is_asked_for_before_this_one_is_used_up() -> None:
    scene = Scene()
    loading(scene)
    scene.give(0, 10)
    scene.taken(9)
    assert len(scene.controller.asked) == 1
    scene.taken(1)
    assert len(scene.controller.asked) == 2
    scene.give(50, 10)

    assert scene.taken(2) == [50, 51]


def test_after_a_failure_it_is_asked_again_but_not_at_once() -> None:
    scene = Scene()
    loading(scene)
    scene.controller.asked[-1].fail(DisconnectedError())
    scene.clock.run_until(49)
    loading(scene)
    assert len(scene.controller.asked) == 1
    scene.clock.run_until(50)
    loading(scene)

    assert len(scene.controller.asked) == 2
