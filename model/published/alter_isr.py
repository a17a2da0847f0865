"""
Altering the in-sync replicas asynchronously: the leader asks the controller, and until it hears reckons with both.

Not modelled: the version of the pending in-sync replicas, which is the leader's.

Source: KIP-497; ``Partition.isrState``, ``PendingExpandIsr``, ``PendingShrinkIsr``.
"""

from collections.abc import Iterator

import attrs

from ackproof.model.published.leadership import Brokers, broker, brokers
from ackproof.model.system import Next, action

LEADER = 1


@attrs.frozen
class VersionedIsr:
    """In-sync replicas, and how often the controller has changed them (``partitionEpoch``)."""

    in_sync_replicas: Brokers
    version: int = 0


def is_at(isr: VersionedIsr, version: int) -> bool:
    """Whether it has that version."""
    return isr.version == version


def is_before(isr: VersionedIsr, version: int) -> bool:
    """Whether it is older."""
    return isr.version < version


def is_known(update: Brokers | None) -> bool:
    """Whether the controller has sent it."""
    return update is not None


def are_there(requests: frozenset[Brokers]) -> bool:
    """Whether the leader has sent any."""
    return bool(requests)


def high_watermark(members: Brokers, offsets: tuple[int, ...]) -> int:
    """The least log end offset of *members*, given those of all replicas."""
    return min(offset for number, offset in enumerate(offsets, start=LEADER) if number in members)


@action(when={"controller": is_at}, writes=("controller", "update"))
def remove_replica(controller: VersionedIsr, version: int, update: Brokers | None) -> Iterator[Next]:
    """The controller removes a follower that seems to be gone."""
    for removed in sorted(controller.in_sync_replicas - {LEADER}):
        yield decided(f"the controller removes {broker(removed)}", controller, controller.in_sync_replicas - {removed})


@action(when={"controller": is_at, "requests": are_there}, writes=("controller", "update"))
def accept(
    controller: VersionedIsr, version: int, requests: frozenset[Brokers], update: Brokers | None
) -> Iterator[Next]:
    """The controller does what a request of its own version asks for (``AlterIsr``, later ``AlterPartition``)."""
    for asked in sorted(requests, key=sorted):
        yield decided("the controller accepts a request", controller, asked)


def decided(says: str, controller: VersionedIsr, members: Brokers) -> Next:
    """The controller's new version, and the update that tells it."""
    after = VersionedIsr(members, controller.version + 1)
    return Next(f"{says}; version {after.version}; in sync: {brokers(members)}", controller=after, update=members)


@action(when={"leader": is_at}, writes=("pending", "requests"))
def ask(
    leader: VersionedIsr, version: int, pending: Brokers, offsets: tuple[int, ...], requests: frozenset[Brokers]
) -> Iterator[Next]:
    """The leader asks to remove any follower, or to add one that has reached the high watermark."""
    reached = high_watermark(leader.in_sync_replicas | pending, offsets)
    for number, offset in enumerate(offsets, start=LEADER):
        if number in leader.in_sync_replicas - {LEADER}:
            yield asked(f"to remove {broker(number)}", leader.in_sync_replicas - {number}, pending, requests)
        if number not in leader.in_sync_replicas and offset >= reached:
            yield asked(f"to add {broker(number)}", leader.in_sync_replicas | {number}, pending, requests)


def asked(what: str, members: Brokers, pending: Brokers, requests: frozenset[Brokers]) -> Next:
    """Another request is on its way, and the leader reckons with its members too."""
    return Next(f"the leader asks {what}", pending=pending | members, requests=requests | {members})


@action(when={"leader": is_before, "update": is_known}, writes=("leader", "pending"))
def learn(leader: VersionedIsr, version: int, pending: Brokers, update: Brokers) -> Iterator[Next]:
    """The leader takes an update that is newer than what it knows."""
    says = f"the leader learns of version {version}; in sync: {brokers(update)}"
    yield Next(says, leader=VersionedIsr(update, version), pending=frozenset[int]())


@action(writes=("leader_offset",))
def append(leader_offset: int, max_offset: int) -> Iterator[Next]:
    """The leader appends a record."""
    if leader_offset < max_offset:
        yield Next(f"the leader appends a record at offset {leader_offset}", leader_offset=leader_offset + 1)


@action(writes=("offset",))
def fetch(leader_offset: int, offset: int, follower: int) -> Iterator[Next]:
    """A follower fetches a record."""
    if offset < leader_offset:
        yield Next(f"{broker(follower)} fetches the record at offset {offset}", offset=offset + 1)
