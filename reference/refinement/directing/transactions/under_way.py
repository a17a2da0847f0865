"""Requests of transactional clients that are on their way, and their answers, where these are steps of their own."""

from collections.abc import Iterator

from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.request import ENDING, Request
from ackproof.model.transactions.wire import Sent
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.transactions import clients
from ackproof.reference.refinement.directing.transactions.ahead import IN_ONE_STEP, blocking
from ackproof.reference.refinement.directing.transactions.deadlines import AGAIN
from ackproof.reference.refinement.directing.transactions.director import NOT_YET, REFUSED, TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.transactions.requests import OF_CLIENTS, error_in

OF_REQUESTS = (
    *IN_ONE_STEP,
    "send",
    "serve",
    "serve offsets",
    "hear",
    "request lost",
    "response lost",
    "request delayed",
)
"""What becomes of requests to coordinators."""

CRASHES = ("consumer crash", "producer crash")

LOST = " is lost: "
"""What is said of a request or an answer that gets lost."""

MOST_TRIES = 20
"""How often a client asks again before what it waits for is taken for something that does not come."""

CONCURRENT = "CONCURRENT_TRANSACTIONS"
"""What is answered to who asks while the last transaction is still being completed."""


def is_taken(director: TransactionDirector, move: Move) -> bool:
    """Whether a step was taken earlier; what befalls brokers is not."""
    return move.number in director.done and move.action in OF_REQUESTS


def unserved(director: TransactionDirector, sent: Sent) -> Waiting:
    """A request on its way, once it is there."""
    request, held = sent.request, director.network.held
    come(director, request)
    alike = [each for each in director.under_way if each[0] == request and each[1].answer is None]
    if alike:
        # Of two that look the same one may be that of a process that is no more.
        found = min(alike, key=lambda each: (each[1] in held) is not sent.is_orphan)
        director.under_way.remove(found)
        if found[1] in held or found[1] in director.network.waiting:
            return found[1]
    return director.wait_for(request)


def come(director: TransactionDirector, request: Request) -> None:
    """What the client of a *request* waits for, before it sends that, is answered."""
    tries = MOST_TRIES
    while not is_there(director, request) and (other := blocking(director, request)) is not None:
        if not (tries := tries - 1):
            raise NotDirectedError(f"{other[0]} has to be answered first")
        serve_ahead(director, request.writer, *other)


def is_there(director: TransactionDirector, request: Request) -> bool:
    """Whether a request has been sent, and nobody has decided on it."""
    director.calm()
    is_sent = any(each == request and waiting.answer is None for each, waiting in director.under_way)
    return is_sent or director.at_the_door(request) is not None


def finish(director: TransactionDirector, request: Request) -> None:
    """What its sender has asked for before a *request* that ends something is answered: in the model all of it is."""
    process, put_off = director.instance(request.writer).process, set[type]()
    while director.at_the_door(request) is None:
        asked = (each for each in director.network.waiting if isinstance(each.request.body, OF_CLIENTS))
        own = (each for each in asked if director.network.wire(each).client.process is process)
        found = next((each for each in own if each not in director.network.held), None)
        if found is None or type(found.request.body) in put_off:
            return
        if found.answer is None:
            director.serve(found)
        if error_of(found) in (*NOT_YET, CONCURRENT):
            put_off.add(type(found.request.body))
        director.hear(found)


def serve_ahead(director: TransactionDirector, writer: int, kind: str, waiting: Waiting) -> None:
    """A request is answered earlier than in the trace; one that is to be sent again is so once more."""
    about = (move for move in in_this_transaction(director, writer) if is_about(move, writer, kind))
    coming = [move for move in about if move.number not in director.done]
    following = next((move for move in coming if move.action != "send"), None)
    if following is not None and following.action == "request delayed":
        director.done.add(following.number)
        delay(director, following)
        return
    if waiting.answer is None:
        director.serve(waiting)
    director.under_way = [each for each in director.under_way if each[1] is not waiting]
    error = error_of(waiting)
    director.hear(waiting)
    if error in (*NOT_YET, CONCURRENT):
        return
    heard = next((place for place, move in enumerate(coming) if move.action == "hear" and move.error == error), None)
    if error != "NONE" or (heard is None and any(move.action == "hear" for move in coming)):
        raise NotDirectedError(f"{kind} has to be answered first, with {error}")
    director.done.update(move.number for move in coming[: None if heard is None else heard + 1])


def error_of(waiting: Waiting) -> str:
    """What is answered."""
    assert waiting.answer is not None
    response = waiting.answer.result()
    assert response is not None
    return error_in(response)


def in_this_transaction(director: TransactionDirector, writer: int) -> Iterator[Move]:
    """The steps to come until somebody asks to end its transaction."""
    for move in director.coming[1:]:
        if move.action == "send" and any(is_about(move, writer, kind) for kind in ENDING):
            return
        yield move


def is_about(move: Move, writer: int, kind: str) -> bool:
    """Whether a step is one on the way of a request to a coordinator, or of the answer."""
    request = move.request if move.action in OF_REQUESTS or LOST in move.says else None
    return request is not None and request.writer == writer and request.kind == kind


def served(director: TransactionDirector, request: Request) -> Waiting | None:
    """A request whose answer is on its way; None if its sender does not wait for it any more."""
    found = next((each for each in director.under_way if each[0] == request and each[1].answer is not None), None)
    if found is None:
        return None
    director.under_way.remove(found)
    return found[1] if found[1] in director.network.waiting else None


def hears_more_first(director: TransactionDirector, request: Request) -> bool:
    """Whether an instance hears something else before it asks once more, or before that is decided on."""
    about = ((move.action, asked) for move in director.coming[1:] if (asked := move.request) is not None)
    own = (each for each in about if each[0] in ("send", "hear") or each == ("serve batch", request))
    return next((action for action, asked in own if asked.writer == request.writer), "send") == "hear"


def hear_all(director: TransactionDirector, writer: int) -> None:
    """What has not been heard is so now."""
    for each in [each for each in director.unheard if each[0] == writer]:
        director.unheard.remove(each)
        if each[1] in director.network.waiting:
            director.network.release(each[1])
    director.calm()


def leave_on_the_way(director: TransactionDirector, move: Move, index: int) -> None:
    """What somebody does not wait for any more is on its way all the same, if the model has it so."""
    before, after = move.instances_before[index], move.instances_after[index]
    if after.phase == "initialising" != before.phase or move.action in ("send timeout", *CRASHES):
        left = [each.request for each in move.wire_after if each.request.writer == index and each.answer is None]
        for request, waiting in director.under_way:
            if waiting.answer is None and request in left and waiting in director.network.waiting:
                director.network.hold(waiting)
        if move.action != "send timeout":
            kept = [each for each in director.under_way if each[0].writer != index or each[1] in director.network.held]
            director.under_way = kept


def loses(director: TransactionDirector, sent: Sent) -> Waiting | None:
    """A request, or its answer, gets lost with its connection; None if nobody cares."""
    network = director.network
    if sent.answer is not None:
        waiting = served(director, sent.request)
        if waiting is not None:
            network.lose_answer_to(waiting)
            notice_loss(director, sent.request, waiting)
        return waiting
    if is_refused_unsent(director, sent.request):
        return None
    waiting = unserved(director, sent)
    if waiting in network.held:
        network.held.remove(waiting)
    network.waiting.remove(waiting)
    notice_loss(director, sent.request, waiting)
    return waiting


def is_refused_unsent(director: TransactionDirector, batch: Request) -> bool:
    """Whether a *batch* that its client does not send yet is refused once it does: it may as well be sent later."""
    decided = (move.error for move in director.coming if move.action == "serve batch" and move.request == batch)
    is_awaited = not is_there(director, batch) and blocking(director, batch) is not None
    return batch.kind == "produce" and is_awaited and next(decided, CONCURRENT) in REFUSED


def call(director: TransactionDirector, request: Request, asks: Instance) -> None:
    """As in one step, but nothing else is answered before."""
    is_batch = request.kind in ("produce", "add-output") and asks.phase == "in-transaction"
    if is_batch:
        clients.hand_over_next(director, request.writer, asks)
    else:
        clients.call(director, request, asks)


def call_ahead(director: TransactionDirector, request: Request) -> None:
    """What is asked for before a *request* that is lost is sent again is wanted before that is lost."""
    sends = ((move, asked) for move in director.coming[1:] if move.action == "send" and (asked := move.request))
    own = ((move, asked) for move, asked in sends if asked.writer == request.writer)
    if request.kind == "add-offsets":
        # What is wanted only once these are added again would come behind what commits them.
        own = ((move, asked) for move, asked in own if asked.kind != request.kind)
    move, following = next(own, (director.coming[0], request))
    queues_up = request.kind == "add-output" and not director.stage.setting.rules.adds_again_first
    if request.kind != following.kind and (following.kind == "add-output" or queues_up):
        call(director, following, move.instances_before[request.writer])
        director.calm()


def notice_loss(director: TransactionDirector, request: Request, waiting: Waiting) -> None:
    """The sender of a request notices that its connection is gone, unless its batch passes its deadline before that."""
    call_ahead(director, request)
    own = (move for move in director.coming[1:] if move.action != "late" and move.request == request)
    following = next(own, None)
    is_late = following is not None and following.action == "send timeout" and AGAIN not in following.says
    is_late = is_late and request.kind == "produce"
    if following is not None and is_late and not is_sent_again(following, request):
        director.silent = waiting
    else:
        director.network.wire(waiting).dies()


def is_sent_again(timing_out: Move, batch: Request) -> bool:
    """Whether a *batch* was sent once more before it times out: its client needs another epoch, or it arrives later."""
    needs_bump = timing_out.instances_after[batch.writer].needs_bump
    return needs_bump or any(each.request == batch and each.answer is None for each in timing_out.wire_after)


def delay(director: TransactionDirector, move: Move) -> None:
    """The network holds back a request, and its sender gives up on it."""
    request = move.sent.request
    waiting = unserved(director, move.sent)
    director.held.append((request, waiting))
    if waiting not in director.network.held:
        director.network.hold(waiting)
    notice_loss(director, request, waiting)
    director.calm()
