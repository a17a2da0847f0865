"""Brokers that register, and their heartbeats."""

from uuid import UUID

import attrs
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.electing import after_unclean_shutdown, with_broker, with_leaders, without_in_sync
from ackproof.reference.controller.image import BrokerRegistration, Image
from ackproof.reference.controller.sessions import Sessions
from ackproof.reference.controller.settings import Policy
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import Address

UNKNOWN_EPOCH = -1
"""The previous broker epoch of a broker that cannot tell how it stopped."""


@attrs.frozen
class Registering:
    """
    A broker that registers.

    Attributes:
        previous_epoch: The broker epoch it had when it stopped cleanly.
        rack: Where it stands.
    """

    broker: int
    address: Address
    incarnation: UUID
    previous_epoch: int = UNKNOWN_EPOCH
    rack: str | None = None


@attrs.frozen
class Beaten:
    """What a heartbeat comes to. Source: ``BrokerHeartbeatReply``."""

    image: Image
    is_caught_up: bool
    should_shut_down: bool = False


def check_broker_epoch(image: Image, broker: int, epoch: int) -> None:
    """
    Whether that is the incarnation that has registered.

    Raises:
        KafkaError: STALE_BROKER_EPOCH.

    Source: ``ClusterControlManager.checkBrokerEpoch``.
    """
    found = image.brokers.get(broker)
    if found is None:
        raise KafkaError(ErrorCode.stale_broker_epoch, f"No broker registration found for broker id {broker}")
    if found.epoch != epoch:
        raise KafkaError(
            ErrorCode.stale_broker_epoch, f"Expected broker epoch {found.epoch}, but got broker epoch {epoch}"
        )


def registered(image: Image, policy: Policy, sessions: Sessions, asked: Registering) -> Image:
    """
    *image* with a broker's registration: fenced, and in sync nowhere.

    Raises:
        KafkaError: DUPLICATE_BROKER_REGISTRATION while the session of another incarnation lasts.

    Source: ``ClusterControlManager.registerBroker``.
    """
    existing = image.brokers.get(asked.broker)
    if existing is not None and existing.incarnation == asked.incarnation:
        return with_broker(image, attrs.evolve(existing, address=asked.address, rack=asked.rack))
    if existing is not None and sessions.is_valid(existing.id, existing.epoch):
        if policy.rules.misses_quick_restarts:
            # Nobody has noticed that it was gone, so it keeps its place (KAFKA-1120).
            return with_broker(image, attrs.evolve(existing, address=asked.address, incarnation=asked.incarnation))
        raise KafkaError(ErrorCode.duplicate_broker_registration, "Another broker is registered with that broker id.")
    is_clean = existing is not None and existing.epoch == asked.previous_epoch
    image = without_in_sync(image, policy, asked.broker) if is_clean else _unclean(image, policy, asked.broker)
    sessions.forget(asked.broker)
    epoch = image.offset + 1
    return with_broker(
        image, BrokerRegistration(asked.broker, epoch, asked.address, asked.incarnation, rack=asked.rack)
    )


def _unclean(image: Image, policy: Policy, broker: int) -> Image:
    if policy.rules.has_eligible_leader_replicas:
        return after_unclean_shutdown(image, policy, broker)
    return without_in_sync(image, policy, broker)


def beaten(image: Image, policy: Policy, sessions: Sessions, beat: BrokerHeartbeatRequest) -> Beaten:
    """
    *image* after a heartbeat: the broker may be unfenced, be fenced, or prepare to stop.

    Raises:
        KafkaError: STALE_BROKER_EPOCH.

    Source: ``ReplicationControlManager.processBrokerHeartbeat``.
    """
    check_broker_epoch(image, beat.broker_id, beat.broker_epoch)
    after, should_shut_down = _next(image, policy, sessions, image.brokers[beat.broker_id], beat)
    if after.brokers[beat.broker_id].is_fenced:
        sessions.forget(beat.broker_id)
    sessions.knows(beat.broker_id, beat.current_metadata_offset)
    return Beaten(after, beat.current_metadata_offset >= beat.broker_epoch, should_shut_down)


def _next(
    image: Image, policy: Policy, sessions: Sessions, broker: BrokerRegistration, beat: BrokerHeartbeatRequest
) -> tuple[Image, bool]:
    """
    *image* after a heartbeat, and whether the broker may stop now.

    Source: ``BrokerHeartbeatManager.calculateNextBrokerState``.
    """
    if broker.is_fenced:
        wants_in = not beat.want_fence and not beat.want_shut_down and beat.current_metadata_offset >= broker.epoch
        return (_unfenced(image, policy, broker) if wants_in else image), beat.want_shut_down
    if broker.is_shutting_down:
        may_stop = not _leads(image, broker.id) and _is_heard(image, sessions, broker.id)
        return (fenced(image, policy, broker.id) if may_stop else image), may_stop
    if beat.want_shut_down and not beat.want_fence and _leads(image, broker.id):
        sessions.shuts_down_at(broker.id, image.offset + 1)
        leaving = with_broker(image, attrs.evolve(broker, is_shutting_down=True))
        return without_in_sync(leaving, policy, broker.id), False
    # Whose start nobody noticed keeps its place until it is through with it (KAFKA-1120).
    if beat.want_shut_down or (beat.want_fence and not policy.rules.misses_quick_restarts):
        return fenced(image, policy, broker.id), beat.want_shut_down
    return image, False


def fenced(image: Image, policy: Policy, broker: int) -> Image:
    """*image* without *broker* among those that lead or are in sync."""
    registration = attrs.evolve(image.brokers[broker], is_fenced=True)
    return with_broker(without_in_sync(image, policy, broker), registration)


def _unfenced(image: Image, policy: Policy, broker: BrokerRegistration) -> Image:
    return with_leaders(with_broker(image, attrs.evolve(broker, is_fenced=False)), policy)


def _leads(image: Image, broker: int) -> bool:
    return any(partition.leader == broker for topic in image.topics.values() for partition in topic.partitions)


def _is_heard(image: Image, sessions: Sessions, broker: int) -> bool:
    """Whether all active brokers have heard that *broker* leads nothing any more."""
    lowest = sessions.lowest_metadata_offset([other for other in image.brokers if image.is_active(other)])
    return lowest is None or sessions.shutdown_offset(broker) <= lowest
