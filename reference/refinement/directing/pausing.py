"""What a director has processes do that stand still, or do not poll, for too long."""

from itertools import takewhile

from kio.schema.offset_fetch.v9.request import OffsetFetchRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.instances import settle, who_is_gone
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.standing import end_of_waiting, stand_still

BETWEEN_MS = 1_000
"""After how long what a consumer commits by itself is put off: sooner than the heartbeats behind it would be missed."""


def pause(director: GroupDirector, turn: Round) -> None:
    """A process stands still for too long, and goes on once another has what it had."""
    index, _, after = who_is_gone(turn)
    reader = director.reader(index)
    if reader.process is None:
        raise NotDirectedError("the instance has yet to start")
    process = reader.process
    if after.status == "silent" and stays_known(director, index, after):
        return
    if director.stage.is_modern and director.will_be_refused(index):
        # In the background it would be back in its group before it commits.
        commits.send_commit(director, index, turn)
    process.pause()
    if any(after.status == "owner" for _, _, after in turn.pairs()):
        settle(director, turn)
    else:
        director.until(lambda: director.order[index] not in director.stage.known(), "the session's end")
    reader.polls = False
    process.resume()
    director.stage.step()


def stays_known(director: GroupDirector, index: int, after: Consumer) -> bool:
    """
    Whether a static member stands still so that its group still knows it, as the trace needs that.

    It is back before its session has ended, having heard that it was not polled for too long, or is put out later.
    """
    in_few_steps = not (director.stage.is_modern or director.coming[0].has_generations)
    end, are_others_gone = end_of_waiting(director, index) if in_few_steps else (None, False)
    outlasts_others = director.stage.sessions[director.order[index]] > 1
    if is_back_in_time(director, index):
        stop_heartbeats(director, index)
        return True
    if commits_as_it_is_back(director, index, after) or (end == "owner" and are_others_gone and outlasts_others):
        stop_heartbeats(director, index)
        return True
    if end == "stale":
        stand_still(director, index)
    return end == "stale"


def is_back_in_time(director: GroupDirector, index: int) -> bool:
    """Whether a static member of a classic group is back while nothing else becomes of that group."""
    until = takewhile(lambda turn: turn.action != "restart in time", director.coming)
    is_back = not director.stage.is_modern and director.next_of(index) == "restart in time"
    return is_back and all(turn.is_settled for turn in until)


def commits_as_it_is_back(director: GroupDirector, index: int, after: Consumer) -> bool:
    """Whether a static member of a classic group polls next, and commits by itself as nobody before it joins again."""
    rules = director.reader(index).rules
    commits_as_nobody = rules.commits_as_nobody and rules.commit == "auto" and not director.stage.is_modern
    return commits_as_nobody and after.position is not None and director.next_of(index) == "notice"


def stop_heartbeats(director: GroupDirector, index: int) -> None:
    """
    A static member is not polled for too long, and its group waits for it: what it then commits as nobody is refused.

    Source: aiokafka ``GroupCoordinator._heartbeat_routine``, ``_maybe_leave_group``; Java's
    ``AbstractCoordinator.maybeLeaveGroup``; librdkafka ``rd_kafka_cgrp_max_poll_interval_check_tmr_cb``.
    """
    reader, clock = director.reader(index), director.stage.clock
    others = [each for each in director.stage.applications if each is not reader and each.is_up]
    end_ms = clock.now_ms + 2 * reader.settings.max_poll_interval_ms
    while director.is_in_group(reader):
        if clock.now_ms > end_ms:
            raise NotDirectedError("the end of the heartbeats does not happen")
        for each in others:
            # They are not to be late as well; who knows that it is out would join again.
            each.polls = director.is_in_group(each)
        clock.run_until(clock.now_ms + BETWEEN_MS)
        commits.put_off(director, index)
        # Its heartbeats are behind the question where it starts, whose answer does not matter then.
        director.stage.network.let_in(OffsetFetchRequest, reader.name)
    for each in others:
        each.polls = False
