"""What a director has brokers delete, once it is known to be committed."""

from itertools import takewhile

from ackproof.model.produce.append import log_start
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.passing import NotDirectedError


def deletes_before(director: Director, index: int) -> None:
    """Who goes down has deleted what the model has it delete while it is down."""
    for turn in takewhile(lambda turn: not turn.replicas_before[index].is_up, director.coming[1:]):
        if turn.action == "retention of one" and not turn.has_its_log(index):
            delete(director, director.brokers[index], log_start(turn.replicas_after[index].log))


def delete(director: Director, broker: int, start: int) -> None:
    """A broker deletes what is below *start*, once it has heard that this is committed."""
    log, leader = director.log(broker), director.stage.image.leader
    if log is not None and log.high_watermark < start and leader >= 0:
        is_told_by_all(director)
        if broker != leader:
            director.gets(broker)
    if log is None or log.high_watermark < start:
        raise NotDirectedError(f"broker {broker} does not hear that what is below offset {start} is committed")
    director.delete_below(broker, start)


def is_told_by_all(director: Director) -> None:
    """The leader hears where the logs of those in sync end."""
    for follower in director.stage.image.in_sync_replicas:
        if follower != director.stage.image.leader and director.has_news(follower):
            director.tell(follower)


def hear_of_high_watermark(director: Director, follower: int, end: int) -> None:
    """Leader and follower know as early as in the model what is committed, of which some is deleted later."""
    director.tell(follower)
    log = director.log(follower)
    if log is not None and log.high_watermark < end:
        is_told_by_all(director)
        # What waits to be answered may have been answered before the others were heard.
        director.copy(follower, lambda: log.high_watermark >= end)


def hear_of_log_start(director: Director, follower: int, start: int) -> None:
    """A follower fetches until it has deleted what its leader has; what it was answered before does not say so."""
    log = director.log(follower)
    assert log is not None
    director.copy(follower, lambda: log.log_start_offset >= start)
