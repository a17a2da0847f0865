"""Looking up the coordinator of a group: which broker it is, and for how long that is believed."""

from collections.abc import Callable
from random import Random

from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import FindCoordinatorResponse

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.client.node import Node, coordinator_node
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.errors import CoordinatorUnknownError, is_retriable
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import i8
from ackproof.reference.protocol.request import Address

GROUP = 0
"""The kind of key that FindCoordinator is asked for."""


class CoordinatorLookup:
    """
    Finds the coordinator, one request at a time.

    Source: ``AbstractCoordinator``: ``ensureCoordinatorReady``, ``lookupCoordinator``, ``markCoordinatorUnknown``.
    """

    def __init__(
        self, clock: Clock, requests: Requests, metadata: Metadata, settings: ConsumerSettings, rng: Random
    ) -> None:
        self._clock = clock
        self._requests = requests
        self._metadata = metadata
        self._group_id = settings.group_id or ""
        self._backoff = ExponentialBackoff(settings.retry_backoff_ms, settings.retry_backoff_max_ms, rng)
        self._node: Node | None = None
        self._finding: Future[None] | None = None
        self._fatal: Exception | None = None
        self._found: list[Callable[[], None]] = []

    @property
    def node(self) -> Node | None:
        """The coordinator, unless its connection has failed."""
        if self._node is not None and self._requests.nodes.is_unavailable(self._node):
            self._node = None
        return self._node

    def on_found(self, callback: Callable[[], None]) -> None:
        """*callback* happens when a coordinator is found."""
        self._found.append(callback)

    def mark_unknown(self, *, is_disconnected: bool = False) -> None:
        """It is not the coordinator any more: what is under way to it fails."""
        node, self._node = self._node, None
        if node is not None and not is_disconnected:
            self._requests.nodes.disconnect(node)

    def find(self) -> Future[None]:
        """Look for it, or join the look-up under way; it fails with ``KafkaError`` or ``DisconnectedError``."""
        if self._finding is None:
            finding = spawn(self._clock, self._find())
            finding.then(lambda: self._remember(finding))
            self._finding = finding
        return self._finding

    @property
    def is_finding(self) -> bool:
        """Whether a look-up has been begun, and nobody has taken note of what came of it."""
        return self._finding is not None

    def forget_attempt(self) -> None:
        """What comes of the look-up under way is of no interest: another one may begin."""
        self._finding = None

    async def ensure_ready(self, until: Deadline) -> bool:
        """
        Wait until it is known; whether it is in time.

        Raises:
            KafkaError: It can not be found, and trying again does not help.
        """
        attempts = 0
        while self.node is None:
            finding = self.find()
            if not await until.settled(finding):
                return False
            self._finding = None
            self._raise_fatal()
            if self.node is None:
                await until.rest(self._backoff.backoff_ms(attempts))
                attempts += 1
                if finding.error is not None:
                    await self._refresh(until)
            if self.node is None and until.has_passed:
                return False
        return True

    def ensure_ready_now(self) -> bool:
        """Whether it is known; if not, it is being looked for from now on."""
        if self.node is None and (self._finding is None or self._finding.is_done):
            self._finding = None
            self.find()
        return self.node is not None

    def _remember(self, finding: Future[None]) -> None:
        """An error that does not pass is raised where somebody waits for a coordinator, now or later."""
        if finding.error is not None and not is_retriable(finding.error):
            self._fatal = finding.error

    def _raise_fatal(self) -> None:
        if self._fatal is not None:
            fatal, self._fatal = self._fatal, None
            raise fatal

    async def _refresh(self, until: Deadline) -> None:
        version = self._metadata.request_update()
        await until.settled(self._metadata.updated(version))

    async def _find(self) -> None:
        node = self._metadata.any_node()
        if node is None:
            raise CoordinatorUnknownError("no broker can be asked")
        request = FindCoordinatorRequest(key_type=i8(GROUP), coordinator_keys=(self._group_id,))
        try:
            answer = await self._requests.ask(node, request, FindCoordinatorResponse)
        except UnsupportedVersionError as error:
            raise KafkaError(ErrorCode.unsupported_version, str(error)) from error
        self._read(answer)

    def _read(self, answer: FindCoordinatorResponse) -> None:
        if len(answer.coordinators) != 1:
            unexpected = f"for one group {len(answer.coordinators)} coordinators are told"
            raise KafkaError(ErrorCode.unknown_server_error, unexpected)
        (told,) = answer.coordinators
        if told.error_code != ErrorCode.none:
            raise KafkaError(told.error_code, told.error_message)
        self._node = coordinator_node(told.node_id, Address(told.host, told.port))
        self._requests.nodes.ready(self._node)
        for callback in self._found:
            callback()
