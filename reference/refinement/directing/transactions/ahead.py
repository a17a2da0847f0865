"""What a client sends in another order than the model is answered earlier than in the trace."""

from ackproof.model.transactions.request import ENDING, Request
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.transactions.coming import next_about
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector, is_alike
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.transactions.requests import request_of

IN_ONE_STEP = ("add partition", "commit offsets")
"""What a coordinator is asked for in a transaction, with its answer."""

TAKEN_AHEAD = (*IN_ONE_STEP, "response lost", "request delayed")
"""What may become of such a request while nothing befalls brokers."""


def let_by(director: TransactionDirector, request: Request) -> None:
    """
    What the client of a *request* waits for, before it sends that, is answered.

    Source: ``Sender.maybeSendAndPollTransactionalRequest``: no batch goes out meanwhile, nor does anything else.
    """
    director.calm()
    while director.at_the_door(request) is None and (other := blocking(director, request)) is not None:
        answer_ahead(director, request, *other)
        director.calm()


def blocking(director: TransactionDirector, request: Request) -> tuple[str, Waiting] | None:
    """What the sender of a *request* waits for before it sends that, and its kind."""
    process = director.instance(request.writer).process
    for waiting in director.network.waiting:
        if waiting not in director.network.held and director.network.wire(waiting).client.process is process:
            asked = request_of(waiting.request.body, request.writer)
            if asked is not None and asked.kind not in ("produce", request.kind):
                return asked.kind, waiting
    return None


def answer_ahead(director: TransactionDirector, request: Request, kind: str, waiting: Waiting) -> None:
    """A request is answered as it is later; or at all, where the transaction goes on with another one, or ends."""
    following = None if request.kind in ENDING else next_about(director, request.writer, kind)
    if following is None or not is_about(following, waiting):
        director.serve(waiting)
        director.hear(waiting)
        director.instance(request.writer).calls.pop("offsets", None)
    elif following.action in TAKEN_AHEAD:
        director.take_ahead(following)
    else:
        raise NotDirectedError(f"{kind} has to be answered first")


def is_about(move: Move, waiting: Waiting) -> bool:
    """Whether a step is about what waits to be served."""
    request = move.request
    assert request is not None
    asked = request_of(waiting.request.body, request.writer)
    return asked is not None and is_alike(asked, request)
