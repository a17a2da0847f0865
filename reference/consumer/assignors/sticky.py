"""Sticky assignors: members keep what they have, as far as that leaves their numbers equal."""

from collections.abc import Iterable, Mapping
from struct import Struct, error

import attrs

from ackproof.model.groups.assignors import balanced
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

INT16, INT32 = Struct(">h"), Struct(">i")


@attrs.frozen
class Claimed:
    """What a member says that it had, and in which generation."""

    partitions: tuple[TopicPartition, ...] = ()
    generation: int = -1


class Sticky:
    """
    The eager one: as members give up everything before they join, they tell what they had beside their subscription.

    Where members subscribe to different topics it balances partition by partition, more simply than Kafka does.

    Source: ``StickyAssignor``, ``AbstractStickyAssignor``.
    """

    name = "sticky"
    protocols: tuple[RebalanceProtocol, ...] = ("eager",)

    def __init__(self) -> None:
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
        return ideal(counts, subscriptions, {member: self.claim(of) for member, of in subscriptions.items()})[0]

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

    def __init__(self) -> None:
        self._generation = -1

    def user_data(self) -> bytes | None:
        """The generation, for leaders that do not find it in the subscription."""
        return INT32.pack(self._generation)

    def assigned(self, partitions: tuple[TopicPartition, ...], generation: int) -> None:
        """This member has got *partitions* in that generation."""
        self._generation = generation

    def assign(self, counts: Counts, subscriptions: Subscriptions) -> Assignment:
        """What each member gets in this round."""
        shares, settled = ideal(counts, subscriptions, {member: self.claim(of) for member, of in subscriptions.items()})
        return {member: tuple(p for p in share if p not in settled[member]) for member, share in shares.items()}

    def claim(self, subscription: MemberSubscription) -> Claimed:
        """What a member has."""
        generation = subscription.generation
        if generation < 0 and subscription.user_data and len(subscription.user_data) >= INT32.size:
            (generation,) = INT32.unpack_from(subscription.user_data)
        return Claimed(subscription.owned, generation)


def ideal(
    counts: Counts, subscriptions: Subscriptions, claims: Mapping[str, Claimed]
) -> tuple[Assignment, Mapping[str, frozenset[TopicPartition]]]:
    """What each member is to have in the end, and what it is not to get while another one has it."""
    members = in_order(subscriptions)
    wanted = {topic for subscription in subscriptions.values() for topic in subscription.topics}
    partitions = [(topic, number) for topic in sorted(wanted & set(counts)) for number in range(counts[topic])]
    settled = settle(members, partitions, claims)
    names = {member: frozenset(partitions[place] for place in settled.barred[at]) for at, member in enumerate(members)}
    if all(set(subscription.topics) == wanted for subscription in subscriptions.values()):
        shares = balanced(settled.owned, range(len(members)), len(partitions))
        return {
            member: tuple(partitions[place] for place in sorted(shares[at])) for at, member in enumerate(members)
        }, names
    owned = {member: [partitions[place] for place in sorted(settled.owned[at])] for at, member in enumerate(members)}
    return spread(partitions, subscriptions, owned), names


def settle(members: list[str], partitions: list[TopicPartition], claims: Mapping[str, Claimed]) -> Settled:
    """Who is taken to own what, by places in *members* and *partitions*."""
    places = {partition: place for place, partition in enumerate(partitions)}
    by_place = {
        at: Claim(frozenset(places[p] for p in claims[member].partitions if p in places), claims[member].generation)
        for at, member in enumerate(members)
    }
    return latest_claim_of_each_partition(by_place, range(len(members)))


def spread(
    partitions: list[TopicPartition], subscriptions: Subscriptions, owned: Mapping[str, list[TopicPartition]]
) -> Assignment:
    """The assignment where members subscribe to different topics: each partition to the one with the fewest."""
    shares = {
        member: [partition for partition in owned[member] if partition[0] in subscriptions[member].topics]
        for member in owned
    }
    taken = {partition for share in shares.values() for partition in share}
    for partition in partitions:
        if partition not in taken:
            shares[_poorest(shares, _takers(subscriptions, partition))].append(partition)
    while (move := _improvement(shares, subscriptions)) is not None:
        partition, giver, taker = move
        shares[giver].remove(partition)
        shares[taker].append(partition)
    return {member: tuple(sorted(share)) for member, share in shares.items()}


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
    except (error, UnicodeDecodeError):
        return Claimed()


def _decode_claim(data: bytes) -> Claimed:
    (topics,) = INT32.unpack_from(data)
    at, partitions = INT32.size, list[TopicPartition]()
    for _ in range(topics):
        (length,) = INT16.unpack_from(data, at)
        topic = data[at + INT16.size : at + INT16.size + length].decode()
        at += INT16.size + length
        (count,) = INT32.unpack_from(data, at)
        for place in range(count):
            partitions.append((topic, *INT32.unpack_from(data, at + INT32.size * (place + 1))))
        at += INT32.size * (count + 1)
    generation = INT32.unpack_from(data, at)[0] if at + INT32.size <= len(data) else -1
    return Claimed(tuple(partitions), int(generation))
