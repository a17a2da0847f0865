"""Which action of the model a director takes how, of those that concern the log and its readers."""

from collections.abc import Callable, Mapping, Sequence

from kio.schema.fetch.v12.request import FetchRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.rules import is_in_poll
from ackproof.reference.refinement.directing import ages, brokers, instances
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.readers import AGE_MS
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.directing.whole import offsets
from ackproof.reference.refinement.directing.whole.director import WholeDirector
from ackproof.reference.refinement.directing.whole.stage import BATCH_BYTES


def expose(director: WholeDirector, turn: Round) -> None:
    """The next record becomes readable."""
    director.shows(turn.log_after.end)


def lose(director: WholeDirector, turn: Round) -> None:
    """The leader lacks what consumers could read: so it is, and none of them knows."""


def roll_back(director: WholeDirector, turn: Round) -> None:
    """Who polls asks the leader what is left of what it has read, if its client does so; others will in their poll."""
    for index, before, after in turn.pairs():
        director.reading.forgets(index, before, after)
        if before.position is not None and director.reading.owns(index):
            finds_out(director, index, before, after)


def finds_out(director: WholeDirector, index: int, before: Consumer, after: Consumer) -> None:
    """A consumer that polls asks what is left, and is told."""
    reading = director.reading
    reader, place = reading.reader(index), reading.place(index)
    polls = is_in_poll(reader.rules, before) and not (reader.in_hand and not reader.rules.is_handed_off)
    if not polls or place is None or not director.stage.reading.validates_positions:
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

    network.fed.discard(reader.name)
    reading.until(lambda: has_left() and reading.position(index) == after.position, f"starting at {after.position}")
    reader.polls = False


def poll(director: WholeDirector, turn: Round) -> None:
    """A consumer is handed records, which the leader lets it read, and no more of them."""
    index, before, after = turn.changed()
    director.shows(after.position or 0)
    number = (after.position or 0) - (before.position or 0)
    director.stage.network.fetched_bytes[director.reading.reader(index).name] = number * BATCH_BYTES
    instances.poll(director.reading, turn)


def locate(director: WholeDirector, turn: Round) -> None:
    """An owner learns where to start, be it at the end of what can be read."""
    director.shows(turn.log_after.end)
    index, _, _ = turn.changed()
    # What it has asked to read before it lost its position keeps waiting what it asks of the same broker.
    director.stage.network.let_in(FetchRequest, director.reading.reader(index).name)
    instances.locate(director.reading, turn)


def age_records(director: WholeDirector, sent: int, coming: Sequence[Round]) -> None:
    """What was sent before becomes too old for who is to start by the age of records, at the one that is sent next."""
    located = next((each for each in coming if each.starts_by_duration), None)
    start = 0 if located is None else located.changed()[2].position or 0
    if located is not None and start > 0 and located.log_after.records[start : start + 1] == (sent,):
        ages.poll_until(director.reading, director.stage.clock.now_ms + AGE_MS)


def come_back(director: WholeDirector, turn: Turn) -> None:
    """A broker starts again."""
    brokers.come_back(director.producing, turn)
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
    "offsets follower lags": offsets.lag,
    "offsets follower catches up": offsets.catch_up,
}
"""By the names of the model's actions."""
