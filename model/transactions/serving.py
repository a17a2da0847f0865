"""What brokers do with a request of a transactional client, and what they answer."""

from ackproof.model.transactions import coordinator as transactions
from ackproof.model.transactions import offsets as group_offsets
from ackproof.model.transactions import output as partition
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import DONE, Coordinator, Partition, Transaction
from ackproof.model.transactions.instance import Instances
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output
from ackproof.model.transactions.request import Answer, Request


def served(client: Client, coordinator: Coordinator, request: Request) -> tuple[Coordinator, Answer]:
    """What the transaction coordinator makes of a request that is its own to answer."""
    before = coordinator[request.writer]
    after, answer = decided(client, before, request)
    return transactions.replaced(coordinator, request.writer, after), answer


def told_again(client: Client, before: Coordinator, output: Output, request: Request, answer: Answer) -> Output:
    """
    *output* once the coordinator takes an EndTxn for a repeat, and says that the transaction is committed already.

    What is open is not: an earlier EndTxn that came late has passed for this one (KAFKA-17754).
    """
    is_repeat = request.kind == "commit" and answer.error == "NONE" and before[request.writer].state == "CompleteCommit"
    if not is_repeat or not client.detail.tells_transactions_apart:
        return output
    return partition.promised(output, request.writer, request.serial)


def decided(client: Client, transaction: Transaction, request: Request) -> tuple[Transaction, Answer]:
    """The coordinator's decision about one transaction."""
    match request.kind:
        case "add-output":
            return transactions.add(transaction, request.epoch, "output")
        case "add-offsets":
            return transactions.add(transaction, request.epoch, "offsets")
        case "commit" | "abort":
            return transactions.end(client.rules, transaction, request)
        case "initialise":
            return transactions.initialise(client.rules, transaction, None)
        case "bump":
            return transactions.initialise(client.rules, transaction, request.epoch)
        case "produce" | "commit-offsets" | "mark-output" | "mark-offsets":
            raise ValueError(f"the transaction coordinator does not answer {request.kind}")


def appended(
    client: Client, coordinator: Coordinator, output: Output, request: Request
) -> tuple[Coordinator, Output, Answer]:
    """
    What the leader of the output partition makes of a batch.

    Source: ``ReplicaManager.handleProduceAppend``, ``AddPartitionsToTxnManager``.
    """
    if is_known_to_be_fenced(client, request, output.writers[request.writer].epoch):
        return coordinator, output, Answer("INVALID_PRODUCER_EPOCH")
    if not partition.is_open_for(output, request):
        if client.rules.verifies_partitions:
            output = partition.asked_about(client.detail, output, request)
        coordinator, answer = admitted(client, coordinator, request, "output")
        if answer != DONE:
            return coordinator, output, answer
    output, error = partition.append(client.rules, client.detail, output, request)
    return coordinator, output, Answer(error)


def is_known_to_be_fenced(client: Client, request: Request, epoch: int | None) -> bool:
    """
    Whether who leads a partition need not ask the coordinator, as it knows a higher *epoch* than that of a *request*.

    With reductions it asks all the same, and hears that at last. Not modelled: so does one before 4.1.

    Source: ``UnifiedLog.maybeStartTransactionVerification``.
    """
    asks = client.rules.adds_partitions_implicitly or client.rules.verifies_partitions
    return client.detail.is_fine and asks and epoch is not None and request.epoch < epoch


def admitted(
    client: Client, coordinator: Coordinator, request: Request, where: Partition
) -> tuple[Coordinator, Answer]:
    """Whether the coordinator takes a first write to a partition as part of the transaction, or adds it implicitly."""
    before = coordinator[request.writer]
    if client.rules.adds_partitions_implicitly:
        after, answer = transactions.add(before, request.epoch, where)
        coordinator = transactions.replaced(coordinator, request.writer, after)
    else:
        answer = transactions.verify(before, request.epoch, where) if client.rules.verifies_partitions else DONE
    # The partition leader passes it on under another name (``AddPartitionsToTxnManager``).
    return coordinator, Answer("INVALID_PRODUCER_EPOCH") if answer.error == "PRODUCER_FENCED" else answer


def committed(
    client: Client, instances: Instances, coordinator: Coordinator, offsets: Offsets, request: Request
) -> tuple[Coordinator, Offsets, Answer]:
    """
    What the group coordinator makes of the offsets of a transaction.

    Source: ``GroupCoordinatorService.commitTransactionalOffsets``, ``ClassicGroup.validateOffsetCommit``.
    """
    if is_known_to_be_fenced(client, request, offsets.epochs[request.writer]):
        return coordinator, offsets, Answer("INVALID_PRODUCER_EPOCH")
    if not group_offsets.has_open(offsets, request):
        coordinator, answer = admitted(client, coordinator, request, "offsets")
        if answer != DONE:
            return coordinator, offsets, answer
    if client.rules.sends_group_metadata and not is_current(instances, request):
        return coordinator, offsets, Answer("ILLEGAL_GENERATION")
    offsets, error = group_offsets.append(client.detail, offsets, request)
    return coordinator, offsets, Answer(error)


def is_current(instances: Instances, request: Request) -> bool:
    """Whether the sender still has the partition as it had it when it sent."""
    sender = instances[request.writer]
    return sender.status == "owner" and sender.generation == request.generation
