"""
How followers follow, and what is committed: derived from the logs, or stored as real brokers do.

The derived high watermark is the longest prefix that all in-sync replicas share. The real one is never beyond it, and
where it is behind, fetches alone close the gap; so both give the same verdicts, and the derived one needs a tenth of
the states. The stored one is the fine-grained system, to which tests compare the derived one.
"""

from collections.abc import Callable, Iterator

import attrs

from ackproof.model.produce.replica import Log, Replica, Replicas, common_prefix, in_sync, is_short, leader_of, replaced
from ackproof.model.produce.rules import BrokerRules


@attrs.frozen
class Watermark:
    """
    One way to replicate.

    Attributes:
        committed: How much of the leader's log is committed, in records; the leader is up.
        fetched: Replicas after a fetch of the follower (leader, follower), none where there is nothing to do.
        may_join: Whether the follower (leader, follower) may become in-sync.
        stamped: The batches as the leader appends them.
        settled: Replicas after the in-sync replicas changed or the leader's log grew.
        led: Replicas after (index) became the leader.
    """

    committed: Callable[[BrokerRules, Replicas], int]
    fetched: Callable[[Replicas, int, int], Iterator[Replicas]]
    may_join: Callable[[Replica, Replica], bool]
    stamped: Callable[[Replica, Log], Log]
    settled: Callable[[BrokerRules, Replicas], Replicas]
    led: Callable[[Replicas, int], Replicas]


def shared_by_in_sync(rules: BrokerRules, replicas: Replicas) -> int:
    """The longest prefix of the leader's log that every in-sync replica has; nothing while they are too few."""
    if rules.keeps_high_watermark_below_min_isr and is_short(rules, replicas):
        return 0
    leader = replicas[leader_of(replicas) or 0].log
    return min(common_prefix(leader, replicas[i].log) for i in in_sync(replicas))


def copy_of_leader(replicas: Replicas, leader: int, follower: int) -> Iterator[Replicas]:
    """The follower truncates what the leader does not have and copies the rest, in one step."""
    mine = replicas[follower]
    if mine.log != replicas[leader].log:
        yield replaced(replicas, follower, attrs.evolve(mine, log=replicas[leader].log))


def has_equal_log(leader: Replica, follower: Replica) -> bool:
    """Whether the logs are equal: what is appended before the follower joins can be appended after it as well."""
    return leader.log == follower.log


def keep_replicas(_rules: BrokerRules, replicas: Replicas) -> Replicas:
    """Nothing is stored, so nothing has to be kept up."""
    return replicas


DERIVED = Watermark(
    committed=shared_by_in_sync,
    fetched=copy_of_leader,
    may_join=has_equal_log,
    stamped=lambda _leader, batches: batches,
    settled=keep_replicas,
    led=lambda replicas, _index: replicas,
)


def stored(_rules: BrokerRules, replicas: Replicas) -> int:
    """The leader's own high watermark."""
    return replicas[leader_of(replicas) or 0].high_watermark


def one_fetch(replicas: Replicas, leader: int, follower: int) -> Iterator[Replicas]:
    """
    One fetch: the follower truncates where epochs diverge, or tells its end and gets one more record.

    Source: ``ReplicaFetcherThread``, ``Partition.updateFollowerFetchState``, KIP-101, KIP-279.
    """
    led, mine = replicas[leader], replicas[follower]
    shared = common_prefix(led.log, mine.log)
    if shared < len(mine.log):
        cut = attrs.evolve(mine, log=mine.log[:shared], high_watermark=min(mine.high_watermark, shared))
        yield replaced(replicas, follower, cut)
        return
    told = attrs.evolve(mine, fetched_to=shared)
    watermark = risen(replaced(replicas, follower, told), leader)
    log = led.log[: shared + 1]
    got = attrs.evolve(told, log=log, high_watermark=min(watermark, len(log)))
    after = replaced(replaced(replicas, leader, attrs.evolve(led, high_watermark=watermark)), follower, got)
    if after != replicas:
        yield after


def risen(replicas: Replicas, leader: int) -> int:
    """The leader's high watermark once it has heard what its followers have (``maybeIncrementLeaderHW``)."""
    led = replicas[leader]
    ends = [len(led.log), *(replicas[i].fetched_to for i in in_sync(replicas) if i != leader)]
    return max(led.high_watermark, min(ends))


def settle(rules: BrokerRules, replicas: Replicas) -> Replicas:
    """The leader raises its high watermark, unless the in-sync replicas are too few."""
    leader = leader_of(replicas)
    if leader is None or (rules.keeps_high_watermark_below_min_isr and is_short(rules, replicas)):
        return replicas
    return replaced(replicas, leader, attrs.evolve(replicas[leader], high_watermark=risen(replicas, leader)))


def take_over(replicas: Replicas, index: int) -> Replicas:
    """A new leader has an epoch of its own and knows nothing of its followers."""
    epoch = max(replica.leader_epoch for replica in replicas) + 1
    forgotten = tuple(attrs.evolve(replica, fetched_to=0) for replica in replicas)
    leader = attrs.evolve(forgotten[index], leader_epoch=epoch, epoch_start=len(forgotten[index].log))
    return replaced(forgotten, index, leader)


STORED = Watermark(
    committed=stored,
    fetched=one_fetch,
    may_join=lambda leader, follower: follower.fetched_to >= max(leader.high_watermark, leader.epoch_start),
    stamped=lambda leader, batches: tuple(
        attrs.evolve(batch, partition_leader_epoch=leader.leader_epoch) for batch in batches
    ),
    settled=settle,
    led=take_over,
)
