"""A transactional producer and its coordinator."""

import attrs

from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.kernel.clock import VirtualClock
from tests.reference.producer.fake_coordinator import FakeCoordinator
from tests.reference.producer.fake_kafka import FakeKafka
from tests.reference.producer.scene import Scene


@attrs.frozen
class Offset:
    offset: int
    leader_epoch: int | None = None
    metadata: str = ""


@attrs.frozen
class Group:
    group_id: str = "g"
    generation: int = 3
    member_id: str = "m"
    group_instance_id: str | None = None


class Transacting(Scene):
    """A transactional producer with its coordinator, initialised unless told otherwise."""

    def __init__(
        self,
        version: int = 2,
        *,
        rules: TransactionRules = TRANSACTION_VERSION_2,
        brokers: int = 1,
        initializes: bool = True,
        partitions: int = 2,
        newest: dict[str, int] | None = None,
        linger_ms: int = 0,
        **settings: object,
    ) -> None:
        kafka = FakeKafka(VirtualClock(1_000_000), {"t": dict.fromkeys(range(partitions), 1)}, brokers)
        kafka.features = {"transaction.version": version}
        kafka.newest = newest or {}
        self.coordinator = FakeCoordinator(kafka, node_id=brokers)
        super().__init__(
            kafka=kafka,
            transaction_rules=rules,
            transactional_id="x",
            linger_ms=linger_ms,
            retry_backoff_ms=10,
            **settings,  # type: ignore[arg-type]  # only keys of settings come here
        )
        if initializes:
            self.done(self.producer.init_transactions())
            self.coordinator.heard.clear()

    def begin(self) -> None:
        self.done(self.producer.begin_transaction())

    def commit(self) -> None:
        self.done(self.producer.commit_transaction())

    def abort(self) -> None:
        self.done(self.producer.abort_transaction())

    def commit_offsets(self, group: Group | None = None) -> None:
        self.done(self.producer.send_offsets_to_transaction({("in", 0): Offset(5)}, group or Group()))
