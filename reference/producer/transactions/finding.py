"""FindCoordinator: who coordinates a transactional id or a group."""

from typing import TYPE_CHECKING

from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import FindCoordinatorResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.node import Node
from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.producer.errors import GroupAuthorizationError, ProducerError, error_of
from ackproof.reference.producer.transactions.handler import CoordinatorType, Handler, Priority
from ackproof.reference.protocol.primitive import i8
from ackproof.reference.protocol.request import Address

if TYPE_CHECKING:
    from ackproof.reference.producer.transactions.transactions import TransactionManager

KEY_TYPES: dict[CoordinatorType, int] = {"group": 0, "transaction": 1}


class FindCoordinator(Handler):
    """Asks any broker. Source: ``TransactionManager.FindCoordinatorHandler``."""

    name = "FindCoordinator"
    priority = Priority.FIND_COORDINATOR

    def __init__(self, manager: "TransactionManager", wanted: CoordinatorType, key: str) -> None:
        super().__init__(manager)
        self._wanted: CoordinatorType = wanted
        self._key = key

    @property
    def coordinator_type(self) -> CoordinatorType | None:
        """Any broker knows."""
        return None

    def body(self) -> RequestPayload:
        """The request."""
        return FindCoordinatorRequest(key_type=i8(KEY_TYPES[self._wanted]), coordinator_keys=(self._key,))

    def handle(self, response: ResponsePayload) -> None:
        """The answer has come."""
        assert isinstance(response, FindCoordinatorResponse)
        if len(response.coordinators) != 1:
            self.fatal(ProducerError("Coordinator lookup failed: the response has not exactly one coordinator"))
            return
        found = response.coordinators[0]
        match found.error_code:
            case ErrorCode.none:
                node = Node(found.node_id, Address(found.host, found.port))
                self.manager.coordinators[self._wanted] = node
                self.result.done()
            case code if code in RETRIABLE:
                self.try_again()
            case ErrorCode.transactional_id_authorization_failed as code:
                self.fatal(error_of(code))
            case ErrorCode.group_authorization_failed:
                self.abortable(GroupAuthorizationError(self._key))
            case ErrorCode.transaction_abortable as code:
                self.abortable(error_of(code))
            case code:
                self.fatal(
                    ProducerError(
                        f"Could not find a coordinator with type {self._wanted} with key {self._key} "
                        f"due to unexpected error: {found.error_message or code.name.upper()}"
                    )
                )
