"""What a Produce or a TxnOffsetCommit asks of the transaction coordinator, and what its sender is told."""

from enum import Enum

from kio.schema.errors import ErrorCode


class Operation(Enum):
    """
    What the version of a Produce or TxnOffsetCommit asks for.

    Source: ``AddPartitionsToTxnManager.TransactionSupportedOperation``.
    """

    VERIFY_FOR_OLD_CLIENT = "verify, for a client that does not know TRANSACTION_ABORTABLE"
    VERIFY = "verify"
    ADD = "add (KIP-890 part 2)"


def operation_of_produce(version: int) -> Operation:
    """What a Produce of *version* asks for."""
    return Operation.ADD if version > 11 else Operation.VERIFY if version > 10 else Operation.VERIFY_FOR_OLD_CLIENT


def operation_of_txn_offset_commit(version: int) -> Operation:
    """What a TxnOffsetCommit of *version* asks for."""
    return Operation.ADD if version > 4 else Operation.VERIFY if version > 3 else Operation.VERIFY_FOR_OLD_CLIENT


def understood(error: ErrorCode, operation: Operation) -> ErrorCode:
    """An *error* of the coordinator under the name by which producers know it."""
    if error is ErrorCode.producer_fenced:
        return ErrorCode.invalid_producer_epoch
    if error is ErrorCode.transaction_abortable and operation is Operation.VERIFY_FOR_OLD_CLIENT:
        return ErrorCode.invalid_txn_state
    return error


UNVERIFIED = frozenset(
    {
        ErrorCode.network_exception,
        ErrorCode.coordinator_load_in_progress,
        ErrorCode.coordinator_not_available,
        ErrorCode.not_coordinator,
    }
)


def produce_error(error: ErrorCode, operation: Operation) -> ErrorCode:
    """
    What a producer is told where verification says *error*.

    Old producers try NOT_ENOUGH_REPLICAS again, which they do not with what the coordinator may say.

    Source: ``ReplicaManager.handleProduceAppend``.
    """
    is_ending = error is ErrorCode.concurrent_transactions and operation is not Operation.ADD
    return ErrorCode.not_enough_replicas if error in UNVERIFIED or is_ending else error
