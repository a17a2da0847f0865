"""
How followers follow where the high watermark is stored: each replica has its own, and learns of the leader's late.

With ``STORED`` a fetch brings one record, and the leader hears of it with the next fetch: the fine-grained system.
With ``STORED_IN_FEWER_STEPS`` a fetch brings all there is, and the leader hears of it at once; replicas, and leader
epochs of the same order, are not told apart. What remains is that a follower's high watermark lags.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import attrs

from ackproof.model.produce.replica import (
    Replica,
    Replicas,
    in_any_order,
    is_short,
    leader_of,
    maximal_in_sync,
    replaced,
)
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import Log, by_leader_epoch, by_leader_epochs, common_prefix
from ackproof.model.produce.watermark import Watermark

NOBODY = Replica()
COMPARES_EPOCHS = frozenset({by_leader_epoch, by_leader_epochs})
"""Ways to truncate that need to know the leader epoch of each batch, where contents do not tell."""


def stored(_rules: BrokerRules, replicas: Replicas) -> int:
    """The leader's own high watermark."""
    return replicas[leader_of(replicas) or 0].high_watermark


def settle(rules: BrokerRules, replicas: Replicas) -> Replicas:
    """The leader raises its high watermark, unless in-sync replicas are too few (``maybeIncrementLeaderHW``)."""
    leader = leader_of(replicas)
    if leader is None or (rules.keeps_high_watermark_below_min_isr and is_short(rules, replicas)):
        return replicas
    led = replicas[leader]
    ends = [len(led.log) if i == leader else replicas[i].fetched_to for i in maximal_in_sync(replicas)]
    watermark = raised(led.high_watermark, ends)
    if watermark == led.high_watermark:
        return replicas
    return replaced(replicas, leader, attrs.evolve(led, high_watermark=watermark))


def raised(high_watermark: int, ends: Sequence[int]) -> int:
    """The leader's high watermark, given how far it knows those to be who have to have what is committed."""
    return max(high_watermark, min(ends))


def follow(
    rules: BrokerRules, replicas: Replicas, leader: int, follower: int, *, record_by_record: bool
) -> Iterator[Replicas]:
    """
    The next step of a follower: it truncates, or tells its end and gets what follows there.

    Source: ``AbstractFetcherThread``: maybeTruncate, processFetchRequest; ``Partition.updateFollowerFetchState``.
    """
    led, mine = replicas[leader], replicas[follower]
    if mine.is_truncating:
        after = replaced(replicas, follower, cut(mine, rules.truncation(mine.log, led.log, mine.high_watermark)))
        is_heard = not record_by_record and is_within(led, after[follower])
        yield told(rules, after, follower) if is_heard else after
    elif not rules.truncates_before_fetching and common_prefix(led.log, mine.log) < len(mine.log):
        yield diverging(rules, replicas, leader, follower)
    elif len(mine.log) > len(led.log):
        # OFFSET_OUT_OF_RANGE: ``handleOffsetOutOfRange`` takes the leader's end, whatever stands below it.
        yield replaced(replicas, follower, cut(mine, len(led.log)))
    else:
        heard = told(rules, replicas, follower)
        if record_by_record and rules.depends_on_stored_watermarks and heard != replicas:
            # The answer is still on its way.
            yield heard
        after = copied(heard, leader, follower, record_by_record=record_by_record)
        if not record_by_record:
            after = told(rules, after, follower)
        if after != replicas:
            yield after


def follow_in_steps(rules: BrokerRules, replicas: Replicas, leader: int, follower: int) -> Iterator[Replicas]:
    """
    As ``follow``, but that the leader hears where a follower's log ends is a step of its own.

    A fetch that waits for records is heard long before it is answered, and the answer carries the high watermark from
    before it was heard (``Partition.fetchRecords``): what runs beside a real log is held to this.
    """
    led, mine = replicas[leader], replicas[follower]
    if mine.is_truncating or common_prefix(led.log, mine.log) < len(mine.log):
        yield from follow(rules, replicas, leader, follower, record_by_record=True)
        if rules.takes_high_watermark_before_truncating and not mine.is_truncating:
            yield diverging_early(rules, replicas, leader, follower)
        return
    heard = told(rules, replicas, follower)
    if heard != replicas:
        yield heard
    for end in range(len(mine.log), len(led.log) + 1):
        watermark = min(led.high_watermark, end)
        answered = attrs.evolve(mine, log=mine.log + led.log[len(mine.log) : end], high_watermark=watermark)
        for before in (replicas, heard):
            after = replaced(before, follower, attrs.evolve(answered, fetched_to=before[follower].fetched_to))
            if after not in (replicas, heard):
                yield after


def cut(replica: Replica, offset: int) -> Replica:
    """*replica* without what is at *offset* and above."""
    watermark = min(replica.high_watermark, offset)
    return attrs.evolve(replica, log=replica.log[:offset], high_watermark=watermark, is_truncating=False)


def diverging(rules: BrokerRules, replicas: Replicas, leader: int, follower: int) -> Replicas:
    """*replicas* after the leader answered a fetch with where logs diverge (``FetchResponse.divergingEpoch``)."""
    mine = replicas[follower]
    if rules.counts_diverging_fetches:
        replicas = told(rules, replicas, follower)
    early = min(replicas[leader].high_watermark, len(mine.log))
    if rules.takes_high_watermark_before_truncating and early > mine.high_watermark:
        return replaced(replicas, follower, attrs.evolve(replicas[follower], high_watermark=early))
    return replaced(replicas, follower, cut(replicas[follower], common_prefix(replicas[leader].log, mine.log)))


def diverging_early(rules: BrokerRules, replicas: Replicas, leader: int, follower: int) -> Replicas:
    """The same where the answer carries the high watermark from before the fetch was heard, be it a lower one."""
    mine, early = replicas[follower], replicas[leader].high_watermark
    heard = told(rules, replicas, follower) if rules.counts_diverging_fetches else replicas
    after = attrs.evolve(heard[follower], high_watermark=min(early, len(mine.log)))
    return replaced(heard, follower, cut(after, common_prefix(replicas[leader].log, mine.log)))


def told(rules: BrokerRules, replicas: Replicas, follower: int) -> Replicas:
    """*replicas* after the leader heard where the log of a follower ends."""
    mine = replicas[follower]
    return settle(rules, replaced(replicas, follower, attrs.evolve(mine, fetched_to=len(mine.log))))


def copied(replicas: Replicas, leader: int, follower: int, *, record_by_record: bool) -> Replicas:
    """*replicas* after the answer to a fetch, which carries the high watermark that the leader has now."""
    led, mine = replicas[leader], replicas[follower]
    end = len(mine.log)
    log = mine.log + led.log[end : end + 1 if record_by_record else None]
    return replaced(replicas, follower, attrs.evolve(mine, log=log, high_watermark=min(led.high_watermark, len(log))))


def has_caught_up(rules: BrokerRules, leader: Replica, follower: Replica) -> bool:
    """Whether the leader lets a follower join (``Partition.isFollowerInSync``)."""
    is_known = follower.fetched_to > 0 or is_within(leader, follower)
    is_there = is_far_enough(rules, follower.fetched_to, leader.high_watermark, leader.epoch_start)
    return is_known and is_there and not follower.is_truncating


def is_within(leader: Replica, follower: Replica) -> bool:
    """
    Whether the leader can hear of a follower: a fetch beyond the end of its log is OFFSET_OUT_OF_RANGE, and not noted.

    Source: ``Log.read``; ``Partition.updateReplicaLogReadResult``: to such a result belongs ``UnknownOffsetMetadata``.
    """
    return len(follower.log) <= len(leader.log)


def has_all(leader: Replica, follower: Replica) -> bool:
    """Whether a follower has all that the leader has, as far as that knows (``Replica.isCaughtUp``)."""
    return follower.fetched_to >= len(leader.log)


def is_far_enough(rules: BrokerRules, fetched_to: int, high_watermark: int, epoch_start: int) -> bool:
    """Whether a follower that the leader knows to be at *fetched_to* has what is committed (KAFKA-7128)."""
    start = 0 if rules.joins_below_leader_epoch else epoch_start
    return fetched_to >= max(high_watermark, start)


def stamp(leader: Replica, batches: Log) -> Log:
    """*batches* with the epoch of the leader that appends them."""
    if all(batch.partition_leader_epoch == leader.leader_epoch for batch in batches):
        return batches
    return tuple(attrs.evolve(batch, partition_leader_epoch=leader.leader_epoch) for batch in batches)


def take_over(rules: BrokerRules, replicas: Replicas, index: int) -> Replicas:
    """A new leader has an epoch of its own and knows nothing of its followers, which begin to follow it."""
    epoch = 1 + max(epoch for replica in replicas for epoch in epochs_of(replica))
    truncating = rules.truncates_before_fetching
    following = tuple(attrs.evolve(r, fetched_to=0, is_truncating=truncating and bool(r.log)) for r in replicas)
    start = len(following[index].log)
    leader = attrs.evolve(following[index], leader_epoch=epoch, epoch_start=start, is_truncating=False)
    return replaced(following, index, leader)


def epochs_of(replica: Replica) -> Iterator[int]:
    """Every leader epoch that a replica knows of."""
    yield replica.leader_epoch
    yield from (batch.partition_leader_epoch for batch in replica.log)


def represented(rules: BrokerRules, replicas: Replicas) -> Replicas:
    """*replicas* in any order, without what no rule asks for."""
    return in_any_order(with_epochs_in_order(tuple(what_counts(rules, replica) for replica in replicas)))


def what_counts(rules: BrokerRules, replica: Replica) -> Replica:
    """*replica* with the epochs that its truncation and its followers ask for."""
    leads = replica.role == "leader"
    compares = rules.truncation in COMPARES_EPOCHS
    epoch = replica.leader_epoch if leads and compares else 0
    start = replica.epoch_start if leads and not rules.joins_below_leader_epoch else 0
    log = replica.log if compares else stamp(NOBODY, replica.log)
    if (epoch, start, log) == (replica.leader_epoch, replica.epoch_start, replica.log):
        return replica
    return attrs.evolve(replica, leader_epoch=epoch, epoch_start=start, log=log)


def with_epochs_in_order(replicas: Replicas) -> Replicas:
    """*replicas* whose leader epochs are 0, 1, ... in the same order."""
    written = {batch.partition_leader_epoch for replica in replicas for batch in replica.log}
    led = {replica.leader_epoch for replica in replicas if replica.role == "leader"}
    place = {epoch: number for number, epoch in enumerate(sorted(written | led))}
    if all(epoch == number for epoch, number in place.items()):
        return replicas
    return tuple(
        attrs.evolve(r, leader_epoch=place.get(r.leader_epoch, 0), log=with_epochs(r.log, place)) for r in replicas
    )


def with_epochs(log: Log, epochs: dict[int, int]) -> Log:
    """*log* with other leader epochs."""
    return tuple(attrs.evolve(batch, partition_leader_epoch=epochs[batch.partition_leader_epoch]) for batch in log)


STORED = Watermark(
    committed=stored,
    fetched=partial(follow, record_by_record=True),
    may_join=has_caught_up,
    is_level=has_all,
    stamped=stamp,
    settled=settle,
    led=take_over,
    representative=lambda _rules, replicas: in_any_order(replicas),
)
STORED_IN_FEWER_STEPS = attrs.evolve(
    STORED, fetched=partial(follow, record_by_record=False), representative=represented
)
