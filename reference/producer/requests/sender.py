"""The sender: what a producer does by itself, one thing after the other."""

from collections.abc import Awaitable
from math import inf

from kio.schema.errors import ErrorCode

from ackproof.reference.client.cluster import Cluster
from ackproof.reference.client.node import Node
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.batches.draining import Draining
from ackproof.reference.producer.batches.latencies import NodeLatencies
from ackproof.reference.producer.batches.readiness import Readiness, Ready
from ackproof.reference.producer.errors import IllegalStateError, ProducerError
from ackproof.reference.producer.parts import Parts
from ackproof.reference.producer.requests.outcomes import Identified, Outcomes
from ackproof.reference.producer.requests.requesting import Requesting
from ackproof.reference.producer.requests.waking import Waking
from ackproof.reference.producer.rules_of import mutes_partitions
from ackproof.reference.producer.transactions.asking_coordinators import AskingCoordinators
from ackproof.reference.producer.transactions.calls import Calls
from ackproof.reference.protocol.errors import KafkaError

MAY_BE_GRANTED = (ErrorCode.cluster_authorization_failed, ErrorCode.transactional_id_authorization_failed)


class Sender:
    """
    Sends what is ready, gives up what is too old, and asks for identity and transactions, until it is closed.

    Source: ``Sender``. Where Kafka's thread would look again at once as nothing may be sent, this waits for what could
    change that.
    """

    def __init__(self, parts: Parts, weighs_queues: bool) -> None:
        """
        It begins with ``run``.

        Args:
            parts: Of the producer.
            weighs_queues: Records without key go to short queues rather.
        """
        clock, settings, rules, accumulator = parts.clock, parts.settings, parts.rules, parts.accumulator
        self._clock = clock
        self._settings = settings
        self._rules = rules
        self._nodes = parts.nodes
        self._metadata = parts.metadata
        self._interest = parts.interest
        self._accumulator = accumulator
        self._wire = parts.wire
        self._identified = parts.identified
        self._waking = Waking(clock)
        self._asking = (
            None if parts.identified is None else AskingCoordinators(parts, parts.identified.manager, self._waking)
        )
        self._latencies = NodeLatencies(settings.partitioner_availability_timeout_ms)
        self._readiness = Readiness(
            clock, settings, rules, accumulator, self._is_completing, weighs_queues, self._latencies
        )
        self._draining = Draining(
            clock, accumulator, settings.max_request_size, self._readiness.head, self._may_send, self._number
        )
        self._outcomes = Outcomes(
            clock, settings, rules, accumulator, parts.wire, parts.metadata.request_update, parts.identified
        )
        self._requesting = Requesting(parts.nodes, settings, parts.wire, self._outcomes.heard)
        self._is_forced = False
        self.is_running = True
        parts.nodes.on_change(self.wake)
        parts.metadata.on_update(self._metadata_updated)

    def wake(self) -> None:
        """Something may be to do."""
        self._waking.wake()
        if self._asking is not None:
            self._asking.wake()

    def initiate_close(self) -> None:
        """Send what is there, and then stop."""
        self._accumulator.close()
        self.is_running = False
        self.wake()

    def force_close(self) -> None:
        """Stop; what is there fails."""
        self._is_forced = True
        self.initiate_close()

    async def run(self) -> None:
        """Work until it is closed, then until nothing is left to do."""
        await self._waking.sleep(0)
        while self.is_running:
            await self._once()
        while not self._is_forced and self._has_work():
            await self._once()
        while not self._is_forced and self._has_transaction():
            self._abort()
            await self._once()
        if self._is_forced:
            if self._identified is not None:
                self._identified.manager.close()
            self._accumulator.abort(ProducerError("Producer is closed forcefully."))
        self._nodes.close()
        self._metadata.close()

    async def _once(self) -> None:
        """One round (``Sender.runOnce``)."""
        if self._identified is not None:
            try:
                first = self._first(self._identified)
                if first is not None:
                    await first
                    return
            except IllegalStateError:
                # It is broken for good by now.
                assert self._identified.manager.states.state == "fatal error"
                return
        await self._waking.sleep(self._send_batches())

    def _first(self, identified: Identified) -> Awaitable[None] | None:
        """What has to do with the identity and is all for this round; None if there is nothing."""
        manager, states = identified.manager, identified.manager.states
        identified.judge.resolve()
        if states.state == "fatal error":
            assert states.last_error is not None
            self._accumulator.abort(states.last_error)
            return self._waking.sleep(None)
        error = states.last_error
        if states.state == "abortable error" and isinstance(error, KafkaError) and error.code in MAY_BE_GRANTED:
            manager.fail_pending(error)
            self._accumulator.abort(error)
            manager.to_uninitialized(error)
            return nothing_else()
        manager.bump_or_ask_for_id()
        assert self._asking is not None
        return self._asking.ask()

    def _send_batches(self) -> int | None:
        """Send what is ready; how long to wait until there may be something else (``Sender.sendProducerData``)."""
        cluster = self._metadata.cluster
        # What a deadline ends the connection of is not drained for that any more.
        has_expired = self._rules.deadline_closes_connection and self._expire(self._deadline_ms())
        ready = self._readiness.check(cluster)
        if ready.unknown_leader_topics:
            for topic in ready.unknown_leader_topics:
                self._interest.add(topic)
            self._metadata.request_update()
        drained = self._drained(cluster, ready) if ready.nodes else []
        deadline_ms = self._deadline_ms()
        has_expired = self._expire(deadline_ms) or has_expired
        for node, batches in drained:
            self._requesting.send(node, batches, self._adds_implicitly(), self.wake)
        if has_expired or (drained and (self._accumulator.has_undrained or not self.is_running)):
            return 0
        if drained and self._settings.required_acks == 0:
            # Kafka's thread looks again at once, and nothing is on the wire any more.
            deadline_ms = self._deadline_ms()
        next_ms = deadline_ms if deadline_ms < ready.next_check_ms else ready.next_check_ms
        now_ms = self._clock.now_ms
        return None if next_ms == inf else int(next_ms) - now_ms if next_ms > now_ms else 0

    def _drained(self, cluster: Cluster, ready: Ready) -> list[tuple[Node, list[ProducerBatch]]]:
        able: list[Node] = []
        drained: list[tuple[Node, list[ProducerBatch]]] = []
        for node in ready.nodes.values():
            can_take = self._nodes.ready(node)
            self._latencies.wanted(node, self._clock.now_ms, can_take)
            if can_take:
                able.append(node)
            elif (delay_ms := self._nodes.poll_delay_ms(node)) is not None:
                ready.look_again(self._clock.now_ms + delay_ms)
        for node in able:
            batches = self._draining.drain(cluster, node)
            self._requesting.put(node, batches)
            if mutes_partitions(self._settings, self._rules):
                self._accumulator.muted.update((batch.place, None) for batch in batches)
            if batches:
                drained.append((node, batches))
        return drained

    def _expire(self, deadline_ms: float) -> bool:
        """
        Give up what is too old by its deadline, whether it waits or is on its way; whether there was any.

        What is drained by now is sent all the same.
        """
        if deadline_ms > self._clock.now_ms:
            return False
        expired = self._accumulator.take_expired()
        if self._rules.expiry == "anywhere":
            expired += [batch for batch in self._wire if not batch.is_done and self._is_over(batch)]
        for batch in expired:
            self._outcomes.expire(batch)
            if self._rules.deadline_closes_connection and batch in self._wire:
                self._nodes.disconnect(self._wire.node_of(batch))
        return bool(expired)

    def _deadline_ms(self) -> float:
        """When the next batch is too old; infinite where none ever is."""
        if self._rules.expiry == "never":
            return inf
        oldest_ms = inf
        for batch in self._accumulator.queues.heads():
            oldest_ms = batch.created_ms if batch.created_ms < oldest_ms else oldest_ms
        for batch in self._wire if self._rules.expiry == "anywhere" else ():
            if batch.created_ms < oldest_ms and batch.final_state is None:
                oldest_ms = batch.created_ms
        return oldest_ms + self._settings.delivery_timeout_ms

    def _is_over(self, batch: ProducerBatch) -> bool:
        return batch.has_expired(self._settings.delivery_timeout_ms, self._clock.now_ms)

    def _may_send(self, batch: ProducerBatch) -> bool:
        if self._identified is None:
            return True
        is_known = self._identified.numbering.identity.is_valid
        is_allowed = self._identified.manager.is_send_allowed(batch.place)
        return is_allowed and is_known and self._identified.judge.may_send(batch)

    def _number(self, batch: ProducerBatch) -> None:
        if self._identified is not None and not batch.has_sequence:
            self._identified.numbering.number(batch, self._identified.manager.is_transactional)

    def _adds_implicitly(self) -> bool:
        return self._identified is not None and self._identified.manager.level.adds_implicitly

    def _is_completing(self) -> bool:
        return self._identified is not None and self._identified.manager.states.is_completing

    def _has_work(self) -> bool:
        has_requests = self._identified is not None and len(self._identified.manager.pending) > 0
        is_under_way = self._accumulator.has_undrained or self._nodes.in_flight_count() > 0
        return is_under_way or (has_requests and self._has_transaction())

    def _has_transaction(self) -> bool:
        return self._identified is not None and self._identified.manager.states.has_ongoing_transaction

    def _abort(self) -> None:
        """End a transaction that the application has left open."""
        assert self._identified is not None
        if self._identified.manager.states.is_completing:
            return
        try:
            Calls(self._identified.manager).abort()
        except (IllegalStateError, KafkaError, ProducerError):
            self.force_close()

    def _metadata_updated(self) -> None:
        if self._identified is not None:
            for topic, code in self._metadata.cluster.errors.items():
                if code == ErrorCode.unknown_topic_or_partition:
                    self._identified.judge.topic_vanished(topic)
        self.wake()


async def nothing_else() -> None:
    """The round is over."""
