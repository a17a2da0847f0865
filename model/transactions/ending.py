"""How the coordinator ends transactions: markers, and what nobody works on any more."""

from collections.abc import Iterator

from ackproof.model.system import Next, action
from ackproof.model.transactions import coordinator as transactions
from ackproof.model.transactions import offsets as group_offsets
from ackproof.model.transactions import output as partition
from ackproof.model.transactions.client import Client, told, who
from ackproof.model.transactions.coordinator import Coordinator, Transaction
from ackproof.model.transactions.instance import Instances
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Marker, Output
from ackproof.model.transactions.request import MARKING, Request
from ackproof.model.transactions.scene import Delayed, Scene, rested


def waits_for_marker(coordinator: Coordinator) -> bool:
    """Whether a marker is still to be written."""
    return any(transaction.is_preparing and transaction.partitions for transaction in coordinator)


def marker_of(writer: int, transaction: Transaction) -> Marker:
    """The marker that ends *transaction* in each of its partitions."""
    is_commit = transaction.state == "PrepareCommit"
    return Marker(writer, transaction.epoch, is_commit, transaction.ended_by)


def marking(client: Client, writer: int, transaction: Transaction, where: str) -> str:
    """A marker in words."""
    kind = "commit" if transaction.state == "PrepareCommit" else "abort"
    return f"the {kind} marker of {who(client, writer)} is written to {where}"


@action(when={"coordinator": waits_for_marker})
def mark(
    client: Client, instances: Instances, coordinator: Coordinator, output: Output, offsets: Offsets, delayed: Delayed
) -> Iterator[Next]:
    """
    The markers that end a transaction are written (WriteTxnMarkers), which completes it.

    In one step: who reads one partition does not see whether the other has its marker yet.
    """
    for writer, transaction in enumerate(coordinator):
        if not transaction.is_preparing or not transaction.partitions:
            continue
        marker, where = marker_of(writer, transaction), transaction.partitions
        written = partition.mark(client.detail, output, marker) if "output" in where else output
        noted = group_offsets.mark(client.detail, offsets, marker) if "offsets" in where else offsets
        for after in transactions.marked(client.rules, transaction, *where):
            known = transactions.replaced(coordinator, writer, after)
            scene = rested(client, Scene(instances, known, written, noted, delayed), writer)
            yield scene.told(
                marking(client, writer, transaction, " and ".join(f"the {name}" for name in sorted(where)))
            )


@action(fault="request-delayed", when={"coordinator": waits_for_marker})
def marker_delayed(client: Client, coordinator: Coordinator, delayed: Delayed) -> Iterator[Next]:
    """
    The network holds back a marker on its way to a partition; the coordinator sends it once more.

    Source: ``TransactionMarkerRequestCompletionHandler.onComplete``, which puts it back after a disconnect.
    """
    for writer, transaction in enumerate(coordinator):
        for kind in MARKING:
            if transaction.is_preparing and kind.removeprefix("mark-") in transaction.partitions:
                marker = marker_of(writer, transaction)
                held = Request(kind, writer, marker.epoch, marker.ended_by, is_commit=marker.is_commit)
                if held not in delayed:
                    says = f"held back by the network, and sent once more: {told(client, held)}"
                    yield Next(says, delayed=tuple(sorted({*delayed, held}, key=str)))


@action(when={"coordinator": waits_for_marker})
def mark_output(client: Client, coordinator: Coordinator, output: Output) -> Iterator[Next]:
    """The marker of a transaction is written to the output partition (WriteTxnMarkers)."""
    for writer, transaction in enumerate(coordinator):
        if transaction.is_preparing and "output" in transaction.partitions:
            written = partition.mark(client.detail, output, marker_of(writer, transaction))
            for after in transactions.marked(client.rules, transaction, "output"):
                known = transactions.replaced(coordinator, writer, after)
                yield Next(marking(client, writer, transaction, "the output"), coordinator=known, output=written)


@action(when={"coordinator": waits_for_marker})
def mark_offsets(client: Client, coordinator: Coordinator, offsets: Offsets) -> Iterator[Next]:
    """The marker of a transaction is written to the offsets partition (WriteTxnMarkers)."""
    for writer, transaction in enumerate(coordinator):
        if transaction.is_preparing and "offsets" in transaction.partitions:
            noted = group_offsets.mark(client.detail, offsets, marker_of(writer, transaction))
            for after in transactions.marked(client.rules, transaction, "offsets"):
                known = transactions.replaced(coordinator, writer, after)
                yield Next(marking(client, writer, transaction, "the offsets"), coordinator=known, offsets=noted)


def resting(instances: Instances) -> tuple[bool, ...]:
    """For each instance, whether it is not working on a transaction, nor about to ask for its end as it starts."""
    return tuple(instance.phase in {"idle", "finished"} or instance.status == "absent" for instance in instances)


def working(instances: Instances) -> tuple[bool, ...]:
    """For each instance, whether it is working on a transaction."""
    return tuple(instance.is_in_transaction for instance in instances)


def has_ongoing(coordinator: Coordinator) -> bool:
    """Whether a transaction is open, and its end is not decided."""
    return any(is_ongoing(transaction) for transaction in coordinator)


def is_ongoing(transaction: Transaction) -> bool:
    """Whether the coordinator may time *transaction* out."""
    return transaction.state == "Ongoing" and not transaction.is_stuck


def timed_out(client: Client, coordinator: Coordinator, whose: tuple[bool, ...], why: str) -> Iterator[Next]:
    """
    The coordinator aborts a transaction of one of those after ``transaction.timeout.ms``.

    Source: ``TransactionCoordinator.abortTimedOutTransactions``.
    """
    for writer, transaction in enumerate(coordinator):
        if whose[writer] and is_ongoing(transaction):
            after = transactions.replaced(coordinator, writer, transactions.fenced(client.rules, transaction))
            yield Next(f"{who(client, writer)} {why}; the coordinator aborts its transaction", coordinator=after)


@action(when={"coordinator": has_ongoing}, sees={"instances": resting})
def time_out(client: Client, instances: tuple[bool, ...], coordinator: Coordinator) -> Iterator[Next]:
    """A transaction that nobody works on any more times out."""
    yield from timed_out(client, coordinator, instances, "has left something open")


@action(fault="producer-pause", when={"coordinator": has_ongoing}, sees={"instances": working})
def producer_pause(client: Client, instances: tuple[bool, ...], coordinator: Coordinator) -> Iterator[Next]:
    """A producer stands still in a transaction until that times out."""
    yield from timed_out(client, coordinator, instances, "pauses for too long")
