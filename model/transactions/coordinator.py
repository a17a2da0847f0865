"""What the transaction coordinator keeps of each ``transactional.id``, and what it answers."""

from collections.abc import Iterator
from typing import Literal

import attrs

from ackproof.model.transactions.request import Answer, Request
from ackproof.model.transactions.rules import TransactionRules

State = Literal["Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort"]
Partition = Literal["output", "offsets"]

CONCURRENT = Answer("CONCURRENT_TRANSACTIONS")
FENCED = Answer("PRODUCER_FENCED")
DONE = Answer()

NO_EPOCH = -1


@attrs.frozen(cache_hash=True)
class Transaction:
    """
    The state of one ``transactional.id`` (``TransactionMetadata``).

    Attributes:
        partitions: While Ongoing those that were added; while Prepare* those that still wait for a marker.
        epoch: The producer epoch that is accepted.
        last_epoch: The one before, if its owner may ask for the present one again.
        ended_by: The serial of the application's transaction whose EndTxn decided the last commit.
        is_stuck: Something is pending that nothing clears before the coordinator is loaded anew.
    """

    state: State = "Empty"
    epoch: int = 0
    last_epoch: int = NO_EPOCH
    partitions: frozenset[str] = frozenset()
    ended_by: int = 0
    is_stuck: bool = False

    @property
    def is_preparing(self) -> bool:
        """Whether it is decided how the transaction ends, and markers are still to be written."""
        return self.state in {"PrepareCommit", "PrepareAbort"}

    @property
    def is_open(self) -> bool:
        """Whether there is a transaction that has not ended."""
        return self.state == "Ongoing" or self.is_preparing


Coordinator = tuple[Transaction, ...]
"""The transactions of all instances, in their order."""


def replaced(coordinator: Coordinator, writer: int, transaction: Transaction) -> Coordinator:
    """*coordinator* with the transaction of *writer* replaced."""
    return (*coordinator[:writer], transaction, *coordinator[writer + 1 :])


def add(transaction: Transaction, epoch: int, partition: Partition) -> tuple[Transaction, Answer]:
    """
    Add *partition*, which begins a transaction if none is open.

    What is being completed is waited for first, and only then the epoch is looked at (since KAFKA-18660, 4.0; before,
    a producer that is fenced was told so at once, and nothing else differed).

    Source: ``TransactionCoordinator.handleAddPartitionsToTransaction``.
    """
    if transaction.is_stuck or transaction.is_preparing:
        return transaction, CONCURRENT
    if epoch != transaction.epoch:
        return transaction, FENCED
    begun = transaction.partitions if transaction.state == "Ongoing" else frozenset[str]()
    return attrs.evolve(transaction, state="Ongoing", partitions=begun | {partition}), DONE


def verify(transaction: Transaction, epoch: int, partition: Partition) -> Answer:
    """
    Whether *partition* is in the open transaction (KIP-890 part 1).

    Source: ``TransactionCoordinator.handleVerifyPartitionsInTransaction``.
    """
    if epoch != transaction.epoch:
        return FENCED
    if transaction.is_preparing:
        return CONCURRENT
    return DONE if partition in transaction.partitions else Answer("TRANSACTION_ABORTABLE")


def end(rules: TransactionRules, transaction: Transaction, request: Request) -> tuple[Transaction, Answer]:
    """
    The decision on an EndTxn.

    Source: ``TransactionCoordinator.endTransaction``.
    """
    if rules.refuses_end:
        return attrs.evolve(transaction, is_stuck=rules.refusal_keeps_pending), Answer("UNSUPPORTED_VERSION")
    if rules.bumps_epoch_at_every_end:
        return end_with_next_epoch(transaction, request)
    if request.epoch != transaction.epoch:
        return transaction, FENCED
    if transaction.is_stuck:
        return transaction, CONCURRENT
    if transaction.state == "Ongoing":
        return prepared(transaction, request, transaction.epoch), DONE
    return transaction, repeated(transaction, request)


def end_with_next_epoch(transaction: Transaction, request: Request) -> tuple[Transaction, Answer]:
    """
    EndTxn 5: the next epoch comes with the answer; who asks again with the last one did not hear it.

    An abort is taken also where no transaction is open, though not before the last one is complete.

    Source: ``TransactionCoordinator.endTransaction``, which first looks whether something is pending (KAFKA-18660).
    """
    if transaction.is_stuck or transaction.is_preparing:
        return transaction, CONCURRENT
    is_repeat = request.epoch == transaction.epoch - 1 and transaction.state not in {"Empty", "Ongoing"}
    if not is_repeat and request.epoch != transaction.epoch:
        return transaction, FENCED
    if is_repeat:
        answer = repeated(transaction, request)
        return transaction, attrs.evolve(answer, epoch=transaction.epoch) if answer == DONE else answer
    if transaction.state != "Ongoing" and request.kind == "commit":
        return transaction, Answer("INVALID_TXN_STATE")
    after = prepared(transaction, request, transaction.epoch + 1)
    return after, Answer(epoch=after.epoch)


def prepared(transaction: Transaction, request: Request, epoch: int) -> Transaction:
    """*transaction* once its end is decided and logged; markers follow."""
    if request.kind == "commit":
        after = attrs.evolve(transaction, state="PrepareCommit", epoch=epoch, ended_by=request.serial)
    else:
        after = attrs.evolve(transaction, state="PrepareAbort", epoch=epoch)
    return completed(after)


def repeated(transaction: Transaction, request: Request) -> Answer:
    """What is answered to an EndTxn when no transaction is Ongoing; while one is completed, that is pending."""
    asked = {"commit": "Commit", "abort": "Abort"}[request.kind]
    if transaction.is_preparing:
        return CONCURRENT
    return DONE if transaction.state == f"Complete{asked}" else Answer("INVALID_TXN_STATE")


def fenced(rules: TransactionRules, transaction: Transaction) -> Transaction:
    """
    *transaction*, open, aborted by the coordinator itself, which takes the next epoch for it.

    Source: ``TransactionMetadata``: ``prepareFenceProducerEpoch``; ``prepareAbortOrCommit``, where who had it open may
    ask for that epoch.
    """
    last = transaction.epoch if rules.shares_epoch_of_fence else NO_EPOCH
    return completed(attrs.evolve(transaction, state="PrepareAbort", epoch=transaction.epoch + 1, last_epoch=last))


def initialise(
    rules: TransactionRules, transaction: Transaction, expected_epoch: int | None
) -> tuple[Transaction, Answer]:
    """
    InitProducerId, from a new process or, with its epoch, from one that goes on after an error (KIP-360).

    Source: ``TransactionCoordinator.prepareInitProducerIdTransit``; ``TransactionMetadata``:
    ``prepareFenceProducerEpoch``, ``prepareIncrementProducerEpoch``.
    """
    if transaction.is_stuck or transaction.is_preparing:
        return transaction, CONCURRENT
    if transaction.state == "Ongoing":
        return fenced(rules, transaction), CONCURRENT
    epoch = transaction.epoch + 1
    if expected_epoch is None:
        return attrs.evolve(transaction, state="Empty", epoch=epoch, last_epoch=NO_EPOCH), Answer(epoch=epoch)
    if expected_epoch == transaction.epoch:
        return attrs.evolve(transaction, state="Empty", epoch=epoch, last_epoch=expected_epoch), Answer(epoch=epoch)
    if expected_epoch == transaction.last_epoch:
        return attrs.evolve(transaction, state="Empty"), Answer(epoch=transaction.epoch)
    return transaction, FENCED


def marked(rules: TransactionRules, transaction: Transaction, *partitions: str) -> Iterator[Transaction]:
    """What *transaction* may be after the markers of *partitions* were written."""
    after = completed(attrs.evolve(transaction, partitions=transaction.partitions.difference(partitions)))
    yield after
    if rules.loses_completion and not after.is_preparing:
        yield attrs.evolve(after, state=transaction.state, is_stuck=True)


def completed(transaction: Transaction) -> Transaction:
    """
    *transaction*, complete if no marker is missing.

    Source: ``TransactionMarkerChannelManager.maybeWriteTxnCompletion``.
    """
    if transaction.partitions or not transaction.is_preparing:
        return transaction
    state: State = "CompleteCommit" if transaction.state == "PrepareCommit" else "CompleteAbort"
    return attrs.evolve(transaction, state=state)


def loaded(transaction: Transaction) -> Transaction:
    """
    *transaction* as a new coordinator reads it from its log, which knows of nothing pending, nor of the epoch before.

    Source: ``TransactionLog.read``, with NO_PRODUCER_EPOCH for ``lastProducerEpoch``.
    """
    return completed(attrs.evolve(transaction, is_stuck=False, last_epoch=NO_EPOCH))


def moved(coordinator: Coordinator) -> Coordinator:
    """All transactions, as a new coordinator reads them."""
    return tuple(map(loaded, coordinator))
