"""What a director has transactional clients and the brokers do, by the actions of the model."""

from functools import partial

from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.produce.v12.request import ProduceRequest

from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.request import Request
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.transactions.ahead import let_by
from ackproof.reference.refinement.directing.transactions.application import DirectedInstance
from ackproof.reference.refinement.directing.transactions.coming import (
    adds_output_before,
    adds_output_beside,
    batches_beside_offsets,
    gives_up_next,
    offset_to_commit,
    offsets_without_batch,
    sends_batch_later,
)
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.directing.transactions.offsets import finish_offsets, lose_offsets, pass_on
from ackproof.reference.refinement.transactions.setting import GROUP
from ackproof.reference.simulator.applications.producing import BytesProducer

LIMIT_MS = 200_000
"""How long to wait for what a transaction's timeout decides."""


def append(director: TransactionDirector, move: Move) -> None:
    """The next record is in the log."""
    writer = director.stage.writer
    writer.hand_over()
    director.until(lambda: writer.next - 1 in writer.offsets, "the append")


def locate(director: TransactionDirector, move: Move) -> None:
    """An owner learns where to start, at first or after an abort; it has to wait while offsets may be committed."""
    index, _, after = move.changed()
    shard = director.stage.shard()
    if director.stage.setting.rules.requires_stable_offsets and shard is not None and shard.offsets.has_pending(GROUP):
        director.to_locate.add(index)
    else:
        start(director, index, after.position)


def start(director: TransactionDirector, index: int, position: int | None) -> None:
    """An owner asks what is committed, and starts there."""
    instance, network = director.instance(index), director.network
    director.to_locate.discard(index)
    network.pass_through(OffsetFetchRequest)
    if position_of(instance) is None:
        instance.polls = True
    else:
        # What retention has deleted may be in its consumer's hands.
        instance.rewind(has_fetched=position == director.stage.committed)
        director.until(lambda: instance.calls["rewind"].is_done, "the committed offset")
    # What is committed may be out of range, which it learns as it fetches.
    director.until(lambda: position_of(instance) == position, f"a start at {position}")
    network.passing.discard(OffsetFetchRequest)


def position_of(instance: DirectedInstance) -> int | None:
    """The offset of the record that an instance takes next; None if it has no position."""
    if instance.in_hand:
        return instance.in_hand[0][0]
    return None if instance.consumer is None else instance.consumer.view().positions.get(PLACE)


def begin(director: TransactionDirector, move: Move) -> None:
    """The application takes a record, and calls beginTransaction."""
    index, before, after = move.changed()
    instance = director.instance(index)
    producer = instance.producer
    if index in director.to_locate:
        start(director, index, before.position)
    director.until(lambda: producer is not None and producer.state == "ready", "the end of the last transaction")
    take(director, instance, after.first, after.upto)
    instance.begin()
    director.until(lambda: instance.calls["begin"].is_done, "beginTransaction")
    instance.calls["begin"].result()


def take(director: TransactionDirector, instance: DirectedInstance, record: int, upto: int | None = None) -> None:
    """An instance is handed the next record of the log, or all *upto* one, if it reads one."""
    if not director.stage.setting.has_group:
        return
    # Who stood still for long is assigned the partition anew, and asks once more where to start.
    director.network.pass_through(OffsetFetchRequest)
    wanted = 1 if upto is None else upto - record
    while (had := len(instance.in_hand)) < wanted:
        instance.polls = True
        director.until(partial(has_more, instance, had), "being handed a record")
    director.network.passing.discard(OffsetFetchRequest)
    if instance.in_hand[0] != (record, record):
        raise NotDirectedError(f"{instance.name} is handed the record at offset {instance.in_hand[0][0]}")


def has_more(instance: DirectedInstance, than: int) -> bool:
    """Whether an instance has more records in hand than so many."""
    return len(instance.in_hand) > than


def ask(director: TransactionDirector, request: Request, asks: Instance) -> Waiting:
    """An application does what its client's request comes from, if it has not; then the request waits."""
    call(director, request, asks)
    let_by(director, request)
    return director.wait_for(request)


def ask_ahead(director: TransactionDirector, request: Request) -> None:
    """What is asked for before a *request* that is lost is sent again, the application asks for before that is lost."""
    for move in director.coming[1:]:
        following = move.request
        if following is not None and following.writer == request.writer and move.action != "late":
            asks = move.instances_before[request.writer]
            if following.kind == "add-output":
                hand_over_next(director, request.writer, asks)
            elif following.kind != request.kind and not is_first_again(director, request):
                call(director, following, asks)
            return


def is_first_again(director: TransactionDirector, request: Request) -> bool:
    """Whether the output is added once more before the offsets are, as a batch is on its way before these are."""
    rules = director.stage.setting.rules
    return (
        request.kind == "add-output"
        and not rules.sends_meanwhile
        and bool(adds_output_before(director, request.writer))
    )


def hand_over_next(director: TransactionDirector, index: int, asks: Instance) -> None:
    """The next record is handed over, if it is not, and nothing is answered before."""
    instance = director.instance(index)
    if asks.next not in instance.handed:
        take(director, instance, asks.next)
        instance.hand_over(asks.next)


def call(director: TransactionDirector, request: Request, asks: Instance) -> None:
    """An application does what its client's request comes from, if it has not."""
    instance = director.instance(request.writer)
    if request.kind == "commit-offsets" and director.at_the_door(request) is None:
        finish_offsets(director, instance)
    match request.kind:
        case "produce" | "add-output" if asks.phase == "in-transaction" and asks.next not in instance.handed:
            take(director, instance, asks.next)
            instance.hand_over(asks.next)
        case "add-offsets" | "commit-offsets" if "offsets" not in instance.calls:
            if sends_batch_later(director, request.writer):
                send_ahead(director, request.writer, asks)
            adds_beside = asks.next not in instance.handed and adds_output_beside(director, request)
            if adds_beside:
                take(director, instance, asks.next)
            assert instance.consumer is not None
            instance.send_offsets(offset_to_commit(director, request, asks), instance.consumer.group_metadata)
            if adds_beside:
                instance.hand_over(asks.next)
            if request.kind == "commit-offsets" and "offsets" in asks.added:
                # Whoever has committed some in this transaction adds them once more, and nothing comes of that.
                pass_on(director, instance)
        case "commit" | "abort" if request.kind not in instance.calls:
            if request.kind == "abort" and director.stage.setting.rules.adds_partitions_implicitly:
                begin_to_send(instance)
            if instance.producer is not None and instance.producer.state == "abortable error":
                lose_offsets(director, instance)
            instance.end(request.kind)
            pass_on(director, instance)
        case _:
            pass


def begin_to_send(instance: DirectedInstance) -> None:
    """Who has sent nothing sends something just before it aborts: else its client would ask for no end."""
    if instance.in_hand and not instance.handed and "offsets" not in instance.calls:
        instance.hand_over(instance.in_hand[0][1])


def send_ahead(director: TransactionDirector, writer: int, asks: Instance) -> None:
    """The next batches are on their way before the offsets are, as while these are its client sends no batch."""
    instance, rules = director.instance(writer), director.stage.setting.rules
    own = [asks.next] if asks.next < asks.upto else []
    if instance.in_flight > 1:
        own = batches_beside_offsets(director, writer)
    adding = [] if rules.sends_meanwhile else adds_output_before(director, writer)
    for move in adding:
        director.take_ahead(move)
    if rules.adds_partitions_implicitly or "output" in asks.added or adding:
        for record in [record for record in own if record not in instance.handed]:
            take(director, instance, record)
            instance.hand_over(record)
        director.calm()


def requested(director: TransactionDirector, move: Move) -> tuple[Request, Waiting]:
    """The request that a step is about, once it waits."""
    request = move.request
    assert request is not None
    waiting = ask(director, request, move.instances_before[request.writer])
    commits_beside(director, move, request)
    return request, waiting


def commits_beside(director: TransactionDirector, move: Move, request: Request) -> None:
    """The application commits while a batch is about to fail: its client does not ask for another epoch then."""
    after, instance, rules = move.instances_after[request.writer], director.instance(request.writer), move.client.rules
    is_failing = request.kind == "produce" and after.phase == "aborting" and not after.needs_bump
    bumps = rules.bumps_epoch_after_failed_batch and not rules.bumps_epoch_at_every_end
    if is_failing and bumps and "commit" not in instance.calls:
        instance.end("commit")
        director.calm()


def answer(director: TransactionDirector, move: Move) -> None:
    """A request is served, and its answer heard; an abort of which no broker has to hear is over at once."""
    asked = move.request
    assert asked is not None
    if asked.kind == "abort":
        call(director, asked, move.instances_before[asked.writer])
        director.calm()
        for waiting in director.asked_by(director.instance(asked.writer), ProduceRequest):
            # A batch that is sent once more is answered first.
            director.serve(waiting)
            director.hear(waiting)
        if director.instance(asked.writer).calls["abort"].is_done:
            go_on(director, move, asked.writer)
            return
    call(director, asked, move.instances_before[asked.writer])
    let_by(director, asked)
    if is_broken(director, asked.writer) and move.error != "NONE":
        # Something that it has asked for before has told it so.
        go_on(director, move, asked.writer)
        return
    request, waiting = requested(director, move)
    waiting = director.decide(request, waiting, move.error)
    if request.kind == "add-output" and gives_up_next(director, request.writer):
        # Once that is heard a batch is on its way, and no abort is before that is answered.
        director.instance(request.writer).end("abort")
        director.calm()
    elif request.kind == "add-output" and (offsets := offsets_without_batch(director, request.writer)) is not None:
        call(director, offsets, move.instances_after[request.writer])
        director.calm()
    director.hear(waiting)
    if move.error == "OUT_OF_ORDER_SEQUENCE_NUMBER":
        fails(director, move, request)
    go_on(director, move, request.writer)


def fails(director: TransactionDirector, move: Move, request: Request) -> None:
    """A batch is sent again and again, or waits for an answer, until its deadline passes."""
    instance = director.instance(request.writer)
    producer = instance.producer
    assert producer is not None
    rules, needs_bump = director.stage.setting.rules, move.instances_after[request.writer].needs_bump
    # A deadline that passes by itself leaves the next sequence as it is, where no other epoch comes.
    is_lost = has_failed(producer) or (rules.requires_stable_offsets and needs_bump)
    if not is_lost:
        for waiting in director.offsets_of(instance):
            # While offsets are on their way the client looks at no deadline, and the transaction is aborted anyway.
            director.serve(waiting)
            director.hear(waiting)
    director.until(lambda: has_failed(producer), "the deadline passing", LIMIT_MS)
    if is_lost:
        lose_offsets(director, instance)
    again = director.at_the_door(request)
    if again is not None:
        director.network.waiting.remove(again)
        director.network.wire(again).breaks()


def is_broken(director: TransactionDirector, index: int) -> bool:
    """Whether a producer can not go on, and so asks for nothing any more."""
    producer = director.instance(index).producer
    return producer is not None and producer.state == "fatal error"


def has_failed(producer: BytesProducer) -> bool:
    """Whether it can only abort, or end."""
    return producer.state in ("abortable error", "fatal error")


def go_on(director: TransactionDirector, move: Move, index: int) -> None:
    """After a fatal error an application makes another producer."""
    before, after = move.instances_before[index], move.instances_after[index]
    instance = director.instance(index)
    if after.phase == "initialising" != before.phase and instance.process is not None:
        director.network.forget(instance.process)
        instance.renew()
