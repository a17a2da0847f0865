"""What a director has the producer and its connections do, by the actions of the model."""

from itertools import takewhile
from typing import cast

from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.kernel.future import spawn
from ackproof.reference.records.batch import read_header
from ackproof.reference.refinement.directing.ahead import (
    bumps_in_queue,
    is_overtaken,
    is_spared,
    overtakes,
    passes_in_queue,
    passes_unsent,
    sends_few,
    stands_still,
    waits_for_disconnect,
    waits_until_late,
)
from ackproof.reference.refinement.directing.brokers import error_in
from ackproof.reference.refinement.directing.director import SEND_MS, Director
from ackproof.reference.refinement.directing.letters import on_the_wire, record_of, records_on
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.serving import comes_to_answer, replicate, serve_more
from ackproof.reference.refinement.directing.stage import REQUEST_TIMEOUT_MS, STALLED_MS
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.stage import PLACE


def send(director: Director, turn: Turn) -> None:
    """The application hands the next record over, if it has not; then it is on the wire, by itself if again."""
    record = turn.connection_after.requests[-1].sent.record
    if not director.lines():
        director.wakes()
    if director.stage.setting.client.lets_retries_be_overtaken and not overtakes(turn):
        back_off(director, 0)
        look_again(director)
    hand_over(director, record)
    if has_leader(director):
        times = sum(request.sent.record == record for request in turn.connection_after.requests)
        director.until(lambda: is_on_the_wire(director, record, times), f"r{record + 1} being sent", SEND_MS)


def has_leader(director: Director) -> bool:
    """Whether there is somebody to send to; nobody is while the controller has yet to notice that nobody leads."""
    leader = director.stage.image.leader
    return leader >= 0 and director.is_up(leader)


def hand_over(director: Director, record: int) -> None:
    """The application hands *record* over, be it again, unless the client sends it again by itself."""
    application = director.stage.application
    application.send_again(record)
    if application.next <= record:
        is_stalled = application.next == 0 and director.stage.has_deadlines
        if is_stalled:
            director.network.parting.add(application.name)
        application.hand_over()
        if is_stalled:
            stall(director)


def back_off(director: Director, for_ms: int) -> None:
    """What waits to be sent again does so for as long; nothing else does (librdkafka's ``retry.backoff.ms``)."""
    client = director.stage.application.client
    for batch in () if client is None else client.queue(PLACE):
        if batch.attempts:
            batch.retry_backoff_ms = for_ms


def look_again(director: Director) -> None:
    """The producer looks at once at what there is to send."""
    client = director.stage.application.client
    if client is not None:
        spawn(director.stage.clock, client.flush()).may_fail()


def stall(director: Director) -> None:
    """The first batch waits for a connection, so that its deadline passes before its request times out."""
    process = director.stage.application.process
    # It may still ask about the topic, but finds nobody to send the batch to.
    director.network.refuses = lambda client: client.process is process and bool(batches(director))
    director.until(lambda: bool(batches(director)), "the record being put into a batch")
    director.stage.clock.run_until(director.stage.clock.now_ms + STALLED_MS)
    director.network.refuses = lambda _: False


def batches(director: Director) -> int:
    """How many batches the producer holds that are not on the wire."""
    client = director.stage.application.client
    return 0 if client is None else len(client.queue(PLACE))


def is_on_the_wire(director: Director, record: int, times: int) -> bool:
    """Whether a request with that record waits to be served by the leader, and so many are on their way or served."""
    listener = f"broker-{director.stage.image.leader}"
    lines = [line for line in director.lines() if line.wire.listener.name == listener]
    sent = sum(records_on(line.letters).count(record) for line in lines)
    return any(record in on_the_wire(line) for line in lines) and sent >= times


def answer(director: Director, turn: Turn) -> None:
    """The leader hears of what its followers have, answers, and the producer hears it."""
    waiting = director.served()
    if waiting is None:
        raise NotDirectedError("no answer is to come")
    if not waiting.is_answered and has_repeats(director, turn):
        # The model takes no note of what is stored once more, nor that followers fetch it.
        replicate(director, waiting)
    comes_to_answer(director, waiting)
    assert waiting.answer is not None
    error = error_in(waiting.answer.result())
    if error != "NONE":
        raise NotDirectedError(f"the leader answers {error}")
    director.network.release(waiting)
    director.calm()


def has_repeats(director: Director, turn: Turn) -> bool:
    """Whether the leader holds more than the model keeps of it."""
    records = director.records(director.stage.image.leader)
    return turn.as_kept(records) != records


def give_up(director: Director, turn: Turn) -> None:
    """The leader answers that too few are in sync, or that it took too long."""
    waiting = director.served()
    if waiting is None:
        raise NotDirectedError("no answer is to come")
    director.until(lambda: waiting.is_answered, "the leader giving up", REQUEST_TIMEOUT_MS)


def hear_refusal(director: Director, turn: Turn) -> None:
    """The producer hears an error."""
    waiting = director.served()
    if waiting is None:
        raise NotDirectedError("no answer is to come")
    director.until(lambda: waiting.is_answered, "the answer of the leader")
    assert waiting.answer is not None
    if error_in(waiting.answer.result()) == "NONE":
        raise NotDirectedError("the leader refuses nothing")
    director.network.release(waiting)
    director.goes_on()
    if waits_until_late(director) or waits_for_bump(director):
        back_off(director, REQUEST_TIMEOUT_MS)
    process = director.stage.application.process
    if process is not None and waits_for_disconnect(director, turn):
        process.pause()


def line_of_the_head(director: Director) -> Line:
    """The oldest connection that works."""
    line = next(iter(director.lines()), None)
    if line is None:
        raise NotDirectedError("nothing is on the wire")
    return line


def request_lost(director: Director, turn: Turn) -> None:
    """What the leader has not begun to serve is lost with its connection."""
    line = line_of_the_head(director)
    director.drop(line)
    line.wire.drop_unserved()
    line.wire.cut_answers()
    line.wire.cut_requests(0)
    director.doomed.append(line)


def response_lost(director: Director, turn: Turn) -> None:
    """The answer is lost, after the leader served some of what stands behind it."""
    waiting = director.served()
    if waiting is None:
        raise NotDirectedError("no answer is to come")
    lines = [line for line in director.lines() if line.wire.number == waiting.caller.connection]
    for line in lines:
        line.wire.cut_answers()
    serve_more(director, turn, lines)
    for line in lines:
        line.wire.drop_unserved()
        director.drop(line)
        director.doomed.append(line)


def disconnect(director: Director, turn: Turn) -> None:
    """The producer notices that a connection is gone, asks about the topic, and is handed what it sends next."""
    application = director.stage.application
    # Another leader than before would be sent at once what backs off (KIP-951).
    if passes_in_queue(director) or (stands_still(director) and not turn.connection_after.requests):
        nobody_listens(director)
    if bumps_in_queue(director):
        director.network.apart.add((application.name, f"broker-{director.stage.image.leader}"))
    if waits_for_bump(director):
        # Whoever leads by then may be somebody to whom it is connected already.
        replicas = [f"broker-{replica}" for replica in director.stage.image.replicas]
        director.network.apart.update((application.name, replica) for replica in replicas)
        director.network.part(application.name, *replicas)
    if few := sends_few(director):
        director.network.stopping[application.name] = few
    director.breaks_doomed()
    director.now()
    if application.process is not None and is_spared(director, turn):
        application.process.pause()
        return
    if is_overtaken(director) or stands_still(director) or waits_for_bump(director):
        back_off(director, REQUEST_TIMEOUT_MS)
    # What is handed over before the producer stands still would fail with the rest.
    coming = takewhile(lambda each: each.action != "producer pause", director.coming)
    following = next((each for each in coming if each.action == "send"), None)
    if following is not None and (has_leader(director) or batches(director)):
        # Behind what waits for its answer the question would take up room.
        director.calm()
        hand_over(director, following.connection_after.requests[-1].sent.record)
    director.calm()


def waits_for_bump(director: Director) -> bool:
    """Whether what is to be sent again waits until a batch of another partition has passed its deadline."""
    return director.older is not None and bumps_in_queue(director)


def nobody_listens(director: Director) -> None:
    """The producer finds nobody to connect to, and loses what connections it has."""
    process = director.stage.application.process
    director.network.refuses = lambda client: client.process is process
    director.network.part(director.stage.application.name)


def request_delayed(director: Director, turn: Turn) -> None:
    """A connection is stuck with all that it holds, and the producer gives up on it."""
    line = line_of_the_head(director)
    line.is_held = True
    line.wire.hold()
    line.wire.let_go()
    director.doomed.append(line)


def held_for_the_leader(director: Director) -> list[Waiting]:
    """The produce requests at the leader that are none of a connection that works."""
    listener = f"broker-{director.stage.image.leader}"
    return [each for each in director.network.of(ProduceRequest, listener=listener) if not director.is_current(each)]


def number_of(waiting: Waiting) -> tuple[int, int]:
    """Epoch and sequence of a batch: a record may be held in several, under different ones."""
    body = cast("ProduceRequest", waiting.request.body)
    header = read_header(body.topic_data[0].partition_data[0].records or b"")
    return header.producer_epoch, header.base_sequence


def late(director: Director, turn: Turn) -> None:
    """What a stuck connection held reaches the leader, behind the answer to what came before it there."""
    for before in held_for_the_leader(director):
        if before.answer is not None:
            if not before.is_answered:
                replicate(director, before)
            director.network.release(before)
    director.now()
    arriving = turn.late
    held = [each for each in held_for_the_leader(director) if each.answer is None]
    mine = [each for each in held if record_of(cast("ProduceRequest", each.request.body)) == arriving.record]
    if not mine:
        raise NotDirectedError(f"no stuck connection holds r{arriving.record + 1} for the leader")
    waiting = min(mine, key=lambda each: number_of(each) != (arriving.producer_epoch, arriving.base_sequence))
    waiting.admit()
    director.now()
    if waiting.is_answered:
        director.network.release(waiting)
    director.now()


def producer_crash(director: Director, turn: Turn) -> None:
    """The producer's process dies, the leader serves some of what is on the wire, and a new process starts."""
    # What the network holds back may still arrive.
    lines = [line for line in director.lines() if not line.is_held]
    application = director.stage.application
    application.crash()
    director.doomed.clear()
    if lines:
        serve_more(director, turn, lines)
    for line in lines:
        director.drop(line)
    application.start()
    if passes_unsent(director):
        # What the new process sends again it would have sent by then.
        nobody_listens(director)
    director.calm()


def topic_vanishes(director: Director, turn: Turn) -> None:
    """The producer hears that there is no such topic, until it hears of it again."""
    network, name = director.network, director.stage.application.name
    network.told_of_no_topic.add(name)
    director.stage.let_learn()
    network.told_of_no_topic.discard(name)
    director.stage.let_learn()
