"""
Assignors: who gets which partition of a topic that all members subscribe to.

Written from the documented rules, for one topic. Member ids are random, and stay as long as a member has them.

Not modelled: several topics, different subscriptions, racks.
"""

from collections.abc import Callable, Mapping

import attrs

from ackproof.model.groups.claims import NONE, Claims, Order, Partitions, Settle, latest_claim_of_each_partition

Shares = Mapping[int, Partitions]
"""The partitions of each member."""

ClientAssign = Callable[[Claims, Order, int], Shares]
"""From what members claim, their order and the number of partitions to what each is assigned."""

ServerAssign = Callable[[Shares, Order, int], Shares]
"""From the present target assignment, the order of members and the number of partitions to the next target."""


@attrs.frozen
class Assignor:
    """
    What the leader of a classic group runs (``ConsumerPartitionAssignor``).

    Attributes:
        is_sticky: It asks members what they were assigned before.
    """

    name: str
    assign: ClientAssign
    is_sticky: bool = False


def ranges(before: object, order: Order, partitions: int) -> Shares:
    """
    Each member gets a range of partitions, the first ones one more where it does not come out even.

    Source: ``RangeAssignor`` of the client; the server's since 3.9, which sorts static members by instance id.
    """
    least, more = divmod(partitions, len(order))
    ends = [least * (place + 1) + min(place + 1, more) for place in range(len(order))]
    return {
        member: frozenset(range(start, end)) for member, start, end in zip(order, [0, *ends[:-1]], ends, strict=True)
    }


def in_turn(claims: object, order: Order, partitions: int) -> Shares:
    """Partitions are dealt out to members in turn (``RoundRobinAssignor``)."""
    return {member: frozenset(range(place, partitions, len(order))) for place, member in enumerate(order)}


def balanced(owned: Shares, order: Order, partitions: int) -> Shares:
    """
    Members keep what they own as far as that leaves the numbers equal up to one. The rest is dealt out to who has less.

    Who keeps one more goes by the order of *owned*, who gets one more by that of their ids: first who had enough.

    Source: ``AbstractStickyAssignor.ConstrainedAssignmentBuilder``, ``assignRoundRobin``.
    """
    least, more = divmod(partitions, len(order))
    kept, _ = kept_by(owned, tuple(owned), least, more)
    return filled(kept, order, partitions, least)


def kept_by(owned: Shares, order: Order, least: int, more: int) -> tuple[dict[int, Partitions], int]:
    """What members keep of what they own, so *many more* than the *least* one more; and how many may still have it."""
    kept: dict[int, Partitions] = {}
    for member in order:
        keeps_one_more = more > 0 and len(owned[member]) > least
        kept[member] = lowest(owned[member], least + keeps_one_more)
        more -= keeps_one_more
    return kept, more


def uniform(target: Shares, order: Order, partitions: int) -> Shares:
    """
    Equal numbers up to one; members keep of the present target what that allows.

    The first members may have one more, but who would have to be given that one does without it where another one
    may have it already. First what nobody had is handed out, then what members give up, in their order.

    Source: ``UniformHomogeneousAssignmentBuilder`` since 4.0.1.
    """
    return even(target, order, partitions, leaves_one_more=True)


def uniform_in_order(target: Shares, order: Order, partitions: int) -> Shares:
    """
    The same, but the first members have one more, whoever has it already; if there are any.

    Source: ``UniformHomogeneousAssignmentBuilder`` from 3.8 to 4.0.0.
    """
    return even(target, order, partitions, leaves_one_more=False) if order else {}


def even(target: Shares, order: Order, partitions: int, *, leaves_one_more: bool) -> Shares:
    """Equal numbers up to one; who would have to be given one more may leave it to another one."""
    least, more = divmod(partitions, len(order))
    taken = NONE.union(*target.values())
    free = [partition for partition in range(partitions) if partition not in taken]
    shares, missing = dict[int, Partitions](), dict[int, int]()
    for place, member in enumerate(order):
        quota, has = least + (more > 0), existing(target, partitions).get(member, NONE)
        shares[member] = lowest(has, quota)
        free += sorted(has - shares[member])
        if leaves_one_more and more > 0 and len(has) < quota and len(order) - place > more:
            quota -= 1
        else:
            more -= more > 0
        missing[member] = max(quota - len(has), 0)
    for member in order:
        shares[member] |= frozenset(free[: missing[member]])
        free = free[missing[member] :]
    return shares


def uniform_in_turn(target: Shares, order: Order, partitions: int) -> Shares:
    """
    Members keep of the present target what equal numbers up to one allow, first of all one more; the rest is dealt out.

    All that have no more than the least take their turns, also who has that already, as long as some may have one more.

    Source: ``OptimizedUniformAssignmentBuilder`` of 3.7.
    """
    least, more = divmod(partitions, len(order))
    shares, more = kept_by(existing(target, partitions), order, least, more)
    waiting = [member for member in order if len(shares[member]) <= least]
    for partition in sorted(frozenset(range(partitions)) - NONE.union(*shares.values())):
        waiting = waiting[next(place for place, each in enumerate(waiting) if more > 0 or len(shares[each]) < least) :]
        member = waiting.pop(0)
        has_least = len(shares[member]) == least
        more -= has_least
        waiting += [] if has_least else [member]
        shares[member] |= {partition}
    return shares


def ranges_kept(target: Shares, order: Order, partitions: int) -> Shares:
    """
    Members keep of the present target what equal numbers up to one allow; what is left they get as ranges.

    Source: the server's ``RangeAssignor`` of 3.7 and 3.8, which meets members as a hash map does.
    """
    least, more = divmod(partitions, len(order))
    shares, more = kept_by(existing(target, partitions), order, least, more)
    free = sorted(frozenset(range(partitions)) - NONE.union(*shares.values()))
    for member in order:
        if len(shares[member]) <= least:
            missing = least + (more > 0) - len(shares[member])
            more -= more > 0
            shares[member] |= frozenset(free[:missing])
            free = free[missing:]
    return shares


def lowest(partitions: Partitions, count: int) -> Partitions:
    """The lowest of these partitions."""
    return frozenset(sorted(partitions)[:count])


def filled(kept: Shares, order: Order, partitions: int, least: int) -> Shares:
    """Everybody with what it *kept* and what is free: in turn, first who has less than the *least*, then one more."""
    free = sorted(frozenset(range(partitions)) - NONE.union(*kept.values()))
    shares = dict(kept)
    lacking = [member for member in order if len(shares[member]) < least]
    to_have_more = [member for member in order if len(shares[member]) == least]
    while free and lacking:
        member = lacking.pop(0)
        shares[member] |= {free.pop(0)}
        (lacking if len(shares[member]) < least else to_have_more).append(member)
    for member, partition in zip(to_have_more, free, strict=False):
        shares[member] |= {partition}
    return shares


def sticky(settle: Settle) -> ClientAssign:
    """An assignor that keeps what members owned (``StickyAssignor``)."""

    def assign(claims: Claims, order: Order, partitions: int) -> Shares:
        return balanced(existing(settle(claims, tuple(claims)).owned, partitions), order, partitions)

    return assign


def cooperative(settle: Settle) -> ClientAssign:
    """
    The same, but nobody gets what another member still owns: that one is to revoke it first.

    Source: KIP-429; ``CooperativeStickyAssignor.adjustAssignment``; librdkafka
    ``rd_kafka_cooperative_protocol_adjust_assignment``.
    """

    def assign(claims: Claims, order: Order, partitions: int) -> Shares:
        result = settle(claims, tuple(claims))
        ideal = balanced(existing(result.owned, partitions), order, partitions)
        return {member: ideal[member] - result.barred[member] for member in order}

    return assign


def existing(owned: Shares, partitions: int) -> Shares:
    """What is owned of the partitions that the leader knows of."""
    known = frozenset(range(partitions))
    return {member: of & known for member, of in owned.items()}


RANGE = Assignor("range", ranges)
ROUND_ROBIN = Assignor("roundrobin", in_turn)
STICKY = Assignor("sticky", sticky(latest_claim_of_each_partition), is_sticky=True)
COOPERATIVE_STICKY = Assignor("cooperative-sticky", cooperative(latest_claim_of_each_partition), is_sticky=True)
