"""Asking coordinators: requests about identity and transactions, sent one at a time by the sender."""

from collections.abc import Awaitable

from ackproof.reference.client.node import Node
from ackproof.reference.kernel.future import sleep
from ackproof.reference.producer.errors import TransactionAbortedError
from ackproof.reference.producer.parts import Parts
from ackproof.reference.producer.requests.waking import Waking
from ackproof.reference.producer.transactions.handler import Handler
from ackproof.reference.producer.transactions.transactions import TransactionManager


class AskingCoordinators:
    """
    Sends the request whose turn it is. Until its answer is there, nothing else is sent, no batch either.

    Source: ``Sender.maybeSendAndPollTransactionalRequest``, ``NetworkClientUtils.awaitReady``.
    """

    def __init__(self, parts: Parts, manager: TransactionManager, waking: Waking) -> None:
        self._clock = parts.clock
        self._settings = parts.settings
        self._nodes = parts.nodes
        self._metadata = parts.metadata
        self._accumulator = parts.accumulator
        self._manager = manager
        self._waking = waking

    def ask(self) -> Awaitable[None] | None:
        """Send the next request, or wait for the last; None if there is nothing to do."""
        if self._manager.pending.in_flight is not None:
            return self._waking.sleep(None)
        self._abort_what_was_not_sent()
        handler = self._manager.next_request(bool(self._accumulator.incomplete))
        return None if handler is None else self._ask_for(handler)

    async def _ask_for(self, handler: Handler) -> None:
        wanted = handler.coordinator_type
        node = self._metadata.any_node() if wanted is None else self._manager.coordinators.get(wanted)
        if node is not None and await self._is_ready(node):
            if wanted == "transaction":
                self._manager.level.coordinator_is(node)
            await self._send(handler, node)
        elif node is None and wanted is None:
            handler.try_again()
            await self._waking.sleep(self._settings.retry_backoff_ms)
        else:
            await self._find(handler)

    def _abort_what_was_not_sent(self) -> None:
        states = self._manager.states
        if states.state in ("abortable error", "aborting transaction") and self._accumulator.incomplete:
            self._accumulator.abort(states.last_error or TransactionAbortedError(), only_undrained=True)

    async def _is_ready(self, node: Node) -> bool:
        """Whether *node* can be sent something, at least after some waiting."""
        over_ms = self._clock.now_ms + self._settings.request_timeout_ms
        if self._nodes.ready(node):
            return True
        while not self._nodes.is_ready(node) and self._clock.now_ms < over_ms:
            if self._nodes.has_failed(node):
                return False
            await self._waking.sleep(over_ms - self._clock.now_ms)
        return self._nodes.is_ready(node)

    async def _send(self, handler: Handler, node: Node) -> None:
        if handler.is_retry:
            await sleep(self._clock, handler.retry_backoff_ms)
        if not self._nodes.can_send(node):
            await self._find(handler)
            return
        answer = self._nodes.send(node, handler.body(), at_most=handler.at_most)
        self._manager.pending.in_flight = handler

        def answered() -> None:
            self._manager.answered(handler, answer)
            self._waking.wake()

        answer.then(answered)
        await self._waking.sleep(None)

    async def _find(self, handler: Handler) -> None:
        """Nobody to send it to: find out who, then try again."""
        if handler.coordinator_type is None:
            await sleep(self._clock, self._settings.retry_backoff_ms)
            self._metadata.request_update()
        else:
            self._manager.look_up(handler.coordinator_type, handler.coordinator_key)
        handler.try_again()
