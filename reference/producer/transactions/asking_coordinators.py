"""Asking coordinators: requests about identity and transactions, sent one at a time by the sender."""

from collections.abc import Awaitable

from ackproof.reference.client.node import Node
from ackproof.reference.kernel.future import sleep, spawn
from ackproof.reference.producer.errors import IllegalStateError, TransactionAbortedError
from ackproof.reference.producer.parts import Parts
from ackproof.reference.producer.requests.waking import Waking
from ackproof.reference.producer.transactions.handler import Handler
from ackproof.reference.producer.transactions.transactions import TransactionManager


class AskingCoordinators:
    """
    Sends the request whose turn it is. Until its answer is there, nothing else is sent, no batch either.

    Clients that send batches meanwhile do this beside that.

    Source: ``Sender.maybeSendAndPollTransactionalRequest``, ``NetworkClientUtils.awaitReady``; aiokafka,
    ``Sender._sender_routine``.
    """

    def __init__(self, parts: Parts, manager: TransactionManager, sender: Waking) -> None:
        """
        It asks for nothing by itself.

        Args:
            sender: What wakes the sender.
        """
        self._clock = parts.clock
        self._settings = parts.settings
        self._nodes = parts.nodes
        self._metadata = parts.metadata
        self._accumulator = parts.accumulator
        self._manager = manager
        self._sender = sender
        self._is_beside = manager.rules.sends_meanwhile
        self._is_busy = False
        self._waking = Waking(parts.clock) if self._is_beside else sender

    def wake(self) -> None:
        """Something may have happened that it waits for."""
        self._waking.wake()

    def ask(self) -> Awaitable[None] | None:
        """Send the next request, or wait for the last; None if there is nothing to do, or it does so beside."""
        is_asking = self._is_busy or self._manager.pending.in_flight is not None
        if is_asking and not self._is_beside:
            return self._waking.sleep(None)
        self._abort_what_was_not_sent()
        handler = None if is_asking else self._manager.next_request(bool(self._accumulator.incomplete))
        if handler is not None and self._is_beside:
            spawn(self._clock, self._ask_beside(handler))
            return None
        return None if handler is None else self._ask_for(handler)

    async def _ask_beside(self, handler: Handler) -> None:
        self._is_busy = True
        try:
            await self._ask_for(handler)
        except IllegalStateError:
            # It is broken for good by now.
            assert self._manager.states.state == "fatal error"
        self._is_busy = False
        self._sender.wake()

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
        if states.state not in ("abortable error", "aborting transaction") or not self._accumulator.incomplete:
            return
        error = states.last_error or TransactionAbortedError()
        if not self._manager.rules.reuses_sequences_after_abort:
            self._accumulator.abort(error, only_undrained=True)
            return
        for batch in self._accumulator.abort_queued(error):
            self._manager.numbering.give_back(batch)

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
            self._sender.wake()

        answer.then(answered)
        if not self._is_beside:
            await self._waking.sleep(None)

    async def _find(self, handler: Handler) -> None:
        """Nobody to send it to: find out who, then try again."""
        if handler.coordinator_type is None:
            await sleep(self._clock, self._settings.retry_backoff_ms)
            self._metadata.request_update()
        else:
            self._manager.look_up(handler.coordinator_type, handler.coordinator_key)
        handler.try_again()
