"""What a director has deadlines of the producer do, by the actions of the model."""

from collections import Counter
from collections.abc import Sequence

from ackproof.model.produce.replica import leader_of
from ackproof.reference.refinement.directing.ahead import is_overtaken
from ackproof.reference.refinement.directing.client import back_off, hand_over, line_of_the_head, nobody_listens
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.serving import serve_more
from ackproof.reference.refinement.directing.stage import REQUEST_TIMEOUT_MS, STALLED_MS
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.stage import PLACE


def send_timeout(director: Director, turn: Turn) -> None:
    """The oldest batch passes its deadline, or one that the application sends again, before it is on its way."""
    before, record = failures(director), unsent(turn)
    if record is not None:
        nobody_listens(director)
        director.now()
        hand_over(director, record)
    director.until(lambda: failures(director) > before, "the deadline passing", REQUEST_TIMEOUT_MS)
    director.network.refuses = lambda _: False
    if not is_overtaken(director):
        # What else waits to be sent again does so at once.
        back_off(director, 0)
    director.now()


def unsent(turn: Turn) -> int | None:
    """The record of the batch that passes its deadline, if that was never sent."""
    before, after = (
        Counter(attempt for attempt in producer.queue if not attempt.was_sent)
        for producer in (turn.producer_before, turn.producer_after)
    )
    return next((attempt.batch.record for attempt in before - after), None)


def message_timeout(director: Director, turn: Turn) -> None:
    """As well, and its client closes the connection that it is on; the leader serves some of what is behind it."""
    lines = director.lines()
    if closes(turn):
        is_served_unheard(director, turn, line_of_the_head(director))
    send_timeout(director, turn)
    drop_broken(director, lines)


def closes(turn: Turn) -> bool:
    """Whether the client closes a connection with something on it; while nobody leads there is none."""
    is_there = leader_of(turn.replicas_after) is not None
    return is_there and bool(turn.connection_before.requests) and not turn.connection_after.requests


def is_served_unheard(director: Director, turn: Turn, line: Line) -> None:
    """The leader serves some of what is on a connection that is to be closed: later nothing of it arrives there."""
    line.wire.cut_answers()
    serve_more(director, turn, [line])


def drop_broken(director: Director, lines: Sequence[Line]) -> None:
    """What is on those *lines* that are broken is lost."""
    for line in lines:
        if line.is_broken:
            line.wire.drop_unserved()
            director.drop(line)


def resolve(director: Director, turn: Turn) -> None:
    """The producer sees that nothing is in flight, as it does in each of its rounds."""
    director.now()


def producer_pause(director: Director, turn: Turn) -> None:
    """The producer stands still past every deadline; of what is on a connection that it closes some is served."""
    lines = director.lines()
    if closes(turn):
        is_served_unheard(director, turn, line_of_the_head(director))
    longer_ms = longest_left_ms(director, turn) - (REQUEST_TIMEOUT_MS - STALLED_MS)
    director.network.refuses = lambda _: False
    stand_still(director, past_the_deadline_ms=max(longer_ms, 0) + 1_000)
    director.now()
    drop_broken(director, lines)


def longest_left_ms(director: Director, turn: Turn) -> int:
    """How long it takes until all deadlines have passed; what is on the wire has less time, unless that is closed."""
    client = director.stage.application.client
    if client is None:
        return 0
    waiting = [batch for batch in client.queue(PLACE) if batch.attempts]
    on_wire = [sent.batch for sent in client.on_wire()]
    if on_wire and not turn.client.deadline_closes_connection:
        return 0
    youngest_ms = max((batch.created_ms for batch in (*waiting, *on_wire)), default=0)
    return max(youngest_ms + REQUEST_TIMEOUT_MS - director.stage.clock.now_ms, 0)


def deadline_passes_with_the_connection(director: Director, turn: Turn) -> None:
    """The producer notices nothing until both have happened: its connection is gone, and deadlines have passed."""
    before = failures(director)
    late = len(turn.connection_before.broken) - len(turn.connection_after.broken)
    for line in director.doomed:
        line.wire.breaks()
        while not line.is_broken:
            director.stage.clock.step(director.stage.clock.now_ms)
    director.doomed.clear()
    # What was sent later is younger by far (``stall``): it is past its deadline too if that is to be.
    stand_still(director, past_the_deadline_ms=10 if late == 1 else REQUEST_TIMEOUT_MS)
    director.until(lambda: failures(director) >= before + late, "the deadline passing")
    if not director.stage.has_learnt:
        # What it asked on that connection has no answer.
        director.stage.let_learn()


def deadline_passes_with_the_answer(director: Director, turn: Turn) -> None:
    """The producer hears an error only once the deadline has passed as well."""
    waiting, before = director.served(), failures(director)
    if waiting is None:
        raise NotDirectedError("no answer is to come")
    director.until(lambda: waiting.is_answered, "the answer of the leader")
    process = director.stage.application.process
    assert process is not None
    process.pause()
    director.network.release(waiting)
    stand_still(director, past_the_deadline_ms=10)
    director.until(lambda: failures(director) > before, "the deadline passing")


def stand_still(director: Director, past_the_deadline_ms: int) -> None:
    """The producer stands still for longer than its batches may take."""
    process = director.stage.application.process
    assert process is not None
    process.pause()
    over_ms = director.stage.clock.now_ms + (REQUEST_TIMEOUT_MS - STALLED_MS) + past_the_deadline_ms
    director.stage.clock.run_until(over_ms)
    process.resume()


def failures(director: Director) -> int:
    """How many sends have failed, as the application knows."""
    return sum(1 for _ in director.stage.world.history.of("not-acknowledged"))
