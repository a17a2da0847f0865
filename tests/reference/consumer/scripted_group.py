"""A broker that leads everything and coordinates the group, and says what a test wants it to say."""

from collections.abc import Coroutine, Iterable
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.client.versions import api_of
from ackproof.reference.consumer.consumer import Consumer, LagWatch
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.consumer.rules import MemberRules
from ackproof.reference.consumer.settings import consumer_settings
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Request
from tests.reference.awaiting import begun, outcome
from tests.reference.client.scripted import ScriptedNetwork, ScriptedServer, metadata
from tests.reference.consumer.script import Answer
from tests.reference.consumer.scripted_coordinator import ADDRESS, ScriptedCoordinator, topic_id
from tests.reference.consumer.scripted_leader import NOW_MS

T = TypeVar("T")
B = TypeVar("B", bound=RequestPayload)

DEFAULTS = {
    "bootstrap.servers": "broker:9092",
    "group.id": "g",
    "enable.auto.commit": "false",
    "auto.offset.reset": "earliest",
    "retry.backoff.ms": 50,
    "retry.backoff.max.ms": 50,
}


class ScriptedGroup(ScriptedCoordinator):
    """One broker, one consumer, and what they said to each other."""

    def __init__(self, topics: dict[str, int] | None = None, delay_ms: int = 1) -> None:
        super().__init__(VirtualClock(NOW_MS), topics or {"t": 1})
        self.network = ScriptedNetwork(self.clock, delay_ms)
        answers: dict[str, Answer] = {
            "metadata": self.metadata,
            "find_coordinator": self.find,
            "join_group": self.join,
            "sync_group": self.sync,
            "heartbeat": self.heartbeat,
            "consumer_group_heartbeat": self.beat,
            "leave_group": self.leave,
            "offset_commit": self.commit,
            "offset_fetch": self.offset_fetch,
            "list_offsets": self.list_offsets,
            "fetch": self.fetch,
            "offset_for_leader_epoch": self.epoch_end,
        }
        spoken = {name: self.spoken(answer) for name, answer in answers.items()}
        self.server: ScriptedServer = self.network.serve(ADDRESS, spoken)

    def consumer(
        self,
        rules: ConsumerRules | None = None,
        transactions: TransactionRules = TRANSACTION_VERSION_2,
        lag_watch: LagWatch | None = None,
        members: MemberRules | None = None,
        **settings: object,
    ) -> Consumer:
        given = {key.replace("_", "."): value for key, value in settings.items()}
        return Consumer(
            self.clock,
            self.network,
            consumer_settings({**DEFAULTS, **given}),
            rules or ConsumerRules(),
            Random(1),
            transactions=transactions,
            lag_watch=lag_watch,
            member_rules=members or MemberRules(),
        )

    def asked(self, api_name: str, kind: type[B]) -> list[B]:
        """The bodies of all requests of an API."""
        return [body for request in self.server.asked_for(api_name) if isinstance(body := request.body, kind)]

    def order(self, *api_names: str) -> list[str]:
        """The names of the APIs that were asked, in order, of these alone."""
        names = [api_of(request.body).name for request in self.server.asked]
        return [name for name in names if name in api_names]

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return begun(self.clock, coroutine)

    def run(self, coroutine: Coroutine[Any, Any, T], patience_ms: int = 300_000) -> T:
        return outcome(self.clock, coroutine, patience_ms)

    def poll(self, consumer: Consumer, timeout_ms: int = 1_000) -> list[str]:
        return values(self.run(consumer.poll(timeout_ms)))

    def pass_time(self, duration_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def rebalance(self) -> None:
        """The member hears that the group rebalances."""
        self.fail("heartbeat", ErrorCode.rebalance_in_progress)
        self.pass_time(3_100)

    def joined(self, listener: RebalanceListener | None = None, **settings: Any) -> Consumer:
        """A consumer that is in the group, and has read what there is."""
        consumer = self.consumer(**settings)
        consumer.subscribe(list(self.counts), listener)
        self.poll(consumer)
        return consumer

    def metadata(self, request: Request) -> ResponsePayload:
        assert isinstance(request.body, MetadataRequest)
        topics = {topic: dict.fromkeys(range(count), 1) for topic, count in self.counts.items()}
        answer = metadata({1: ADDRESS}, topics, dict.fromkeys(topics, self.leader_epoch))
        named = tuple(replace(topic, topic_id=topic_id(str(topic.name))) for topic in answer.topics)
        return replace(answer, topics=named)


def values(records: Iterable[ConsumedRecord]) -> list[str]:
    return [(record.value or b"").decode() for record in records]
