"""What a director has transactional clients and brokers do where requests and answers are steps of their own."""

from collections.abc import Callable, Mapping

from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest

from ackproof.model.transactions.request import ENDING, TO_COORDINATOR, Request
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.transactions import clients, deadlines, ending, faults, members
from ackproof.reference.refinement.directing.transactions.ahead import blocking
from ackproof.reference.refinement.directing.transactions.deadlines import AGAIN
from ackproof.reference.refinement.directing.transactions.director import REFUSED, TransactionDirector, is_same
from ackproof.reference.refinement.directing.transactions.move import DECIDES_AGAIN, Move
from ackproof.reference.refinement.directing.transactions.under_way import (
    CONCURRENT,
    LOST,
    call,
    come,
    delay,
    error_of,
    finish,
    hear_all,
    hears_more_first,
    is_about,
    is_there,
    leave_on_the_way,
    loses,
    serve_ahead,
    served,
    unserved,
)
from ackproof.reference.refinement.transactions.requests import markers_of
from ackproof.reference.refinement.transactions.setting import OUTPUT, STATE_TOPIC

BEFORE = "as it led before"
"""What is said where who comes to lead has asked about a batch."""


def send(director: TransactionDirector, move: Move) -> None:
    """The application does what a request comes from; while its client waits for an answer it sends that later."""
    request = move.request
    assert request is not None
    if request.kind == "abort" and clients.is_broken(director, request.writer):
        give_up(director, request)
        return
    hear_all(director, request.writer)
    call(director, request, move.instances_before[request.writer])
    director.calm()
    if request.kind in ENDING:
        finish(director, request)
    waiting = director.at_the_door(request)
    if waiting is not None:
        director.under_way.append((request, waiting))


def give_up(director: TransactionDirector, request: Request) -> None:
    """Who can not go on has no need to hear from the coordinator that it can not."""
    about = [move for move in director.coming if is_about(move, request.writer, request.kind)]
    end = next((place for place, move in enumerate(about) if move.action == "hear"), len(about) - 1)
    if about[end].error == "NONE":
        raise NotDirectedError("its producer can not go on")
    director.done.update(move.number for move in about[: end + 1])
    clients.go_on(director, about[end], request.writer)


def serve(director: TransactionDirector, move: Move) -> None:
    """A broker decides on a request; one that its client does not send yet, and that is refused, changes nothing."""
    sent = move.sent
    if move.error in REFUSED and not is_there(director, sent.request) and blocking(director, sent.request) is not None:
        return
    waiting = unserved(director, sent)
    is_held = waiting in director.network.held
    if is_held:
        director.network.held.remove(waiting)
    if is_held or sent.is_orphan:
        members.outlive(director, waiting, move.error)
        director.serve(waiting)
    else:
        waiting = director.decide(sent.request, waiting)
    if not is_same(error_of(waiting), move.error):
        raise NotDirectedError(f"the answer is {error_of(waiting)}")
    if waiting not in director.network.waiting:
        return
    if is_held or sent.is_orphan:
        director.hear(waiting)
    else:
        director.under_way.append((sent.request, waiting))


def hear(director: TransactionDirector, move: Move) -> None:
    """An instance hears an answer, if it still waits for it."""
    request = move.sent.request
    waiting = served(director, request)
    if waiting is None:
        clients.go_on(director, move, request.writer)
        return
    if move.error == CONCURRENT and hears_more_first(director, request):
        director.unheard.append((request.writer, waiting))
        return
    clients.commits_beside(director, move, request)
    leave_on_the_way(director, move, request.writer)
    director.network.release(waiting)
    hear_all(director, request.writer)
    has_failed = move.instances_before[request.writer].phase != move.instances_after[request.writer].phase
    if move.error == "OUT_OF_ORDER_SEQUENCE_NUMBER" and has_failed:
        while (other := blocking(director, request)) is not None:
            serve_ahead(director, request.writer, *other)
        clients.fails(director, move, request)
    clients.go_on(director, move, request.writer)


def lose(director: TransactionDirector, move: Move) -> None:
    """A request or an answer is lost."""
    loses(director, move.sent)
    director.calm()


def broker_crash(director: TransactionDirector, move: Move) -> None:
    """A broker dies with a request or an answer, or as the leader of the output; if others wait for it, it does not."""
    if DECIDES_AGAIN in move.says:
        ask_in_vain(director, move)
        return
    if BEFORE in move.says:
        leader_moves(director, move)
        return
    loses_power = move.action == "power loss"
    machine = director.stage.leader(OUTPUT)
    assert machine is not None
    if LOST in move.says and move.number not in director.done:
        waiting = loses(director, move.sent)
        name = machine.name if waiting is None else waiting.listener
        machine = next(each for each in director.stage.cluster.machines.values() if each.name == name)
    left = [each for _, each in director.under_way if each in director.network.waiting]
    if any(each.listener == machine.name for each in left) or (
        LOST in move.says and faults.is_awaited(director, machine)
    ):
        # What they have asked for would be lost as well: only this one loses its connection.
        director.calm()
        if LOST in move.says and faults.reads_log_anew(director, move.sent.request):
            faults.moves(director, STATE_TOPIC)
            ending.load(director, move)
    else:
        faults.dies(director, machine, loses_power=loses_power)
        ending.load(director, move)


def leader_moves(director: TransactionDirector, move: Move) -> None:
    """Another broker leads or coordinates, be it that a request or an answer is lost thereby."""
    if DECIDES_AGAIN in move.says:
        ask_in_vain(director, move)
        return
    topic = STATE_TOPIC if move.action == "coordinator failover" else OUTPUT
    if LOST in move.says and move.number not in director.done:
        sent = move.sent
        loses(director, sent)
        topic = faults.AT.get(sent.request.kind, STATE_TOPIC)
    faults.moves(director, topic)
    if BEFORE in move.says:
        faults.moves(director, topic)
    if topic == STATE_TOPIC:
        ending.load(director, move)


def ask_in_vain(director: TransactionDirector, move: Move) -> None:
    """A batch that was held back arrives, and what its leader asks the coordinator about it gets lost."""
    request, network = move.request, director.network
    held = next((each for each in director.held if each[0] == request), None)
    if held is None:
        raise NotDirectedError("the network holds back no such request")
    director.held.remove(held)
    network.held.remove(held[1])
    network.asks_in_vain = True
    held[1].admit()
    director.until(lambda: bool(network.of(AddPartitionsToTxnRequest, held[1].listener)), "the question")
    for question in network.of(AddPartitionsToTxnRequest, held[1].listener):
        network.waiting.remove(question)
        network.wire(question).breaks()
    network.asks_in_vain = False
    director.until(lambda: held[1].is_answered, "the answer")
    network.release(held[1])
    director.calm()


def crash(director: TransactionDirector, move: Move) -> None:
    """A process dies, and starts again; what it has sent may still be served."""
    leave_on_the_way(director, move, move.whose())
    if move.client.detail.rebalances_apart:
        members.keep_from(director, director.instance(move.whose()))
    faults.crash(director, move)


def producer_pause(director: TransactionDirector, move: Move) -> None:
    """A producer stands still until its transaction has timed out, and hears then what was answered meanwhile."""
    index = move.whose()
    own = (each for each in director.coming[1:] if (asked := each.request) is not None and asked.writer == index)
    following = next(own, None)
    arriving = None
    if following is not None and following.action == "hear" and following.error == "NONE":
        request = following.sent.request
        arriving = served(director, request) if request.kind in TO_COORDINATOR else None
    if following is not None and arriving is not None:
        director.done.add(following.number)
    faults.producer_pause(director, move, arriving)


def send_timeout(director: TransactionDirector, move: Move) -> None:
    """``delivery.timeout.ms`` passes for a batch; the leader may still see it."""
    request = move.request
    assert request is not None
    waiting = director.silent or on_its_way(director, move, request)
    clients.commits_beside(director, move, request)
    leave_on_the_way(director, move, request.writer)
    if "refused once more" in move.says and waiting is not None:
        answered = waiting
        deadlines.stands_still(director, request, lambda: director.network.release(answered))
    deadlines.passes_deadline(director, move, request, waiting)
    deadlines.notices_at_last(director)
    clients.go_on(director, move, request.writer)


def on_its_way(director: TransactionDirector, move: Move, request: Request) -> Waiting | None:
    """The batch that is about to pass its deadline, which its client looks at while it waits for nothing else."""
    if not any(each == request for each, _ in director.under_way):
        call(director, request, move.instances_before[request.writer])
        come(director, request)
        waiting = director.at_the_door(request)
        if waiting is not None:
            director.under_way.append((request, waiting))
    needs_bump = move.instances_after[request.writer].needs_bump
    if AGAIN in move.says or (move.says.endswith("it times out") and not needs_bump):
        while (other := blocking(director, request)) is not None:
            serve_ahead(director, request.writer, *other)
    return next((waiting for each, waiting in director.under_way if each == request), None)


def mark(director: TransactionDirector, move: Move) -> None:
    """The marker of a transaction is written to one partition; be it twice, if its coordinator was another broker."""
    index, kind = move.whose(), "mark-output" if move.says.endswith("the output") else "mark-offsets"
    ending.decide_completion(director, move, index)

    def found() -> list[Waiting]:
        writers = director.writers()
        asked = ((each, each.request.body) for each in director.markers(index))
        return [
            each
            for each, body in asked
            if isinstance(body, WriteTxnMarkersRequest)
            and any(marker.kind == kind for marker in markers_of(body, writers))
        ]

    director.until(lambda: bool(found()), f"a {kind}")
    while waiting := found():
        director.serve(waiting[0])
        director.hear(waiting[0])
    if move.coordinator_after[index].state not in ("PrepareCommit", "PrepareAbort"):
        # What its client has asked for beside the trace is in the transaction as well.
        for other in director.markers(index):
            director.serve(other)
            director.hear(other)


def enter(director: TransactionDirector, move: Move) -> None:
    """An instance is about to join its group, of which nobody hears before the group rebalances."""


IN_STEPS: Mapping[str, Callable[[TransactionDirector, Move], None]] = {
    "send": send,
    "serve": serve,
    "serve batch": serve,
    "serve offsets": serve,
    "hear": hear,
    "request lost": lose,
    "response lost": lose,
    "broker crash": broker_crash,
    "power loss": broker_crash,
    "leader change": leader_moves,
    "coordinator failover": leader_moves,
    "request delayed": delay,
    "send timeout": send_timeout,
    "producer pause": producer_pause,
    "consumer crash": crash,
    "producer crash": crash,
    "notice": members.notice_and_stay_out,
    "mark output": mark,
    "mark offsets": mark,
    "enter": enter,
    "rebalance": members.join,
}
"""By the names of the model's actions, where they differ."""
