"""EndTxn: a transaction is committed or aborted."""

from typing import TYPE_CHECKING

from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch
from ackproof.reference.producer.transactions.handler import Handler, Priority
from ackproof.reference.protocol.primitive import ProducerId, TransactionalId, i16

if TYPE_CHECKING:
    from ackproof.reference.producer.transactions.transactions import TransactionManager

NEWEST_OF_TRANSACTION_VERSION_1 = 4


class EndTxn(Handler):
    """
    Ends the transaction; the answer may have the next epoch (KIP-890).

    Source: ``TransactionManager.EndTxnHandler``.
    """

    priority = Priority.END_TXN
    is_end = True

    def __init__(self, manager: "TransactionManager", is_commit: bool) -> None:
        self.name = f"EndTxn({str(is_commit).lower()})"
        super().__init__(manager)
        self.is_commit = is_commit
        self.at_most = None if manager.level.bumps_epoch_at_end else NEWEST_OF_TRANSACTION_VERSION_1
        self._identity = manager.numbering.identity

    def body(self) -> RequestPayload:
        """The request."""
        return EndTxnRequest(
            transactional_id=TransactionalId(self.coordinator_key),
            producer_id=ProducerId(self._identity.producer_id),
            producer_epoch=i16(self._identity.epoch),
            committed=self.is_commit,
        )

    def handle(self, response: ResponsePayload) -> None:
        """The answer has come."""
        assert isinstance(response, EndTxnResponse)
        if response.error_code != ErrorCode.none:
            self.handle_error(response.error_code)
            return
        identity = ProducerIdAndEpoch(response.producer_id, response.producer_epoch)
        self.manager.ended(identity if identity.is_valid else None)
        self.result.done()
