"""Elections: what a change of the brokers, or an order, does to the partitions."""

from collections.abc import Callable, Iterator

import attrs

from ackproof.reference.controller.image import NO_LEADER, BrokerRegistration, Image, PartitionImage, TopicImage
from ackproof.reference.controller.partition_change import Election, Electorate, changed
from ackproof.reference.controller.settings import Policy


def electorate(
    policy: Policy, topic: TopicImage, is_acceptable: Callable[[int], bool], election: Election | None = None
) -> Electorate:
    """Who decides about partitions of *topic*; the *election* is by default as the topic allows."""
    default: Election = "unclean" if policy.elects_uncleanly(topic) else "online"
    return Electorate(
        is_acceptable,
        policy.min_insync_replicas(topic),
        policy.rules.has_eligible_leader_replicas,
        default if election is None else election,
    )


def with_partition(image: Image, topic: str, index: int, partition: PartitionImage) -> Image:
    """*image* with another *partition*."""
    found = image.topics[topic]
    if found.partitions[index] is partition:
        return image
    partitions = (*found.partitions[:index], partition, *found.partitions[index + 1 :])
    return attrs.evolve(image, topics={**image.topics, topic: attrs.evolve(found, partitions=partitions)})


def with_broker(image: Image, registration: BrokerRegistration) -> Image:
    """*image* with another *registration*."""
    return attrs.evolve(image, brokers={**image.brokers, registration.id: registration})


def without_in_sync(image: Image, policy: Policy, broker: int) -> Image:
    """
    *broker* is in sync nowhere and leads nothing.

    Source: ``ReplicationControlManager.handleBrokerFenced``.
    """
    others = _active_but(image, broker)
    for topic, index, partition in partitions(image):
        if broker in partition.in_sync_replicas:
            members = electorate(policy, topic, others)
            after = changed(partition, members, without(partition.in_sync_replicas, broker))
            image = with_partition(image, topic.name, index, after)
    return image


def after_unclean_shutdown(image: Image, policy: Policy, broker: int) -> Image:
    """
    *broker* may have lost what it had: besides, it is eligible nowhere.

    Source: KIP-966; ``ReplicationControlManager.handleBrokerShutdown``.
    """
    others = _active_but(image, broker)
    for topic, index, partition in partitions(image):
        if broker in partition.in_sync_replicas or broker in partition.eligible_leader_replicas:
            members = electorate(policy, topic, others)
            in_sync = without(partition.in_sync_replicas, broker)
            image = with_partition(image, topic.name, index, changed(partition, members, in_sync, broker))
    return image


def with_leaders(image: Image, policy: Policy, *, unclean_only: bool = False) -> Image:
    """
    Partitions that nobody leads have a leader, where somebody may lead now.

    Args:
        unclean_only: Only where the topic allows unclean elections.

    Source: ``ReplicationControlManager.handleBrokerUnfenced``, ``maybeElectUncleanLeaders``.
    """
    for topic, index, partition in partitions(image):
        if partition.leader == NO_LEADER and (policy.elects_uncleanly(topic) or not unclean_only):
            after = changed(partition, electorate(policy, topic, image.is_active))
            image = with_partition(image, topic.name, index, after)
    return image


def balanced(image: Image, policy: Policy) -> Image:
    """
    Partitions are led by their first replica, where that is in sync.

    Source: ``ReplicationControlManager.maybeBalancePartitionLeaders``.
    """
    for topic, index, partition in partitions(image):
        if partition.leader != partition.replicas[0]:
            image = preferred(image, policy, topic, index, partition)
    return image


def preferred(image: Image, policy: Policy, topic: TopicImage, index: int, partition: PartitionImage) -> Image:
    """The first replica leads *partition*, if it is in sync."""
    after = changed(partition, electorate(policy, topic, image.is_active, "preferred"))
    return with_partition(image, topic.name, index, after)


def moved(image: Image, policy: Policy, topic: TopicImage, index: int, leader: int) -> Image:
    """
    The order of a partition's replicas changes so that *leader* comes first, and the first one is elected.

    Raises:
        ValueError: There is no such partition, or it has no such replica.
    """
    partition = image.partition(topic.name, index)
    if partition is None or leader not in partition.replicas:
        raise ValueError(f"{topic.name}-{index} has no replica on {leader}")
    replicas = (leader, *without(partition.replicas, leader))
    return preferred(image, policy, topic, index, attrs.evolve(partition, replicas=replicas))


def _active_but(image: Image, broker: int) -> Callable[[int], bool]:
    return lambda replica: replica != broker and image.is_active(replica)


def without(replicas: tuple[int, ...], broker: int) -> tuple[int, ...]:
    """*replicas* without *broker*."""
    return tuple(replica for replica in replicas if replica != broker)


def partitions(image: Image) -> Iterator[tuple[TopicImage, int, PartitionImage]]:
    """Each partition with its topic and index."""
    for topic in image.topics.values():
        for index, partition in enumerate(topic.partitions):
            yield topic, index, partition
