"""Requests of a transactional client, and the answers that it hears."""

from typing import Literal

import attrs

from ackproof.model.naming import record_name

Kind = Literal[
    "add-output",
    "add-offsets",
    "produce",
    "commit-offsets",
    "commit",
    "abort",
    "initialise",
    "bump",
    "mark-output",
    "mark-offsets",
]
"""
AddPartitionsToTxn, AddOffsetsToTxn, Produce, TxnOffsetCommit, EndTxn; InitProducerId without and with an epoch; and
WriteTxnMarkers, which the coordinator asks of who leads a partition.

Elsewhere is another output partition than the one that records go to.
"""

Error = Literal[
    "NONE",
    "CONCURRENT_TRANSACTIONS",
    "PRODUCER_FENCED",
    "INVALID_PRODUCER_EPOCH",
    "INVALID_TXN_STATE",
    "TRANSACTION_ABORTABLE",
    "OUT_OF_ORDER_SEQUENCE_NUMBER",
    "ILLEGAL_GENERATION",
    "UNSUPPORTED_VERSION",
]

ADDING: tuple[Kind, ...] = ("add-output", "add-offsets")
"""What adds a partition to a transaction."""

ENDING: tuple[Kind, ...] = ("commit", "abort", "initialise", "bump")
"""What ends a transaction, or begins an epoch."""

TO_COORDINATOR: tuple[Kind, ...] = (*ADDING, *ENDING)
"""What the transaction coordinator answers."""

ANY: tuple[Kind, ...] = (*TO_COORDINATOR, "produce", "commit-offsets")
"""What a client may ask for."""

MARKING: tuple[Kind, ...] = ("mark-output", "mark-offsets")
"""What the coordinator asks for."""


@attrs.frozen(cache_hash=True)
class Request:
    """
    A request on its way.

    Attributes:
        writer: Whose: the place of the instance, which stands for its ``transactional.id`` and producer id.
        serial: Of the application's transaction that it belongs to; no broker sees it.
        record, sequence: Of a batch.
        start, offset: The offset to commit, and where the transaction that it ends started.
        generation: That of the sender's membership.
        is_commit: Of a marker; its serial is that of the EndTxn that decided so.
    """

    kind: Kind
    writer: int
    epoch: int
    serial: int = 0
    record: int = -1
    sequence: int = -1
    start: int = 0
    offset: int = -1
    generation: int = 0
    is_commit: bool = False


@attrs.frozen(cache_hash=True)
class Answer:
    """What a broker answers; with the next producer epoch where it hands one out."""

    error: Error = "NONE"
    epoch: int | None = None


def asks(request: Request) -> str:
    """What is asked for."""
    if request.kind == "produce":
        return f"sends {record_name(request.record)}"
    if request.kind == "commit-offsets":
        return f"asks to commit offset {request.offset} with its transaction"
    return {
        "add-output": "asks to add the output partition to its transaction",
        "add-offsets": "asks to add the group's offsets to its transaction",
        "commit": "asks to commit its transaction",
        "abort": "asks to abort its transaction",
        "initialise": "initialises transactions",
        "bump": "asks for the next producer epoch",
    }[request.kind]


def heard_as(answer: Answer) -> str:
    """An answer in words."""
    return "done" if answer.error == "NONE" else answer.error
