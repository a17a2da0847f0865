"""What members say they own when they join, and what an assignor makes of it where two say the same."""

from collections.abc import Callable, Mapping, Sequence

import attrs

Partitions = frozenset[int]
NONE: Partitions = frozenset()


@attrs.frozen
class Claim:
    """
    What a member's subscription says it owns (``ConsumerProtocolSubscription.OwnedPartitions``, or the user data).

    Attributes:
        generation: In which generation it was assigned them.
    """

    partitions: Partitions = NONE
    generation: int = 0


NO_CLAIM = Claim()
Claims = Mapping[int, Claim]
"""What each member claims, in the order of a hash map of member ids."""

Order = Sequence[int]
"""Members as an assignor meets them: in the order of their ids, which are random and stay."""


@attrs.frozen
class Settled:
    """
    What an assignor makes of the claims.

    Attributes:
        owned: The partitions that each member is taken to own.
        barred: What each member is not to get in this round, because another one owns it and has to revoke it first.
    """

    owned: Mapping[int, Partitions]
    barred: Mapping[int, Partitions]


Settle = Callable[[Claims, Order], Settled]


def all_claims(claims: Claims, order: Order) -> Settled:
    """
    Everybody owns what it claims, also where two claim the same.

    Source: ``AbstractStickyAssignor.allSubscriptionsEqual`` 2.6 to 2.8.0 with the cooperative-sticky assignor, which
    tells no generation; KAFKA-12984.
    """
    return settled({member: claims[member].partitions for member in order})


def claims_of_the_latest_generation(claims: Claims, order: Order) -> Settled:
    """
    Only members of the latest generation own what they claim; what two of them claim nobody owns.

    Source: ``AbstractStickyAssignor.allSubscriptionsEqual`` 2.8.1 and 3.0.0 to 3.4.0; KAFKA-12984, KAFKA-14639.
    """
    latest = max(claims[member].generation for member in order)
    current = {member: claims[member] if claims[member].generation == latest else NO_CLAIM for member in order}
    return latest_claim_of_each_partition(current, order)


def latest_claim_of_each_partition(claims: Claims, order: Order) -> Settled:
    """
    Of several members that claim a partition the one of the latest generation owns it; nobody where two have that.

    Source: ``AbstractStickyAssignor.allSubscriptionsEqual`` since 3.4.1 and 3.5; KAFKA-14639.
    """
    owner: dict[int, list[int]] = {}
    for partition in sorted(NONE.union(*(claims[member].partitions for member in order))):
        claiming = [member for member in order if partition in claims[member].partitions]
        latest = max(claims[member].generation for member in claiming)
        owner[partition] = [member for member in claiming if claims[member].generation == latest]
    contested = frozenset(partition for partition, members in owner.items() if len(members) > 1)
    owned = {member: frozenset(p for p, owners in owner.items() if owners == [member]) for member in order}
    return settled(owned, contested)


def first_claim_but_last_owner(claims: Claims, order: Order) -> Settled:
    """
    The first to claim a partition keeps it, and the last to claim it is taken for the one that owns it.

    Source: kafka-python 3.0 ``StickyAssignmentExecutor._init_current_assignments`` (subscriptions tell no generation)
    and ``CooperativeStickyAssignor.assign`` (``currently_owned``).
    """
    first = {p: member for member in reversed(order) for p in claims[member].partitions}
    last = {p: member for member in order for p in claims[member].partitions}
    return Settled(
        {member: frozenset(p for p, claiming in first.items() if claiming == member) for member in order},
        {member: frozenset(p for p, owner in last.items() if owner != member) for member in order},
    )


def settled(owned: Mapping[int, Partitions], contested: Partitions = NONE) -> Settled:
    """Members that own these partitions; what others own and what is *contested* no member gets in this round."""
    return Settled(
        owned,
        {member: contested | NONE.union(*owned.values()) - owned[member] for member in owned},
    )
