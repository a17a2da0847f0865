"""One broker that is its own controller: a whole cluster for tests, and for ``serve``."""

from collections.abc import Mapping
from random import Random

import attrs
from kio.schema.create_topics.v7.request import CreatableTopic, CreateTopicsRequest
from kio.schema.create_topics.v7.response import CreateTopicsResponse
from kio.schema.errors import ErrorCode
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC
from ackproof.reference.broker.broker import Broker, BrokerIdentity
from ackproof.reference.broker.rules import Rules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.stored_image import read_image, write_image
from ackproof.reference.broker.topic_settings import settings_of
from ackproof.reference.controller.controller import Controller
from ackproof.reference.controller.image import Image, TopicImage
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, resolved, sleep, spawn
from ackproof.reference.log.storage.disk import Storage
from ackproof.reference.protocol.primitive import TopicName, duration, i16, i32
from ackproof.reference.protocol.request import Address, Connection, DisconnectedError

BROKER_ID = 1
ADDRESS = Address("127.0.0.1", 9092)

FEATURES = {
    "metadata.version": 30,
    "transaction.version": 2,
    "group.version": 1,
    "eligible.leader.replicas.version": 1,
}
"""Those of a new cluster of Kafka 4.3."""


@attrs.frozen
class NoNetwork:
    """For a broker that is alone."""

    clock: Clock

    def connect(self, address: Address) -> Future[Connection]:
        """Nobody listens anywhere."""
        future = Future[Connection](self.clock)
        future.fail(DisconnectedError(f"nobody listens at {address.host}:{address.port}"))
        return future


class OwnController:
    """
    A controller in the broker's process: it is asked without a network, and answers at once.

    What it decides is on the broker's disk before anybody hears of it.
    """

    def __init__(
        self, clock: Clock, storage: Storage, rng: Random, settings: BrokerSettings, rules: BrokerRules
    ) -> None:
        self.broker: Broker | None = None
        self._clock = clock
        self._storage = storage
        self._controller = Controller(
            clock,
            rng,
            self._publish,
            settings.controller,
            rules,
            FEATURES,
            lambda given: settings_of(given, settings),
        )
        remembered = read_image(storage, BROKER_ID)
        if remembered:
            self._controller.image = remembered

    @property
    def topics(self) -> Mapping[str, TopicImage]:
        """Those that there are."""
        return self._controller.image.topics

    def ask(self, body: RequestPayload) -> Future[ResponsePayload]:
        """The controller's answer."""
        return resolved(self._clock, self._controller.answer(body))

    def _publish(self, image: Image) -> None:
        write_image(self._storage, image)
        assert self.broker is not None
        self.broker.publish(image)


def standalone(
    clock: Clock,
    storage: Storage,
    settings: BrokerSettings | None = None,
    rng: Random | None = None,
    *,
    address: Address = ADDRESS,
    topics: Mapping[str, int] | None = None,
    rules: Rules | None = None,
) -> Broker:
    """
    A broker that has started; it is up once *clock* has gone on for a few milliseconds.

    Its internal topics have one replica, whatever *settings* say.

    Args:
        clock: What it goes by.
        storage: Its disk, which remembers its topics too.
        settings: What it is configured with.
        rng: What it draws from; the same one is drawn from anew each time if there is none.
        address: Where clients reach it.
        topics: Those to be created, with so many partitions, unless they are there.
        rules: Variants.
    """
    settings = alone(settings or BrokerSettings())
    return started(clock, storage, settings, rng or Random(0), address, topics or {}, rules or Rules())[0]


def started(
    clock: Clock,
    storage: Storage,
    settings: BrokerSettings,
    rng: Random,
    address: Address,
    topics: Mapping[str, int],
    rules: Rules,
) -> tuple[Broker, Future[None]]:
    """The same, and when it is up and has its topics; that fails with ``ValueError`` where one can not be."""
    controller = OwnController(clock, storage, rng, settings, rules.brokers)
    identity = BrokerIdentity(broker_id=BROKER_ID, address=address)
    settings = as_they_are(settings, controller.topics)
    broker = Broker(identity, clock, NoNetwork(clock), storage, controller, rng, settings, rules)
    controller.broker = broker
    broker.start()
    return broker, spawn(clock, create(clock, broker, controller, topics))


def alone(settings: BrokerSettings) -> BrokerSettings:
    """*settings* of a broker that has no others to replicate to."""
    return attrs.evolve(
        settings,
        default_replication_factor=1,
        offsets_topic_replication_factor=1,
        transaction_state_log_replication_factor=1,
        transaction_state_log_min_isr=1,
    )


def as_they_are(settings: BrokerSettings, topics: Mapping[str, TopicImage]) -> BrokerSettings:
    """
    *settings* of a broker whose coordinators keep what they know in topics that are there already.

    Source: ``BrokerMetadataPublisher.initializeManagers``.
    """
    offsets, transactions = topics.get(GROUP_METADATA_TOPIC), topics.get(TRANSACTION_STATE_TOPIC)
    if offsets:
        settings = attrs.evolve(settings, offsets_topic_num_partitions=len(offsets.partitions))
    if transactions:
        settings = attrs.evolve(settings, transaction_state_log_num_partitions=len(transactions.partitions))
    return settings


async def create(clock: Clock, broker: Broker, controller: OwnController, topics: Mapping[str, int]) -> None:
    """
    Create *topics* as soon as that is possible.

    Raises:
        ValueError: One of them can not be created; none is then.
    """
    while broker.lifecycle.state != "running":
        await sleep(clock, 1)
    asked = tuple(
        CreatableTopic(
            name=TopicName(name), num_partitions=i32(count), replication_factor=i16(1), assignments=(), configs=()
        )
        for name, count in topics.items()
        if name not in controller.topics
    )
    for only_asks in (True, False) if asked else ():
        answer = await controller.ask(
            CreateTopicsRequest(
                topics=asked, timeout=duration(broker.settings.request_timeout_ms), validate_only=only_asks
            )
        )
        assert isinstance(answer, CreateTopicsResponse)
        for result in answer.topics:
            if result.error_code is not ErrorCode.none:
                raise ValueError(f"topic {result.name}: {result.error_message}")
