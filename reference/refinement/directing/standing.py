"""What a director has a static member of a classic group do that stands still while its group waits for it."""

from collections.abc import Iterator, Sequence

from ackproof.model.consume.consumer import Status
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import Round

MOST = 5
"""How much longer than others' a session may be: not so long that nobody would wait for its end."""

UNTIL_EXPIRED = 12
"""How much longer it is where its member waits until what is committed has expired (``offsets.retention.minutes``)."""

IN_GROUP: tuple[Status, ...] = ("joining", "member", "owner")
AWAY: tuple[Status, ...] = ("stale", "out", "absent")


def sessions_of(turns: Sequence[Round]) -> tuple[int, ...]:
    """
    How often as long as others' the session of each consumer is, so that its group waits for it for long enough.

    It may put others out meanwhile, or what was committed expires.

    Source: ``session.timeout.ms``, which each client has for itself.
    """
    count = len(turns[0].pairs()) if turns else 0
    lengths = (1,) * count
    for _ in range(count):
        lengths = tuple(min(MOST, max(spells(turns, index, lengths))) for index in range(count))
    waiting = set(unanswered(turns))
    return tuple(UNTIL_EXPIRED if index in waiting else length for index, length in enumerate(lengths))


def unanswered(turns: Sequence[Round]) -> Iterator[int]:
    """Who asks where to start behind a commit, and hears nothing, nor do its heartbeats, until that has expired."""
    asking = set[int]()
    for turn in turns:
        owners = [at for at, _, after in turn.pairs() if after.status == "owner" and after.position is None]
        asking = set(owners) if turn.commits else asking.intersection(owners)
        if turn.action == "offsets expired in use":
            yield from asking


def spells(turns: Sequence[Round], index: int, lengths: Sequence[int]) -> list[int]:
    """How long the session of a consumer has to be each time that its group waits for it, if others' are so long."""
    found = [1]
    for turn in turns:
        _, before, after = turn.pairs()[index]
        if after.status == "silent" != before.status:
            found.append(1)
        elif before.status == "silent":
            found[-1] += sum(lengths[other] for other in put_out_by(turn, index))
    return found


def put_out_by(turn: Round, index: int) -> list[int]:
    """Which other consumers are in their group no more after a step."""
    pairs = (each for each in turn.pairs() if each[0] != index)
    return [at for at, before, after in pairs if before.status in IN_GROUP and after.status in AWAY]


def end_of_waiting(director: GroupDirector, index: int) -> tuple[Status | None, bool]:
    """What becomes of a consumer that its group is to wait for, and whether others are put out before that."""
    are_gone = False
    for turn in director.coming[1:]:
        are_gone = are_gone or bool(put_out_by(turn, index))
        status = turn.pairs()[index][2].status
        if status != "silent":
            return status, are_gone
    return None, are_gone


def stand_still(director: GroupDirector, index: int) -> None:
    """A process does, until its group has put it out."""
    reader = director.reader(index)
    assert reader.process is not None
    reader.process.pause()
    reader.polls = False


def go_on(director: GroupDirector, turn: Round) -> None:
    """Whoever has stood still while its group waited for it goes on once that has put it out."""
    for index, before, _ in turn.pairs():
        process = director.reader(index).process
        if before.status == "stale" and process is not None and process.is_paused:
            process.resume()
            director.stage.step()
