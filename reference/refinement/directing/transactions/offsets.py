"""Offsets that a directed instance commits in its transactions, and that are on their way."""

from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest

from ackproof.reference.refinement.directing.transactions.application import DirectedInstance
from ackproof.reference.refinement.directing.transactions.director import TransactionDirector


def pass_on(director: TransactionDirector, instance: DirectedInstance) -> None:
    """What was asked for before is served first."""
    director.calm()
    for waiting in director.offsets_of(instance):
        if not isinstance(waiting.request.body, TxnOffsetCommitRequest) or instance.ends.get(instance.transaction):
            director.serve(waiting)
            director.hear(waiting)


def finish_offsets(director: TransactionDirector, instance: DirectedInstance) -> None:
    """Others that the application has committed in its transaction, and that are on their way, arrive."""
    for waiting in director.asked_by(instance, TxnOffsetCommitRequest):
        director.serve(waiting)
        director.hear(waiting)
        instance.calls.pop("offsets", None)


def lose_offsets(director: TransactionDirector, instance: DirectedInstance) -> None:
    """Offsets of a transaction that is aborted never arrive: whoever reads them would have to wait for its end."""
    director.calm()
    for waiting in director.offsets_of(instance):
        director.network.waiting.remove(waiting)
        director.network.wire(waiting).dies()
    director.calm()
