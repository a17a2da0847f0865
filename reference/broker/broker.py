"""A broker: it keeps what the controller gives it, and answers."""

from collections.abc import Callable
from random import Random
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.request import ProduceRequest
from kio.static.protocol import ResponsePayload

from ackproof.reference.broker.apis.find_coordinator import FindCoordinatorHandler
from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.broker.apis.refusals import refusal
from ackproof.reference.broker.coordinators import Coordinators
from ackproof.reference.broker.fetchers.fetcher_leader import Follower
from ackproof.reference.broker.fetchers.fetchers import ReplicaFetchers
from ackproof.reference.broker.handlers import Handlers
from ackproof.reference.broker.host import Host
from ackproof.reference.broker.logs import Logs
from ackproof.reference.broker.partitions.altering import AlterPartitionManager
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.broker.peers import Peers
from ackproof.reference.broker.routes import Handler
from ackproof.reference.broker.rules import Rules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.controller.image import Image
from ackproof.reference.controller.lifecycle import Identity, Lifecycle
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.log.storage.disk import Storage
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import Address, Caller, CloseConnectionError, Network, Request


@attrs.frozen(kw_only=True)
class BrokerIdentity:
    """
    Which broker this is.

    Attributes:
        address: Where clients and other brokers reach it.
    """

    broker_id: int
    address: Address
    cluster_id: str = "ackproof"


class Broker:
    """
    A broker, from its process's start to its end; its disk outlives it.

    Attributes:
        metadata: What it knows of the cluster.
        replicas: What it has.
        unexpected: What went wrong in a way that Kafka has no error for, oldest first.
        report: Is told of that.

    Source: ``BrokerServer``, ``KafkaApis``.
    """

    def __init__(
        self,
        identity: BrokerIdentity,
        clock: Clock,
        network: Network,
        storage: Storage,
        controller: ControllerLink,
        rng: Random,
        settings: BrokerSettings | None = None,
        rules: Rules | None = None,
    ) -> None:
        """
        A broker that has not started.

        Args:
            identity: Which one.
            clock: That of this run of its process.
            network: How it reaches other brokers.
            storage: Its disk.
            controller: Whom it asks what only the controller decides.
            rng: What it draws from: member ids, session ids, its incarnation.
            settings: What it is configured with.
            rules: Variants.
        """
        self.identity = identity
        self.settings = settings or BrokerSettings()
        self.metadata = MetadataCache()
        self.unexpected: list[Exception] = []
        self.report: Callable[[Exception], None] = self.unexpected.append
        self._clock = clock
        self._network = network
        self._controller = controller
        self._rules = rules or Rules()
        self._logs = Logs(clock, storage, self.settings, self._rules.brokers, self._rules.transactions)
        self.lifecycle = self._new_lifecycle(rng)
        self.replicas = self._new_replicas()
        handlers = self._new_handlers(rng)
        self.coordinators = self._new_coordinators(rng, handlers.finder)
        self._routes = handlers.routes(self.coordinators)

    def _new_lifecycle(self, rng: Random) -> Lifecycle:
        incarnation = UUID(int=rng.getrandbits(128), version=4)
        previous_epoch, rack = self._logs.previous_epoch, self.settings.broker_rack
        identity = Identity(self.identity.broker_id, self.identity.address, incarnation, previous_epoch, rack)
        return Lifecycle(
            self._clock,
            self._controller,
            identity,
            lambda: self.metadata.image.offset,
            self.settings.broker_heartbeat_interval_ms,
        )

    def _new_replicas(self) -> ReplicaManager:
        broker_id, settings = self.identity.broker_id, self.settings
        altering = AlterPartitionManager(self._clock, self._controller, broker_id, self._epoch)
        host = Host(
            broker_id, self._clock, altering, self.metadata, settings.replica_lag_time_max_ms, self._rules.brokers
        )
        follower = Follower(broker_id, self._epoch, self._clock, self._network, settings)
        fetchers = ReplicaFetchers(follower, self._address_of)
        return ReplicaManager(host, self._logs, self.metadata, settings, fetchers)

    def _new_handlers(self, rng: Random) -> Handlers:
        return Handlers(
            self._clock,
            self.settings,
            self.identity.cluster_id,
            self.identity.broker_id,
            self.metadata,
            self.replicas,
            self._controller,
            rng,
        )

    def _new_coordinators(self, rng: Random, finder: FindCoordinatorHandler) -> Coordinators:
        broker_id, settings = self.identity.broker_id, self.settings
        peers = Peers(self._clock, self._network, broker_id, self, self._address_of, settings.request_timeout_ms)
        return Coordinators(
            self._clock,
            settings,
            self._rules,
            rng,
            self.metadata,
            self.replicas,
            peers,
            finder,
            self._controller,
            broker_id,
            self._epoch,
        )

    # Its life.

    def checkpoint(self) -> None:
        """Write down high watermarks and log start offsets, as is done from time to time."""
        self._logs.write_high_watermarks()
        self._logs.write_log_starts()

    def start(self) -> None:
        """Register with the controller, and begin to do what is done from time to time."""
        self.lifecycle.start()
        self._logs.start()
        self.replicas.start()
        self.coordinators.transactions.start()

    def stop(self) -> Future[None]:
        """Stop cleanly: give up what it leads, then close all logs."""
        return spawn(self._clock, self._stop())

    async def _stop(self) -> None:
        if self.settings.controlled_shutdown_enable:
            await self.lifecycle.stop()
        self._logs.close(self.lifecycle.epoch)

    def publish(self, image: Image) -> None:
        """The controller has decided: take over what is newer than what is known."""
        before = self.metadata.image
        if image.offset > before.offset:
            self.metadata.hear(image)
            self.replicas.apply(before, image)
            self.coordinators.apply(before, image)

    def _epoch(self) -> int:
        return self.lifecycle.epoch

    def _address_of(self, broker_id: int) -> Address | None:
        found = self.metadata.image.brokers.get(broker_id)
        return found.address if found else None

    # Its answers.

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """
        The answer; None where Kafka sends none.

        Whatever goes wrong is an answer too, and is reported if it should not have.
        """
        handler = self._routes.get(type(request.body), unserved)
        answer = spawn(self._clock, self._serve(handler, caller, request))
        # All that it can fail with is that the connection is to be closed, which whoever serves it looks at.
        answer.may_fail()
        return answer

    async def _serve(self, handler: Handler, caller: Caller, request: Request) -> ResponsePayload | None:
        try:
            return await handler(caller, request)
        except CloseConnectionError:
            raise
        except KafkaError as error:
            return refusal_or_close(request, error)
        except Exception as error:
            self.report(error)
            return refusal_or_close(request, KafkaError(ErrorCode.unknown_server_error))


def refusal_or_close(request: Request, error: KafkaError) -> ResponsePayload:
    """
    The answer that says *error*.

    Raises:
        CloseConnectionError: The producer wants no answer.
    """
    if isinstance(request.body, ProduceRequest) and request.body.acks == 0:
        raise CloseConnectionError from error
    return refusal(request.body, error, request.version)


async def unserved(_caller: Caller, request: Request) -> ResponsePayload | None:
    """What only a controller serves closes the connection."""
    raise CloseConnectionError(f"brokers do not serve {type(request.body).__name__}")
