"""Which action of the model a director takes how, of those that concern the log and its readers."""

from collections.abc import Callable, Mapping

from kio.schema.fetch.v12.request import FetchRequest

from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.rules import is_in_poll
from ackproof.reference.records.batch import read_header
from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.directing import instances, returning
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.directing.whole import offsets
from ackproof.reference.refinement.directing.whole.director import WholeDirector


def expose(director: WholeDirector, turn: Round) -> None:
    """The next record becomes readable."""
    director.shows(turn.log_after.end)


def lose(director: WholeDirector, turn: Round) -> None:
    """The leader lacks what consumers could read: so it is, and none of them knows."""


def roll_back(director: WholeDirector, turn: Round) -> None:
    """Who polls asks the leader what is left of what it has read, if its client does so; others will in their poll."""
    for index, before, after in turn.pairs():
        director.reading.forgets(index, before, after)
        if before.position is not None and director.stage.reading.validates_positions:
            director.unaware.add(index)
    find_out(director, tuple(after for _, _, after in turn.pairs()))


def find_out(director: WholeDirector, consumers: Consumers) -> None:
    """Who has yet to ask what is left of what it has read does so, if it polls and somebody leads."""
    reading = director.reading
    for index in sorted(director.unaware):
        reader, consumer = reading.reader(index), consumers[index]
        is_busy = bool(reader.in_hand) and not reader.rules.is_handed_off
        if not reading.owns(index) or consumer.position is None:
            director.unaware.discard(index)
        elif is_in_poll(reader.rules, consumer) and not is_busy and director.stage.reading.led(TOPIC) is not None:
            director.unaware.discard(index)
            finds_out(director, index, consumer)


def finds_out(director: WholeDirector, index: int, after: Consumer) -> None:
    """A consumer that polls asks what is left, and is told."""
    reading = director.reading
    reader, place = reading.reader(index), reading.place(index)
    if place is None:
        return

    def is_told() -> bool:
        reader.polls = True
        now, trusted = reading.place(index), reading.trusted(index)
        return reader.lost is not None or (now is not None and trusted is not None and now.leader != place.leader)

    reading.until(is_told, "being told where the log diverges")
    reader.polls = False
    if reading.position(index) != after.position:
        raise NotDirectedError(f"its position is {reading.position(index)}")


def leave_range(director: WholeDirector, turn: Round) -> None:
    """A fetch beyond the end of the leader's log is refused, and the consumer starts elsewhere, or nowhere."""
    reading, network = director.reading, director.stage.network
    index, before, after = turn.changed()
    reader = reading.reader(index)

    def has_left() -> bool:
        reader.polls = True
        if reading.position(index) != before.position:
            return True
        network.let_one_read(reader.name)
        return False

    is_young_enough(director, turn)
    network.fed.discard(reader.name)
    reading.until(lambda: has_left() and reading.position(index) == after.position, f"starting at {after.position}")
    reader.polls = False


def poll(director: WholeDirector, turn: Round) -> None:
    """A consumer is handed records, which the leader lets it read."""
    _, _, after = turn.changed()
    director.shows(after.position or 0)
    instances.poll(director.reading, turn)


def locate(director: WholeDirector, turn: Round) -> None:
    """An owner learns where to start, be it at the end of what can be read."""
    director.shows(turn.log_after.end)
    index, _, _ = turn.changed()
    # What it has asked to read before it lost its position keeps waiting what it asks of the same broker.
    director.stage.network.let_in(FetchRequest, director.reading.reader(index).name)
    is_young_enough(director, turn)
    instances.locate(director.reading, turn)


def is_young_enough(director: WholeDirector, turn: Round) -> None:
    """Who starts by the age of records takes those for young enough that were sent when the one there was."""
    index, _, after = turn.changed()
    led = director.stage.reading.led(TOPIC)
    if turn.starts_by_duration and led is not None:
        headers = map(read_header, led.log.batches())
        times = (header.max_timestamp_ms for header in headers if header.base_offset == after.position)
        director.stage.network.young_since_ms.update((director.reading.reader(index).name, each) for each in times)


def retention(director: WholeDirector, turn: Round) -> None:
    """The leader deletes records, be they consumed or not."""
    leader = director.stage.producing.image.leader
    if leader < 0:
        raise NotDirectedError("nobody leads")
    director.producing.delete_below(leader, turn.log_after.start)


def come_back(director: WholeDirector, turn: Turn) -> None:
    """A broker starts again."""
    returning.come_back(director.producing, turn)
    (index,) = turn.came_up()
    director.outlasts(director.producing.brokers[index])


OF_THE_LOG = frozenset({"expose", "lose", "roll back", "leave range"})
"""The actions that no half has."""

WHOLE: Mapping[str, Callable[[WholeDirector, Round], None]] = {
    "expose": expose,
    "lose": lose,
    "roll back": roll_back,
    "leave range": leave_range,
    "poll": poll,
    "locate": locate,
    "retention": retention,
    "offsets follower lags": offsets.lag,
    "offsets follower catches up": offsets.catch_up,
}
"""By the names of the model's actions."""
