"""How many partitions members of a classic group take their topic to have, and who joins again as it has more."""

from collections.abc import Iterable, Iterator

import attrs

from ackproof.model.groups.classic import ClassicGroup, has_assigned
from ackproof.model.groups.member import Member
from ackproof.model.groups.rules import ClassicRules


def watched_from_now_on(
    group: ClassicGroup, member: Member, rules: ClassicRules, fewest_partitions: int
) -> Iterable[int]:
    """
    How many partitions a *member* watches that hears its assignment; where all do, what it has seen by then.

    Source: ``ConsumerCoordinator.onJoinComplete``, which goes by who it takes for the leader.
    """
    if member.is_leader or member.takes_itself_for_leader:
        return (member.watched,)
    if not rules.all_watch_partitions:
        return (0,)
    return range(group.partitions, max(member.watched, fewest_partitions) - 1, -1)


def watched_by(group: ClassicGroup, member: Member, rules: ClassicRules) -> Iterable[int]:
    """
    How many partitions a static *member* watches that returns: what was added while it was away it does not notice.

    One that has not been restarted may have seen fewer than there are.

    Source: KIP-814.
    """
    leads = member.is_leader and not rules.returning_leader_follows
    if not leads and not rules.all_watch_partitions:
        return (0,)
    return range(group.partitions, (member.watched or group.partitions) - 1, -1)


@attrs.frozen
class Watching:
    """
    What there is to see of a topic, and whether it matters who watches it.

    Attributes:
        fewest_partitions: How many the topic had at first.
        most_partitions: How many it may have.
        fails_over: The coordinator may move.
        moves_leaders: Or somebody is put out that goes on, so that who leads may not know that another one does.
    """

    fewest_partitions: int
    most_partitions: int
    fails_over: bool
    moves_leaders: bool


def unprepared(group: ClassicGroup, member: Member, rules: ClassicRules, watching: Watching) -> Iterator[Member]:
    """
    What a *member* may be that is to join again without getting ready to, as it has not come to its assignment.

    One that leads goes on to take itself for the leader, and watches what it assigns by, which it has seen by then.

    Source: ``AbstractCoordinator.needsJoinPrepare``; ``ConsumerCoordinator``: ``onLeaderElected``, ``onJoinPrepare``.
    """
    if not may_follow_next(group, member, rules, fails_over=watching.fails_over):
        yield member
        return
    fewest = max(member.watched, watching.fewest_partitions)
    for seen in (member.watched,) if has_assigned(group) else range(group.partitions, fewest - 1, -1):
        if seen < watching.most_partitions:
            yield attrs.evolve(member, takes_itself_for_leader=True, watched=seen)
        else:
            yield member


def may_follow_next(group: ClassicGroup, member: Member, rules: ClassicRules, *, fails_over: bool) -> bool:
    """
    Whether a *member* leads that has not come to its assignment, and may lead no more without getting ready to join.

    Who hears that it is put out or that its generation is gone gets ready since KAFKA-12983. Else it leads on, unless
    another coordinator knows it as one that does not.
    """
    leads = member.is_leader and member.status == "syncing" and member.generation == group.generation
    is_to_follow = member.stored is not None and not member.stored.is_leader and not has_assigned(group)
    is_forgotten = rules.keeps_owned_without_membership or (fails_over and is_to_follow)
    return leads and is_forgotten and not rules.all_watch_partitions
