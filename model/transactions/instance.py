"""An instance of the application: where it stands in its transaction and in its group."""

from typing import Literal

import attrs

Status = Literal["absent", "out", "member", "owner", "stale"]
"""
What an instance is to its group.

absent: Not running, and not expected to; only ``member-joins`` starts it.
out: Restarting, or about to join again.
member: In the group, without the partition.
owner: It has the partition. A transactional producer without a group has its records for itself, and stays owner.
stale: The group has put it out, and it has not heard of it.
"""

Phase = Literal["initialising", "idle", "in-transaction", "committing", "aborting", "bumping", "finished"]
"""
What the application waits for.

initialising: initTransactions (InitProducerId).
idle: Nothing: it polls, or has no records.
in-transaction: The batches and offsets of the running transaction.
committing, aborting: commitTransaction, abortTransaction (EndTxn).
bumping: The next epoch, after the abort of a transaction in which a batch failed (InitProducerId with its own epoch).
finished: It has stopped for good.
"""

NOTHING: frozenset[str] = frozenset()
NO_RECORDS: frozenset[int] = frozenset()


@attrs.frozen(cache_hash=True)
class Instance:
    """
    One process: a consumer, if there is a log to read, and a transactional producer (``TransactionManager``).

    Attributes:
        epoch: The producer epoch that it was given last.
        sequence: Of the next batch.
        has_gap: The batch before that has passed its deadline: it may be missing, and until another one is stored the
            client tries again where the next one is out of order.
        serial: Counts its transactions; 0 for ever where no claim tells them apart.
        generation: Counts how often it was assigned the partition.
        is_to_rejoin: It is the owner, and the group waits for it to poll, as members have come or gone.
        position: Where its next transaction starts; None if it first has to ask for the committed offset.
        first, next, upto: Of the transaction: its first record, the one to send next, and where it ends.
        added: Partitions that it has added to the transaction.
        adds_again: It has asked to add the output partition, and that or the answer got lost: it asks once more.
        has_sent_offsets: The offsets are in the transaction.
        is_closed: No more records are taken into the transaction, as its offsets may be on their way.
        has_unresolved_batch: The batch was sent, and it is not known what became of it: it is sent again until that is
            known, even before an abort, as the next sequence depends on it.
        needs_bump: A batch has failed: the next transaction takes another epoch.
        acknowledged: Records whose transaction the application saw commit, where a claim asks for it.
    """

    status: Status = "owner"
    phase: Phase = "idle"
    epoch: int = 0
    sequence: int = 0
    has_gap: bool = False
    serial: int = 0
    generation: int = 0
    is_to_rejoin: bool = False
    position: int | None = None
    first: int = 0
    next: int = 0
    upto: int = 0
    added: frozenset[str] = NOTHING
    adds_again: bool = False
    has_sent_offsets: bool = False
    is_closed: bool = False
    has_unresolved_batch: bool = False
    needs_bump: bool = False
    acknowledged: frozenset[int] = NO_RECORDS

    @property
    def is_polling(self) -> bool:
        """Whether it is between transactions, where the group can rebalance."""
        return self.phase == "idle"

    @property
    def is_in_transaction(self) -> bool:
        """Whether it works on a transaction."""
        return self.phase in {"in-transaction", "committing", "aborting"}


def numbered_anew(instance: Instance, epoch: int = 0) -> Instance:
    """*instance* with another epoch, in which its sequences begin from 0."""
    return attrs.evolve(instance, epoch=epoch, sequence=0, has_gap=False)


def with_batch_stored(instance: Instance) -> Instance:
    """*instance* once it knows that its batch is stored."""
    return attrs.evolve(instance, sequence=instance.sequence + 1, has_gap=False)


Instances = tuple[Instance, ...]


def replaced(instances: Instances, index: int, instance: Instance) -> Instances:
    """*instances* with the one at *index* replaced."""
    return (*instances[:index], instance, *instances[index + 1 :])


def with_status(instances: Instances, *wanted: Status) -> list[int]:
    """Which instances have one of the *wanted* statuses."""
    return [index for index, instance in enumerate(instances) if instance.status in wanted]


def named(index: int) -> str:
    """What people call an instance."""
    return f"instance {index + 1}"
