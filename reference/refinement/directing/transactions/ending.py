"""How a directed coordinator ends transactions."""

from ackproof.reference.refinement.directing.transactions.clients import LIMIT_MS
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.transactions.states.state import State


def mark(director: TransactionDirector, move: Move) -> None:
    """The markers of a transaction are written, wherever they have to be."""
    index = move.whose()
    metadata = director.metadata(index)
    # That the last one is written may pass unnoticed (KAFKA-9777).
    stays = move.coordinator_after[index].state in ("PrepareCommit", "PrepareAbort")
    while metadata.state.is_preparing and not (stays and not director.markers(index)):
        director.until(lambda: bool(director.markers(index)) or not metadata.state.is_preparing, "a marker")
        for waiting in director.markers(index):
            director.serve(waiting)
            director.network.release(waiting)
        director.calm()


def time_out(director: TransactionDirector, move: Move) -> None:
    """A transaction is open for too long, and the coordinator aborts it."""
    metadata = director.metadata(move.whose())
    director.until(lambda: metadata.state is State.PREPARE_ABORT, "the end of transaction.timeout.ms", LIMIT_MS)
