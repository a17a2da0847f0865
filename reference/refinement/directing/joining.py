"""Who joins, or is put out, before an owner rejoins."""

from collections.abc import Set

from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.readers import DirectedReader
from ackproof.reference.refinement.directing.round import Round


def joining_in(turn: Round) -> list[int]:
    """Who waits for a rebalance to complete, and is a member, as far as the coordinator is modelled."""
    joining = (at for at, _, after in turn.pairs() if after.status == "joining")
    return [at for at in joining if not turn.has_generations or at in turn.members_after]


def join_first(director: GroupDirector, index: int) -> None:
    """
    A commit that an owner waits for, and whose answer was lost, is sent again behind its request to join.

    Source: librdkafka ``rd_kafka_cgrp_serve``, which joins as the coordinator is back, and then turns to the commits
    that ``rd_kafka_cgrp_defer_offset_commit`` has put aside.
    """
    if director.reader(index).to_commit is not None:
        commits.put_off(director, index)


def let_in(director: GroupDirector) -> None:
    """Who is to join does so; who was to be put out before that, and still is a member, is put out by now."""
    for reader in director.stage.applications:
        if reader.name not in director.stage.network.outside:
            continue
        if director.is_in_group(reader) and reader.process is not None:
            put_out_by_its_session(director, reader)
        director.stage.network.let_back(reader.name)


def put_out_by_its_session(director: GroupDirector, reader: DirectedReader) -> None:
    """A process stands still until its session has ended, and hears of that as it polls."""
    assert reader.process is not None
    reader.process.pause()
    sessions_end(director, {director.stage.applications.index(reader)})
    reader.process.resume()
    reader.polls = True
    director.until(lambda: not director.is_in_group(reader), "hearing of the end of the membership")


def see_out(director: GroupDirector, turn: Round) -> None:
    """The sessions end of those that are gone: whoever has asked to join before that would wait for too long."""
    away = {director.order[at] for at, _, _ in turn.pairs() if not director.reader(at).is_up}
    gone = away - {director.order[at] for at in turn.members_after}
    sessions_end(director, gone)


def sessions_end(director: GroupDirector, numbers: Set[int]) -> None:
    """The sessions end of instances that are silent; what others commit does not keep their heartbeats waiting."""

    def are_over() -> bool:
        for index in range(len(director.order)):
            join_first(director, index)
        return not numbers & director.stage.known()

    director.until(are_over, "the end of sessions")
