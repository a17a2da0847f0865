"""
How followers follow, and what is committed: derived from the logs here, or stored as real brokers do (``stored.py``).

The derived high watermark is the longest prefix that all in-sync replicas share. The real one is never beyond it, and
where it is behind, fetches alone close the gap; so both give the same verdicts, and the derived one needs a tenth of
the states. The stored one is the fine-grained system, to which tests compare the derived one, and the only one where a
replica truncates to what it believes to be committed.
"""

from collections.abc import Callable, Iterator

import attrs

from ackproof.model.produce.batch import NO_PRODUCER_ID
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
from ackproof.model.produce.truncation import Log, common_prefix


@attrs.frozen
class Watermark:
    """
    One way to replicate.

    Attributes:
        committed: How much of the leader's log is committed, in records; the leader is up.
        fetched: Replicas after a step of the follower (leader, follower), none where there is nothing to do.
        may_join: Whether the follower (leader, follower) may become in-sync.
        is_level: Whether the leader takes the follower (leader, follower) to have all that it has.
        stamped: The batches as the leader appends them.
        settled: Replicas after the in-sync replicas changed or the leader's log grew.
        led: Replicas after (index) became the leader.
        representative: What stands for all replicas that nothing tells apart.
    """

    committed: Callable[[BrokerRules, Replicas], int]
    fetched: Callable[[BrokerRules, Replicas, int, int], Iterator[Replicas]]
    may_join: Callable[[BrokerRules, Replica, Replica], bool]
    is_level: Callable[[Replica, Replica], bool]
    stamped: Callable[[Replica, Log], Log]
    settled: Callable[[BrokerRules, Replicas], Replicas]
    led: Callable[[BrokerRules, Replicas, int], Replicas]
    representative: Callable[[BrokerRules, Replicas], Replicas]


def shared_by_in_sync(rules: BrokerRules, replicas: Replicas) -> int:
    """The longest prefix of the leader's log that every in-sync replica has; nothing while they are too few."""
    if rules.keeps_high_watermark_below_min_isr and is_short(rules, replicas):
        return 0
    leader = replicas[leader_of(replicas) or 0].log
    return min(common_prefix(leader, replicas[i].log) for i in maximal_in_sync(replicas))


def copy_of_leader(_rules: BrokerRules, replicas: Replicas, leader: int, follower: int) -> Iterator[Replicas]:
    """The follower truncates what the leader does not have and copies the rest, in one step."""
    mine, led = replicas[follower], replicas[leader]
    if mine.log != led.log and (after := copied(led.log, mine.log)) != mine.log:
        yield replaced(replicas, follower, attrs.evolve(mine, log=after))


def copied(leader: Log, follower: Log) -> Log:
    """The log of a follower that has copied its leader's; what either has deleted it knows no producers by."""
    pairs = zip(leader, follower[: common_prefix(leader, follower)], strict=False)
    known = tuple(mine if mine.producer_id == NO_PRODUCER_ID else theirs for theirs, mine in pairs)
    return known + leader[len(known) :]


def has_equal_log(leader: Replica, follower: Replica) -> bool:
    """Whether the logs are equal: what is appended before the follower joins can be appended after it as well."""
    end = len(leader.log)
    return leader.log == follower.log or len(follower.log) == common_prefix(leader.log, follower.log) == end


def keep_replicas(_rules: BrokerRules, replicas: Replicas) -> Replicas:
    """Nothing is stored, so nothing has to be kept up."""
    return replicas


DERIVED = Watermark(
    committed=shared_by_in_sync,
    fetched=copy_of_leader,
    may_join=lambda _rules, leader, follower: has_equal_log(leader, follower),
    is_level=has_equal_log,
    stamped=lambda _leader, batches: batches,
    settled=keep_replicas,
    led=lambda _rules, replicas, _index: replicas,
    representative=lambda _rules, replicas: in_any_order(replicas),
)
