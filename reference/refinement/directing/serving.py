"""What a director has the leader serve and answer, and its followers fetch for that."""

from collections.abc import Sequence

from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.refinement.directing.brokers import is_level
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.network import Line


def serve_more(director: Director, turn: Turn, lines: Sequence[Line]) -> None:
    """The leader serves what stands on connections whose answers are lost, until its log is as in the model."""
    leader = next((at for at, each in enumerate(turn.replicas_after) if each.role == "leader"), None)
    wires = [line.wire.number for line in lines]
    for _ in range(sum(len(line.letters) + 1 for line in lines)):
        if leader is None or turn.as_kept(director.records(director.brokers[leader])) == turn.records_after(leader):
            return
        waiting = [each for each in director.network.of(ProduceRequest) if each.caller.connection in wires]
        mine = sorted(waiting, key=lambda each: wires.index(each.caller.connection))
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


def comes_to_answer(director: Director, waiting: Waiting) -> None:
    """The leader hears of what its followers have until it can answer."""
    for follower in [] if waiting.is_answered else waited_for(director):
        if not director.has_news(follower):
            continue
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
