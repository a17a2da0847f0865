"""InitProducerId: a producer's id and epoch, at first and after errors."""

from typing import TYPE_CHECKING

from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.producer.errors import ProducerFencedError, error_of
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch
from ackproof.reference.producer.transactions.handler import CoordinatorType, Handler, Priority
from ackproof.reference.protocol.primitive import ProducerId, TransactionalId, duration, i16

if TYPE_CHECKING:
    from ackproof.reference.producer.transactions.transactions import TransactionManager

INTEGER_MAX = 2**31 - 1


class InitProducerId(Handler):
    """
    Asks for a producer id, or for the next epoch of one.

    Source: ``TransactionManager.InitProducerIdHandler``.
    """

    name = "InitProducerId"

    def __init__(self, manager: "TransactionManager", bumped: ProducerIdAndEpoch | None = None) -> None:
        super().__init__(manager)
        self._bumped = bumped
        self.priority = Priority.INIT_PRODUCER_ID if bumped is None else Priority.EPOCH_BUMP

    @property
    def coordinator_type(self) -> CoordinatorType | None:
        """Any broker gives ids to producers without transactions."""
        return None if self.manager.transactional_id is None else "transaction"

    def body(self) -> RequestPayload:
        """The request, with the present id and epoch where it is about the next epoch."""
        transactional_id = self.manager.transactional_id
        before = self._bumped or ProducerIdAndEpoch()
        return InitProducerIdRequest(
            transactional_id=None if transactional_id is None else TransactionalId(transactional_id),
            transaction_timeout=duration(
                INTEGER_MAX if transactional_id is None else self.manager.transaction_timeout_ms
            ),
            producer_id=ProducerId(before.producer_id),
            producer_epoch=i16(before.epoch),
        )

    def handle(self, response: ResponsePayload) -> None:
        """The answer has come."""
        assert isinstance(response, InitProducerIdResponse)
        match response.error_code:
            case ErrorCode.none:
                identity = ProducerIdAndEpoch(response.producer_id, response.producer_epoch)
                self.manager.has_identity(identity, forgets_sequences=self._bumped is not None)
                self.result.done()
            case code:
                self.handle_error(code)

    def handle_error(self, code: ErrorCode) -> None:
        """Authorization may be granted later; little else is to be hoped for."""
        match code:
            case ErrorCode.not_coordinator | ErrorCode.coordinator_not_available:
                super().handle_error(code)
            case _ if code in RETRIABLE:
                self.try_again()
            case ErrorCode.transactional_id_authorization_failed | ErrorCode.cluster_authorization_failed:
                self.abortable(error_of(code))
            case ErrorCode.invalid_producer_epoch | ErrorCode.producer_fenced:
                self.fatal(ProducerFencedError())
            case ErrorCode.transaction_abortable:
                self.abortable(error_of(code))
            case _:
                self.fatal(self.unexpected(code))
