"""What a director has deadlines of the producer do, by the actions of the model."""

from ackproof.reference.refinement.directing.client import serve_more
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.stage import REQUEST_TIMEOUT_MS, STALLED_MS
from ackproof.reference.refinement.directing.turn import Turn


def send_timeout(director: Director, turn: Turn) -> None:
    """The oldest batch passes its deadline."""
    before = failures(director)
    director.until(lambda: failures(director) > before, "the deadline passing", REQUEST_TIMEOUT_MS)
    director.network.refuses = lambda _: False
    director.now()


def message_timeout(director: Director, turn: Turn) -> None:
    """As well, and its client closes the connection that it is on; the leader serves some of what is behind it."""
    lines = director.lines()
    for line in lines[:1]:
        # Nothing of it is handed over once it is closed, and no answer heard.
        line.wire.cut_answers()
        serve_more(director, turn, line)
    send_timeout(director, turn)
    for line in lines:
        if line.is_broken:
            line.wire.drop_unserved()
            director.drop(line)


def resolve(director: Director, turn: Turn) -> None:
    """The producer sees that nothing is in flight, as it does in each of its rounds."""
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
