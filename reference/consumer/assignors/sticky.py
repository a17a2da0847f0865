"""Sticky assignors: members keep what they have, as far as that leaves their numbers equal."""

from collections.abc import Iterable, Mapping
from struct import Struct, error

import attrs

from ackproof.model.groups.assignors import COOPERATIVE_STICKY, STICKY, ClientAssign
from ackproof.model.groups.assignors import Assignor as Rule
from ackproof.model.groups.claims import Claim, Settled, latest_claim_of_each_partition
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.assignor import (
    Assignment,
    Counts,
    RebalanceProtocol,
    Subscriptions,
    in_order,
)
from ackproof.reference.consumer.assignors.subscribing import MemberSubscription
from ackproof.reference.consumer.requests import by_topic
from ackproof.reference.groups.java import strings_in_hash_order

INT16, INT32 = Struct(">h"), Struct(">i")


@attrs.frozen
class Claimed:
    """What a member says that it had, and in which generation."""

    partitions: tuple[TopicPartition, ...] = ()
    generation: int = -1


class Sticky:
    """
    The eager one: as members give up everything before they join, they tell what they had beside their subscription.

    The model's rule says who gets what where all members subscribe to the same topics. Where they do not it balances
    partition by partition, more simply than Kafka does.

    Source: ``StickyAssignor``, ``AbstractStickyAssignor``.
    """

    name = "sticky"
    protocols: tuple[RebalanceProtocol, ...] = ("eager",)

    def __init__(self, rule: Rule = STICKY) -> None:
        self._rule = rule
        self._had = Claimed()
        self._has_had = False

    def user_data(self) -> bytes | None:
        """What this member had."""
        return encode_claim(self._had) if self._has_had else None

    def assigned(self, partitions: tuple[TopicPartition, ...], generation: int) -> None:
        """This member has got *partitions* in that generation."""
        self._had, self._has_had = Claimed(partitions, generation), True

    def assign(self, counts: Counts, subscriptions: Subscriptions) -> Assignment:
        """What each member gets."""
        claims = {member: self.claim(of) for member, of in subscriptions.items()}
        if are_alike(subscriptions):
            return dealt(self._rule.assign, counts, subscriptions, claims)
        return spread(counts, subscriptions, claims)[0]

    def claim(self, subscription: MemberSubscription) -> Claimed:
        """What a member had."""
        return decode_claim(subscription.user_data) if subscription.user_data else Claimed()


class CooperativeSticky:
    """
    Members join with what they have; what moves is given to nobody before its owner has given it up (KIP-429).

    Source: ``CooperativeStickyAssignor``.
    """

    name = "cooperative-sticky"
    protocols: tuple[RebalanceProtocol, ...] = ("eager", "cooperative")

    def __init__(self, rule: Rule = COOPERATIVE_STICKY) -> None:
        self._rule = rule
        self._generation = -1

    def user_data(self) -> bytes | None:
        """The generation, for leaders that do not find it in the subscription."""
        return INT32.pack(self._generation)

    def assigned(self, partitions: tuple[TopicPartition, ...], generation: int) -> None:
        """This member has got *partitions* in that generation."""
        self._generation = generation

    def assign(self, counts: Counts, subscriptions: Subscriptions) -> Assignment:
        """What each member gets in this round."""
        claims = {member: claim_in(of) for member, of in subscriptions.items()}
        if are_alike(subscriptions):
            return dealt(self._rule.assign, counts, subscriptions, claims)
        shares, settled = spread(counts, subscriptions, claims)
        return {member: tuple(p for p in share if p not in settled[member]) for member, share in shares.items()}


def claim_in(subscription: MemberSubscription) -> Claimed:
    """What a member has, and in which generation: its subscription tells that (KIP-792), or else its assignor."""
    generation = subscription.generation
    if generation < 0 and subscription.user_data and len(subscription.user_data) >= INT32.size:
        (generation,) = INT32.unpack_from(subscription.user_data)
    return Claimed(subscription.owned, generation)


def are_alike(subscriptions: Subscriptions) -> bool:
    """Whether all members subscribe to the same topics (``AbstractStickyAssignor.allSubscriptionsEqual``)."""
    return len({frozenset(subscription.topics) for subscription in subscriptions.values()}) == 1


def dealt(
    assign: ClientAssign, counts: Counts, subscriptions: Subscriptions, claims: Mapping[str, Claimed]
) -> Assignment:
    """
    What members get where all subscribe to the same topics; the rule goes by places of members and partitions.

    Who keeps what it claims goes by a hash map of member ids, who gets what is left by their order.

    Source: ``ConsumerCoordinator.onLeaderElected``; ``AbstractStickyAssignor.ConstrainedAssignmentBuilder``.
    """
    members, partitions = sorted(subscriptions), of_interest(counts, subscriptions)
    claimed = by_place(members, partitions, claims)
    by_hash = {at: claimed[at] for at in map(members.index, strings_in_hash_order(subscriptions))}
    shares = assign(by_hash, range(len(members)), len(partitions))
    return {member: tuple(partitions[place] for place in sorted(shares[at])) for at, member in enumerate(members)}


def of_interest(counts: Counts, subscriptions: Subscriptions) -> list[TopicPartition]:
    """All partitions that somebody subscribes to, in order."""
    wanted = {topic for subscription in subscriptions.values() for topic in subscription.topics}
    return [(topic, number) for topic in sorted(wanted & set(counts)) for number in range(counts[topic])]


def by_place(members: list[str], partitions: list[TopicPartition], claims: Mapping[str, Claimed]) -> dict[int, Claim]:
    """What members claim, by places in *members* and *partitions*."""
    places = {partition: place for place, partition in enumerate(partitions)}
    return {
        at: Claim(frozenset(places[p] for p in claims[member].partitions if p in places), claims[member].generation)
        for at, member in enumerate(members)
    }


def spread(
    counts: Counts, subscriptions: Subscriptions, claims: Mapping[str, Claimed]
) -> tuple[Assignment, Mapping[str, frozenset[TopicPartition]]]:
    """
    Where members subscribe to different topics: each partition goes to the one with the fewest.

    Returns:
        What each member is to have in the end, and what it is not to get while another one has it.
    """
    members, partitions = in_order(subscriptions), of_interest(counts, subscriptions)
    settled = latest_claim_of_each_partition(by_place(members, partitions, claims), range(len(members)))
    shares = owned_still(members, partitions, subscriptions, settled)
    taken = {partition for share in shares.values() for partition in share}
    for partition in partitions:
        if partition not in taken:
            shares[_poorest(shares, _takers(subscriptions, partition))].append(partition)
    while (move := _improvement(shares, subscriptions)) is not None:
        partition, giver, taker = move
        shares[giver].remove(partition)
        shares[taker].append(partition)
    barred = {member: frozenset(partitions[place] for place in settled.barred[at]) for at, member in enumerate(members)}
    return {member: tuple(sorted(share)) for member, share in shares.items()}, barred


def owned_still(
    members: list[str], partitions: list[TopicPartition], subscriptions: Subscriptions, settled: Settled
) -> dict[str, list[TopicPartition]]:
    """What members own of the topics that they still subscribe to."""
    owned = {member: [partitions[place] for place in sorted(settled.owned[at])] for at, member in enumerate(members)}
    return {
        member: [partition for partition in of if partition[0] in subscriptions[member].topics]
        for member, of in owned.items()
    }


def _improvement(
    shares: Mapping[str, list[TopicPartition]], subscriptions: Subscriptions
) -> tuple[TopicPartition, str, str] | None:
    """A partition that is better off with another member, as that has at least two less."""
    for giver in sorted(shares, key=lambda member: -len(shares[member])):
        for partition in sorted(shares[giver], reverse=True):
            taker = _poorest(shares, _takers(subscriptions, partition))
            if len(shares[taker]) + 1 < len(shares[giver]):
                return partition, giver, taker
    return None


def _takers(subscriptions: Subscriptions, partition: TopicPartition) -> list[str]:
    return [member for member in in_order(subscriptions) if partition[0] in subscriptions[member].topics]


def _poorest(shares: Mapping[str, list[TopicPartition]], members: Iterable[str]) -> str:
    return min(members, key=lambda member: len(shares[member]))


def encode_claim(claim: Claimed) -> bytes:
    """What a member had, in the second version of these bytes (``STICKY_ASSIGNOR_USER_DATA_V1``)."""
    topics = by_topic(sorted(claim.partitions))
    parts = [INT32.pack(len(topics))]
    for topic, numbers in topics.items():
        name = topic.encode()
        parts += [INT16.pack(len(name)), name, INT32.pack(len(numbers)), *(INT32.pack(number) for number in numbers)]
    return b"".join([*parts, INT32.pack(claim.generation)])


def decode_claim(data: bytes) -> Claimed:
    """What a member had, in either version; nothing where it can not be read, as Kafka has it."""
    try:
        return _decode_claim(data)
    except (error, ValueError):
        return Claimed()


def _decode_claim(data: bytes) -> Claimed:
    topics, at = _count(INT32, data, 0)
    partitions = list[TopicPartition]()
    for _ in range(topics):
        length, at = _count(INT16, data, at)
        topic = data[at : at + length].decode(errors="replace")
        count, at = _count(INT32, data, at + length)
        partitions += ((topic, *INT32.unpack_from(data, at + INT32.size * place)) for place in range(count))
        at += INT32.size * count
    generation = INT32.unpack_from(data, at)[0] if at + INT32.size <= len(data) else -1
    return Claimed(tuple(partitions), int(generation))


def _count(form: Struct, data: bytes, at: int) -> tuple[int, int]:
    """How many follow, and where they begin."""
    (count,) = form.unpack_from(data, at)
    if count < 0:
        raise ValueError(f"{count} is no number of anything")
    return int(count), at + form.size
