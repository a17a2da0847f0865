"""The system: the replicas of one partition, the controller, and every step that they can take."""

from collections.abc import Hashable, Iterator

from ackproof.model.action import Action
from ackproof.model.published.controller import elect, remove_replica
from ackproof.model.published.following import become_follower
from ackproof.model.published.isr import expand_isr, shrink_isr
from ackproof.model.published.leadership import LeaderAndIsr, Leadership
from ackproof.model.published.leading import append, become_leader, raise_high_watermark
from ackproof.model.published.placing import PARTS, in_epoch, on_brokers, rule_of
from ackproof.model.published.renaming import RENAMED
from ackproof.model.published.rules import Variant
from ackproof.model.system import Interchangeable, System


def published(variant: Variant, *, replicas: int, log_size: int, records: int, max_leader_epoch: int) -> System:
    """
    Replication of one partition under the rules of *variant*.

    Args:
        replicas: Two or more: brokers 1, 2 and so on, all in sync at first.
        log_size: The most records that fit into a log.
        records: How many the application has.
        max_leader_epoch: The last epoch; the first is 0, and each decision of the controller takes one.

    Raises:
        ValueError: There are fewer than two replicas.
    """
    if replicas < 2:
        raise ValueError(f"replication takes two replicas, not {replicas}")
    brokers, epochs = tuple(range(1, replicas + 1)), range(max_leader_epoch + 1)
    return System(
        initial=dict(first_values(brokers, epochs)),
        actions=tuple(actions(variant, brokers, epochs)),
        rules={
            "variant": variant,
            "log_size": log_size,
            "records": records,
            **{rule_of(who): who for one in brokers for who in (one, others(brokers, one))},
            **{f"epoch_{epoch}": epoch for epoch in epochs},
        },
        interchangeable=(interchangeable(brokers, epochs),),
    )


def first_values(brokers: tuple[int, ...], epochs: range) -> Iterator[tuple[str, Hashable]]:
    """Empty replicas that know of no leader; nothing is decided but that all are in sync."""
    for one in brokers:
        yield from zip(family(one), ((), 0, Leadership(), frozenset[int]()), strict=True)
    for epoch in epochs:
        yield f"request_{epoch}", None
    yield "quorum", LeaderAndIsr(Leadership(), frozenset(brokers))
    yield "next_record", 0


def family(one: int) -> tuple[str, ...]:
    """The components of a broker."""
    return tuple(f"{part}_{one}" for part in PARTS)


def others(brokers: tuple[int, ...], one: int) -> tuple[int, ...]:
    """All brokers but *one*."""
    return tuple(other for other in brokers if other != one)


def actions(variant: Variant, brokers: tuple[int, ...], epochs: range) -> Iterator[Action]:
    """Every action: of the controller, of each leader, of each pair of leader and follower."""
    yield from (in_epoch(act, epoch) for act in (elect, remove_replica) for epoch in epochs)
    for leader in brokers:
        followers = others(brokers, leader)
        yield from (in_epoch(on_brokers(become_leader, leader=leader), epoch) for epoch in epochs)
        yield on_brokers(append, leader=leader)
        yield on_brokers(raise_high_watermark, leader=leader, followers=followers)
        for follower in followers:
            yield from actions_of_pair(variant, leader, follower, epochs)


def actions_of_pair(variant: Variant, leader: int, follower: int, epochs: range) -> Iterator[Action]:
    """What happens between a leader and a follower."""
    for act in (shrink_isr, expand_isr, *variant.while_following):
        yield on_brokers(act, leader=leader, follower=follower)
    for epoch in epochs:
        yield in_epoch(on_brokers(become_follower, leader=leader, follower=follower), epoch)


def interchangeable(brokers: tuple[int, ...], epochs: range) -> Interchangeable:
    """The replicas differ in nothing but the name."""
    families = tuple(tuple(f"{part}_{one}" for one in brokers) for part in PARTS)
    replicas = {f"{part}_{one}": RENAMED[part] for part in PARTS if part in RENAMED for one in brokers}
    requests = {f"request_{epoch}": RENAMED["request"] for epoch in epochs}
    return Interchangeable(brokers, families, {**replicas, **requests, "quorum": RENAMED["quorum"]})
