"""What goes wrong with transactions on the stage, by the names of the model's faults."""

from collections.abc import Callable, Mapping
from functools import partial

from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest

from ackproof.reference.refinement.transactions.logs import Ended, Written, history_of
from ackproof.reference.refinement.transactions.network import Parcel
from ackproof.reference.refinement.transactions.piping import StagedPipe
from ackproof.reference.refinement.transactions.setting import OFFSETS_TOPIC, OUTPUT, STATE_TOPIC
from ackproof.reference.refinement.transactions.stage import SHORT_SESSION_MS, TimedStage
from ackproof.reference.transactions.states.state import State

HELD_MS, BACK_MS = 300, 2_500
"""How long a request is held back, at most; how long a broker is down, which is longer than its session."""

ZOMBIES = 3
"""Of so many processes that seem to die one stands still."""

Fault = Callable[[TimedStage, int], bool]
"""Has it happen to one of what it can happen to, which a number chooses; whether it can happen now."""


def lose_request(stage: TimedStage, choice: int) -> bool:
    """A request that no broker has decided on is lost, and its connection with it."""
    return lose(stage, choice, is_answered=False)


def lose_answer(stage: TimedStage, choice: int) -> bool:
    """The answer to a request is lost with its connection."""
    return lose(stage, choice, is_answered=True)


def lose(stage: TimedStage, choice: int, *, is_answered: bool) -> bool:
    """One of what is on its way is lost."""
    found = [each for each in on_the_wire(stage) if is_at(each, is_answered=is_answered) and not each.is_silent]
    found = [each for each in found if stage.network.is_alone(each)]
    if not found:
        return False
    stage.network.lose(found[choice % len(found)])
    return True


def on_the_wire(stage: TimedStage) -> list[Parcel]:
    """What all instances have sent and not heard of."""
    return [parcel for index in range(len(stage.instances)) for parcel in stage.on_the_wire(index)]


def is_at(parcel: Parcel, *, is_answered: bool) -> bool:
    """Whether a request has been decided on, and that can still be lost; or else has not even begun to be."""
    return parcel.response is not None and not parcel.sender.is_paused if is_answered else parcel.answer is None


def pass_deadline(stage: TimedStage, choice: int) -> bool:
    """A batch passes its deadline, as it does not arrive, or its answer does not."""
    batches = [each for each in on_the_wire(stage) if each.asked is not None and each.asked.kind == "produce"]
    found = [each for each in batches if is_at(each, is_answered=bool(choice % 2)) and stage.network.is_alone(each)]
    if not found or not stage.has_deadline:
        return False
    stage.network.silence(found[0])
    return True


def pause(stage: TimedStage, choice: int) -> bool:
    """A process stands still until its transaction has timed out."""
    index = choice % len(stage.instances)
    instance = stage.instances[index]
    process, metadata = instance.process, stage.metadata(instance.name)
    is_open = metadata is not None and metadata.state is State.ONGOING
    is_too_short = stage.has_deadline or stage.has_outages
    if process is None or is_too_short or process.is_paused or not (is_open and instance.is_in_transaction):
        return False
    process.pause()
    stage.clock.call_at(stage.clock.now_ms + stage.timeout_ms + 200 + choice, process.resume)
    return True


def put_out(stage: TimedStage, choice: int) -> bool:
    """A process stands still until its group has put it out; its transaction does not time out."""
    instance = stage.instances[choice % len(stage.instances)]
    process = instance.process
    if not isinstance(instance, StagedPipe) or process is None or process.is_paused or stage.has_deadline:
        return False
    is_asking = instance.owns and not instance.is_in_transaction and instance.place is None
    if is_asking or not stage.has_pauses or not stage.is_member(instance) or stage.is_rejoining(instance):
        return False
    process.pause()
    stage.clock.call_at(stage.clock.now_ms + SHORT_SESSION_MS + 100 + choice, process.resume)
    return True


def hold_back(stage: TimedStage, choice: int) -> bool:
    """A request, or a marker, is held back by the network, and its sender gives up on it."""
    found = [each for each in stage.network.parcels if each.answer is None and each.is_waiting]
    found = [each for each in found if not (stage.is_replicated and is_there(stage, each))]
    held = [each.asked for each in stage.network.parcels if each.is_held and each.answer is None]
    found = [each for each in found if stage.network.is_alone(each) and (each.asked is None or each.asked not in held)]
    if not found:
        return False
    stage.network.hold_back(found[choice % len(found)], stage.clock.now_ms + 1 + choice * HELD_MS // 100)
    return True


def is_there(stage: TimedStage, parcel: Parcel) -> bool:
    """Whether a marker is sent once more that is there: where brokers go its transaction is over to the model."""
    body = parcel.letter.request.body
    if not isinstance(body, WriteTxnMarkersRequest):
        return False
    return all(
        ends_with_marker(stage, topic.name, int(marker.producer_id), int(marker.producer_epoch))
        for marker in body.markers
        for topic in marker.topics
    )


def ends_with_marker(stage: TimedStage, topic: str, producer_id: int, producer_epoch: int) -> bool:
    """Whether the last thing that a producer has in a topic is a marker of this epoch."""
    last: Written | Ended | None = None
    for each in history_of(stage.log(topic)) if stage.led(topic) is not None else ():
        if (each.marker if isinstance(each, Ended) else each.batch).producer_id == producer_id:
            last = each
    return isinstance(last, Ended) and last.marker.producer_epoch == producer_epoch


def crash(stage: TimedStage, choice: int) -> bool:
    """The process of an instance dies with what it has sent, or without, or seems to; another one starts later."""
    index = choice % len(stage.instances)
    instance = stage.instances[index]
    process = instance.process
    if process is None or stage.is_rejoining(instance):
        return False
    if choice % ZOMBIES == 0 and stage.can_be_replaced(instance):
        stage.replace(index, process)
        return True
    mine = [each for each in stage.network.parcels if each.sender is process and each.is_waiting]
    # A group knows of no crash before the session has expired, and would take the offsets; the model has it know.
    if choice % 2 or any(each.asked is not None and each.asked.kind == "commit-offsets" for each in mine):
        unseen = [each for each in mine if each.answer is None]
        if unseen and any(each.is_being_decided for each in mine):
            # The model has all of it arrive, or nothing.
            return False
        for parcel in unseen:
            stage.network.lose(parcel)
    instance.crash()
    stage.start_once_it_is_quiet(index, process)
    return True


def change_leader(stage: TimedStage, choice: int) -> bool:
    """Another broker leads the output."""
    return move(stage, OUTPUT, choice)


def fail_over(stage: TimedStage, choice: int) -> bool:
    """Another broker coordinates transactions, or the group."""
    topics = (STATE_TOPIC, OFFSETS_TOPIC) if stage.setting.has_group else (STATE_TOPIC,)
    return move(stage, topics[choice % len(topics)], choice // len(topics))


def move(stage: TimedStage, topic: str, choice: int) -> bool:
    """Another replica of a topic leads."""
    image = stage.cluster.image.partition(topic, 0)
    assert image is not None
    others = [each for each in image.in_sync_replicas if each != image.leader and stage.cluster.image.is_active(each)]
    if is_writing(stage):
        return False
    return bool(others) and stage.cluster.controller.move_leader(topic, 0, others[choice % len(others)])


def is_writing(stage: TimedStage) -> bool:
    """Whether something is not committed: who leads next may have it or not, whatever its client hears."""
    return stage.is_replicating() or stage.has_uncommitted(STATE_TOPIC)


def crash_broker(stage: TimedStage, choice: int) -> bool:
    """A broker's process dies, and starts again once the controller has noticed."""
    machines = list(stage.cluster.machines.values())
    if not stage.cluster.is_ready or is_writing(stage):
        return False
    machine = machines[choice % len(machines)]
    assert machine.broker is not None
    assert machine.process is not None
    machine.broker.checkpoint()
    stage.network.lose_all(machine.process)
    machine.crash()
    stage.clock.call_at(stage.clock.now_ms + BACK_MS, partial(stage.cluster.start, machine))
    return True


FAULTS: Mapping[str, Fault] = {
    "request-lost": lose_request,
    "response-lost": lose_answer,
    "request-delayed": hold_back,
    "broker-crash": crash_broker,
    "leader-change": change_leader,
    "coordinator-failover": fail_over,
    "consumer-pause": put_out,
    "producer-crash": crash,
    "producer-pause": pause,
    "send-timeout": pass_deadline,
}
"""What can go wrong, by the model's names."""
