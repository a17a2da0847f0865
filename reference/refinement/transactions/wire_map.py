"""What is on its way on the stage of transactions, in the words of the model."""

from collections.abc import Iterator, Mapping
from typing import cast

from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.static.protocol import ResponsePayload

from ackproof.model.transactions.request import Answer, Error, Request
from ackproof.model.transactions.wire import Sent, Wire, with_sent
from ackproof.reference.refinement.transactions.application import StagedProducer
from ackproof.reference.refinement.transactions.network import Parcel, TimedNetwork
from ackproof.reference.refinement.transactions.requests import epoch_in, error_in, markers_of
from ackproof.reference.refinement.transactions.setting import OUTPUT_PLACE
from ackproof.reference.refinement.transactions.stage import TimedStage

CALLED: Mapping[str, str] = {
    "UNKNOWN_MEMBER_ID": "ILLEGAL_GENERATION",
    "NOT_ENOUGH_REPLICAS": "CONCURRENT_TRANSACTIONS",
    "COORDINATOR_NOT_AVAILABLE": "CONCURRENT_TRANSACTIONS",
}
"""
What errors are called in the model, where that is another name.

Older clients know of no CONCURRENT_TRANSACTIONS from who asks for them whether a partition is in the transaction
(``ReplicaManager.handleProduceAppend``); where brokers go, such answers decide nothing.
"""

OUT_OF_ORDER, CONCURRENT = Answer("OUT_OF_ORDER_SEQUENCE_NUMBER"), Answer("CONCURRENT_TRANSACTIONS")


def wire(stage: TimedStage) -> Wire:
    """What clients have sent and have not heard the answer to."""
    sent = (each for index in range(len(stage.instances)) for each in sent_by(stage, index))
    return with_sent((), *sent)


def sent_by(stage: TimedStage, index: int) -> Iterator[Sent]:
    """What an instance has sent, and what its last process has."""
    instance = stage.instances[index]
    mine = [each for each in stage.network.parcels if each.asked is not None and each.asked.writer == index]
    batches = [each for each in mine if each.asked is not None and each.asked.kind == "produce"]
    # A batch out of order is sent again and again until its deadline: in the model its answer is heard only then.
    refused = [each for each in batches if is_out_of_order(each)]
    for parcel in mine:
        if parcel.is_silent and not is_wanted(parcel, instance):
            parcel.is_lost = True
        is_back = parcel.is_held or parcel.is_turned_away
        if parcel.asked is None or is_back or any(parcel.asked == each.asked for each in refused):
            continue
        is_heard_by_somebody = parcel.sender is instance.process and not is_broken(instance)
        if parcel.is_waiting and is_heard_by_somebody:
            response = parcel.response
            yield Sent(parcel.asked, None if response is None else answer_of(response))
        elif parcel.is_under_way and not is_heard_by_somebody:
            yield Sent(parcel.asked, is_orphan=True)
    if refused and is_wanted(refused[-1], instance):
        yield from (Sent(each.asked, OUT_OF_ORDER) for each in refused[-1:] if each.asked is not None)
    elif (
        batches
        and (batches[-1].is_gone or is_put_off(batches[-1], stage, instance))
        and is_wanted(batches[-1], instance)
    ):
        # It is to be sent again, and in the model it is under way already.
        yield from (Sent(each.asked) for each in batches[-1:] if each.asked is not None)


def is_out_of_order(batch: Parcel) -> bool:
    """Whether a batch was refused as one before it is missing."""
    response = batch.response
    return response is not None and answer_of(response) == OUT_OF_ORDER


def is_broken(instance: StagedProducer) -> bool:
    """Whether the producer of an instance can not go on: it does not care what becomes of what it has sent."""
    return instance.producer is not None and instance.producer.state == "fatal error"


def is_put_off(batch: Parcel, stage: TimedStage, instance: StagedProducer) -> bool:
    """Whether a batch is to come once more, as the last transaction is not over yet, and the model remembers that."""
    producer = instance.producer
    is_aborting = producer is not None and producer.state in ("abortable error", "aborting transaction")
    if not (is_aborting or stage.setting.rules.ends_where_unresolved):
        return False
    response = batch.response
    return batch.is_heard and response is not None and answer_of(response) == CONCURRENT


def is_wanted(batch: Parcel, instance: StagedProducer) -> bool:
    """Whether the present process has sent a batch, and does not know what has become of it."""
    producer = instance.producer
    if producer is None or is_broken(instance) or batch.sender is not instance.process or batch.asked is None:
        return False
    return any(
        place == OUTPUT_PLACE and any(each.base_sequence == batch.asked.sequence for each in numbers.in_flight)
        for place, numbers in producer.numbers()
    ) and (batch.asked.epoch, batch.asked.serial) == (producer.identity.epoch, instance.serial)


def delayed(network: TimedNetwork, writers: Mapping[int, int]) -> tuple[Request, ...]:
    """What the network holds back, and what it has let go and nobody has decided on, as while a follower is down."""
    held = set[Request]()
    for parcel in network.parcels:
        if not parcel.is_held or (parcel.response is not None and not parcel.is_turned_away):
            continue
        body = parcel.letter.request.body
        if parcel.asked is not None:
            held.add(parcel.asked)
        elif isinstance(body, WriteTxnMarkersRequest):
            held.update(markers_of(body, writers))
    return tuple(sorted(held, key=str))


def answer_of(response: ResponsePayload) -> Answer:
    """An answer, as the model has it."""
    error = error_in(response)
    if error != "NONE":
        return Answer(cast("Error", CALLED.get(error, error)))
    return Answer(epoch=epoch_in(response))
