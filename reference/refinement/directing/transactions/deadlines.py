"""How batches of a directed client pass their deadline."""

from collections.abc import Callable

from ackproof.model.transactions.request import Request
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.transactions.clients import fails
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move

MOMENT_MS = 500
"""For how long a client stands still as a deadline passes: no session ends meanwhile."""

BREAKS, AGAIN = "as its connection breaks", "after it was sent again"
"""What is said of a batch that passes its deadline so."""


def passes_deadline_in_flight(director: TransactionDirector, request: Request) -> bool:
    """Whether a batch is to pass its deadline so that its client needs no other epoch: one that is sent again does."""
    own = (move for move in director.coming[1:] if (asked := move.request) is None or asked.writer == request.writer)
    following = next(own, None)
    if request.kind != "produce" or following is None or following.action != "send timeout":
        return False
    needs_bump = following.instances_after[request.writer].needs_bump
    is_told_so = any(words in following.says for words in ("is appended", BREAKS, AGAIN))
    is_sent_again = is_told_so or following.client.rules.bumps_epoch_at_every_end
    return not needs_bump and not is_sent_again


def notices_at_last(director: TransactionDirector) -> None:
    """Who has not noticed that a connection is gone does so now."""
    if director.silent is not None:
        director.network.wire(director.silent).breaks()
        director.silent = None


def passes_deadline(director: TransactionDirector, move: Move, request: Request, waiting: Waiting | None) -> None:
    """A batch is too old, be it that its client notices that together with the end of its connection."""
    if AGAIN in move.says and waiting is not None:
        sent_again(director, request, waiting)
    elif waiting is not None and (BREAKS in move.says or waits_for_offsets(director, move, request)):
        stands_still(director, request, director.network.wire(waiting).breaks)
    fails(director, move, request)


def waits_for_offsets(director: TransactionDirector, move: Move, request: Request) -> bool:
    """Whether a client looks at no deadline, and it makes no difference that its connection breaks."""
    return move.client.rules.bumps_epoch_at_every_end and bool(director.offsets_of(director.instance(request.writer)))


def sent_again(director: TransactionDirector, request: Request, waiting: Waiting) -> None:
    """A batch is sent once more, as its connection breaks."""
    network = director.network
    if waiting.answer is not None:
        network.lose_answer_to(waiting)
    elif waiting in network.waiting and waiting not in network.held:
        network.waiting.remove(waiting)
    network.wire(waiting).breaks()
    director.wait_for(request)


def stands_still(director: TransactionDirector, request: Request, happens: Callable[[], object]) -> None:
    """A client waits for an answer, and what *happens* it sees only as the deadline passes."""
    instance, clock = director.instance(request.writer), director.stage.clock
    process, over_ms = instance.process, instance.handed_ms[request.record] + instance.delivery_timeout_ms
    assert process is not None
    clock.run_until(max(clock.now_ms, over_ms - MOMENT_MS))
    process.pause()
    happens()
    clock.run_until(max(clock.now_ms, over_ms + MOMENT_MS))
    process.resume()
    director.calm()
