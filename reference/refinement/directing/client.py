"""What a director has the producer and its connections do, by the actions of the model."""

from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.refinement.directing.brokers import error_in, is_level
from ackproof.reference.refinement.directing.director import Director, NotDirectedError, on_the_wire
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.stage import REQUEST_TIMEOUT_MS, STALLED_MS
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.map import PLACE


def send(director: Director, turn: Turn) -> None:
    """The application hands the next record over, if it has not; then it is on the wire, by itself if again."""
    record = turn.connection_after.requests[-1].sent.record
    application = director.stage.application
    if application.next <= record:
        is_first = application.next == 0
        application.hand_over()
        if is_first and director.stage.has_deadlines:
            stall(director)
    director.until(lambda: is_on_the_wire(director, record), f"r{record + 1} being sent", 12_000)


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


def is_on_the_wire(director: Director, record: int) -> bool:
    """Whether a request with that record waits to be served by the leader."""
    listener = f"broker-{director.stage.image.leader}"
    lines = (line for line in director.lines() if line.wire.listener.name == listener)
    return any(record in on_the_wire(line) for line in lines)


def answer(director: Director, turn: Turn) -> None:
    """The leader hears of what its followers have, answers, and the producer hears it."""
    waiting = director.served()
    if waiting is None:
        raise NotDirectedError("no answer is to come")
    comes_to_answer(director, waiting)
    assert waiting.answer is not None
    error = error_in(waiting.answer.result())
    if error != "NONE":
        raise NotDirectedError(f"the leader answers {error}")
    director.network.release(waiting)
    director.calm()


def comes_to_answer(director: Director, waiting: Waiting) -> None:
    """The leader hears of what its followers have until it can answer."""
    for follower in [] if waiting.is_answered else waited_for(director):
        director.tell(follower)
        director.now()
        if waiting.is_answered:
            break
    director.until(lambda: waiting.is_answered, "the answer of the leader")


def waited_for(director: Director) -> list[int]:
    """The followers that the leader may wait for: those in sync, and others that have what they have."""
    image = director.stage.image
    others = [each for each in image.replicas if each != image.leader and director.is_up(each)]
    members = [each for each in others if each in image.in_sync_replicas]
    return [*members, *(each for each in others if each not in members and not is_muted(director, each))]


def is_muted(director: Director, broker: int) -> bool:
    """Whether a broker is fenced as its heartbeats do not arrive."""
    return f"broker-{broker}" in director.network.muted


def give_up(director: Director, turn: Turn) -> None:
    """
    The leader answers that too few are in sync, or that it took too long.

    The producer's own time out is as long, so that it may give up on the connection first, to the same effect.
    """
    waiting = director.served()
    if waiting is None:
        raise NotDirectedError("no answer is to come")
    director.until(
        lambda: waiting.is_answered or not director.is_current(waiting), "the leader giving up", 2 * REQUEST_TIMEOUT_MS
    )
    if not waiting.is_answered:
        director.notes.append("the producer's request.timeout.ms passes before the leader answers that time ran out")


def hear_refusal(director: Director, turn: Turn) -> None:
    """The producer hears an error."""
    waiting = director.served()
    if waiting is None:
        # It has given up by itself.
        director.calm()
        return
    director.until(lambda: waiting.is_answered, "the answer of the leader")
    assert waiting.answer is not None
    if error_in(waiting.answer.result()) == "NONE":
        raise NotDirectedError("the leader refuses nothing")
    director.network.release(waiting)
    director.now()


def line_of_the_head(director: Director) -> Line:
    """The oldest connection that works."""
    lines = director.lines()
    if not lines:
        raise NotDirectedError("nothing is on the wire")
    return lines[0]


def request_lost(director: Director, turn: Turn) -> None:
    """What the leader has not begun to serve is lost from some request on."""
    line = line_of_the_head(director)
    left = len(turn.connection_after.requests)
    if left:
        raise NotDirectedError("a connection breaks as a whole: what was sent before on it has no answer either")
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
    line = next(line for line in director.lines() if line.wire.number == waiting.caller.connection)
    line.wire.cut_answers()
    serve_more(director, turn, line)
    line.wire.drop_unserved()
    director.drop(line)
    director.doomed.append(line)


def serve_more(director: Director, turn: Turn, line: Line) -> None:
    """The leader serves what stands on a connection whose answers are lost, until its log is as in the model."""
    leader = next((at for at, each in enumerate(turn.replicas_after) if each.role == "leader"), None)
    wire = line.wire.number
    for _ in range(len(line.letters) + 1):
        if leader is None or turn.as_kept(director.records(director.brokers[leader])) == turn.records_after(leader):
            return
        mine = [each for each in director.network.of(ProduceRequest) if each.caller.connection == wire]
        head = next((each for each in mine if each.answer is not None), None)
        if head is not None:
            if not head.is_answered:
                replicate(director, head)
            director.network.release(head)
            director.now()
            continue
        if not mine:
            break
        director.admit(mine[0])
        director.now()
    if leader is not None and turn.as_kept(director.records(director.brokers[leader])) != turn.records_after(leader):
        raise NotDirectedError("the leader does not serve as much of what is on the wire")


def replicate(director: Director, waiting: Waiting) -> None:
    """Followers in sync get what the leader has, as it serves no more on a connection before it has answered."""
    director.is_ahead = True
    director.notes.append(
        "followers fetch earlier: a leader serves the next request once it has answered the one before"
    )
    image = director.stage.image
    for follower in image.in_sync_replicas:
        if follower != image.leader and director.is_up(follower):
            director.copy(follower, lambda each=follower: is_level(director, each))  # type: ignore[misc]
    comes_to_answer(director, waiting)


def disconnect(director: Director, turn: Turn) -> None:
    """The producer notices that a connection is gone."""
    for line in director.doomed:
        line.wire.breaks()
    director.doomed.clear()
    director.calm()


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


def late(director: Director, turn: Turn) -> None:
    """What a stuck connection held reaches the leader, behind the answer to what came before it there."""
    for before in held_for_the_leader(director):
        if before.is_answered:
            director.network.release(before)
    director.now()
    waiting = next((each for each in held_for_the_leader(director) if each.answer is None), None)
    if waiting is None:
        raise NotDirectedError("no stuck connection holds anything for the leader")
    waiting.admit()
    director.now()
    if waiting.is_answered:
        director.network.release(waiting)
    director.now()


def send_timeout(director: Director, turn: Turn) -> None:
    """The oldest batch passes its deadline."""
    before = failures(director)
    director.until(lambda: failures(director) > before, "the deadline passing", REQUEST_TIMEOUT_MS)
    director.now()


def producer_pause(director: Director, turn: Turn) -> None:
    """The producer stands still past every deadline."""
    process = director.stage.application.process
    assert process is not None
    process.pause()
    director.stage.clock.run_until(director.stage.clock.now_ms + (REQUEST_TIMEOUT_MS - STALLED_MS) + 1_000)
    process.resume()
    director.now()


def deadline_passes_with_the_connection(director: Director, turn: Turn) -> None:
    """The producer notices nothing until both have happened: its connection is gone, and the deadline has passed."""
    process = director.stage.application.process
    assert process is not None
    before = failures(director)
    for line in director.doomed:
        line.wire.breaks()
        while not line.is_broken:
            director.stage.clock.step(director.stage.clock.now_ms)
    director.doomed.clear()
    process.pause()
    director.stage.clock.run_until(director.stage.clock.now_ms + (REQUEST_TIMEOUT_MS - STALLED_MS) + 10)
    process.resume()
    director.until(lambda: failures(director) > before, "the deadline passing")


def failures(director: Director) -> int:
    """How many sends have failed, as the application knows."""
    return sum(1 for _ in director.stage.world.history.of("not-acknowledged"))


def producer_crash(director: Director, turn: Turn) -> None:
    """The producer's process dies, the leader serves some of what is on the wire, and a new process starts."""
    # What the network holds back may still arrive.
    lines = [line for line in director.lines() if not line.is_held]
    application = director.stage.application
    application.crash()
    director.doomed.clear()
    for line in lines:
        serve_more(director, turn, line)
        director.drop(line)
    application.start()
    director.calm()
