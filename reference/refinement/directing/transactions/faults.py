"""What a director has go wrong with transactions, by the actions of the model."""

from ackproof.model.transactions.request import MARKING, Request
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.transactions.clients import (
    LIMIT_MS,
    ask,
    commits_beside,
    fails,
    go_on,
    requested,
)
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector
from ackproof.reference.refinement.directing.transactions.members import settle
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.transactions.setting import OFFSETS_TOPIC, OUTPUT, STATE_TOPIC

AT = {"produce": OUTPUT, "commit-offsets": OFFSETS_TOPIC}
"""Where requests are served that the transaction coordinator does not serve."""


def response_lost(director: TransactionDirector, move: Move) -> None:
    """A request is served, and its answer is lost with the connection."""
    request, waiting = requested(director, move)
    director.serve(waiting)
    director.network.lose_answer_to(waiting)
    notice(director, request, waiting)


def notice(director: TransactionDirector, request: Request, waiting: Waiting) -> None:
    """The sender of a request notices that its connection is gone, unless its batch passes its deadline before that."""
    if passes_deadline_in_flight(director, request):
        director.silent = waiting
    else:
        director.network.wire(waiting).breaks()
    director.calm()


def passes_deadline_in_flight(director: TransactionDirector, request: Request) -> bool:
    """Whether a batch is to pass its deadline so that its client needs no other epoch: one that is sent again does."""
    own = (move for move in director.coming[1:] if (asked := move.request) is None or asked.writer == request.writer)
    following = next(own, None)
    if request.kind != "produce" or following is None or following.action != "send timeout":
        return False
    needs_bump = following.instances_after[request.writer].needs_bump
    is_sent_again = "is appended" in following.says or following.client.rules.bumps_epoch_at_every_end
    return not needs_bump and not is_sent_again


def broker_crash(director: TransactionDirector, move: Move) -> None:
    """A broker serves a request and dies before it answers; it starts again, with all that it had."""
    request, waiting = requested(director, move)
    director.serve(waiting)
    stage, topic = director.stage, AT.get(request.kind, STATE_TOPIC)
    machine = next(each for each in stage.cluster.machines.values() if each.name == waiting.listener)
    if any(each.listener == machine.name for each in director.network.held):
        raise NotDirectedError("what the network holds back is lost with the broker that it is for")
    machine.crash()
    director.network.waiting = [each for each in director.network.waiting if not each.process.has_stopped]
    stage.cluster.start(machine)

    def is_back() -> bool:
        is_known = all(stage.metadata(each.name) is not None for each in stage.instances if each.is_up)
        return stage.led(topic) is not None and stage.shard() is not None and is_known

    director.until(is_back, f"the return of {machine.name}", LIMIT_MS)
    director.calm()


def request_delayed(director: TransactionDirector, move: Move) -> None:
    """The network holds back a request, and its sender gives up on it."""
    request, waiting = requested(director, move)
    director.held.append((request, waiting))
    director.network.hold(waiting)
    notice(director, request, waiting)


def marker_delayed(director: TransactionDirector, move: Move) -> None:
    """The network holds back a marker, and the coordinator sends it once more."""
    request = move.request
    assert request is not None
    waiting = director.wait_for(request)
    director.held.append((request, waiting))
    director.network.hold(waiting)
    director.network.wire(waiting).breaks()
    director.wait_for(request)


def late(director: TransactionDirector, move: Move) -> None:
    """What was held back arrives; nobody hears the answer."""
    request = move.request
    held = next((each for each in director.held if each[0] == request), None)
    if held is None:
        raise NotDirectedError("the network holds back no such request")
    director.held.remove(held)
    waiting = held[1]
    director.network.held.remove(waiting)
    # A marker where nothing is open is written again or refused: nobody sees a difference (KAFKA-19999).
    director.serve(waiting, None if held[0].kind in MARKING else move.error)
    director.network.release(waiting)
    director.calm()


def crash(director: TransactionDirector, move: Move) -> None:
    """A process dies, be it that a broker has served its last request, and starts again."""
    index = move.whose()
    instance, request = director.instance(index), move.request
    if request is not None:
        director.serve(ask(director, request, move.instances_before[index]))
    process = instance.process
    assert process is not None
    was_owner = director.stage.setting.has_group and move.instances_before[index].status == "owner"
    instance.crash()
    director.network.forget(process)
    if was_owner and any(after.status == "owner" for _, _, after in move.pairs()):
        settle(director, move)
    instance.start()
    director.calm()


def send_timeout(director: TransactionDirector, move: Move) -> None:
    """``delivery.timeout.ms`` passes for a batch, be it appended or not."""
    if director.silent is not None:
        request = move.request
        assert request is not None
        commits_beside(director, move, request)
        fails(director, request)
        director.network.wire(director.silent).breaks()
        director.silent = None
    else:
        request, waiting = requested(director, move)
        if "is appended" in move.says:
            director.serve(waiting)
        fails(director, request)
    go_on(director, move, request.writer)
