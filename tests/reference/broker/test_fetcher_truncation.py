"""Where followers truncate to, beside the model's rules for it."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.produce.batch import Batch
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import (
    Truncation,
    by_leader_epoch,
    by_leader_epochs,
    common_prefix,
    to_own_high_watermark,
)
from ackproof.reference.broker.fetchers.fetcher_truncation import asks_leader, truncation
from ackproof.reference.broker.partitions.epoch_ends import end_of_epoch
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.leader_epochs import UNKNOWN, EpochEnd
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.records.batch import Record, encode, new_batch

ModelLog = tuple[Batch, ...]


@dataclass(frozen=True)
class Replicas:
    """Two replicas that take turns at leading; what one wrote the other may have in part."""

    logs: tuple[ModelLog, ModelLog]

    def led(self, leader: int, epoch: int, writes: int, copied: int) -> "Replicas":
        first = len(self.logs[0]) + len(self.logs[1]) + 100 * epoch
        written = tuple(Batch(first + each, partition_leader_epoch=epoch) for each in range(writes))
        log = self.logs[leader] + written
        other = self.logs[1 - leader]
        if copied:
            agreed = common_prefix(other, log)
            other = log[: max(agreed, len(log) - writes + min(copied, writes))]
        return Replicas((log, other) if leader == 0 else (other, log))


TURNS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(0, 3)), max_size=6)


def replicas_after(turns: list[tuple[int, int, int]]) -> Replicas:
    replicas = Replicas(((), ()))
    for epoch, (leader, writes, copied) in enumerate(turns):
        replicas = replicas.led(leader, epoch, writes, copied)
    return replicas


def stored(log: ModelLog) -> PartitionLog:
    found = PartitionLog(Disk(), "orders-0", VirtualClock(), LogSettings())
    for offset, batch in enumerate(log):
        record = Record(str(batch.record).encode())
        epoch = batch.partition_leader_epoch
        found.append_as_follower(encode(new_batch([record], base_offset=offset, partition_leader_epoch=epoch)))
    return found


def truncated(follower: PartitionLog, leader: ModelLog, high_watermark: int, rules: BrokerRules) -> int:
    """The log end after the follower has asked as often as it has to."""
    offset, is_complete = high_watermark, False
    while not is_complete:
        latest = follower.latest_epoch
        if latest is None or not asks_leader(rules):
            follower.truncate_to(offset)
            break
        to = truncation(follower, end_of_epoch(stored(leader), latest, rules), offset, rules)
        follower.truncate_to(to.offset)
        offset, is_complete = to.offset, to.is_complete
    return follower.log_end_offset


@pytest.mark.parametrize("rule", [to_own_high_watermark, by_leader_epoch, by_leader_epochs])
@given(turns=TURNS, leader=st.integers(0, 1), data=st.data())
def test_a_follower_truncates_to_where_the_model_says(
    rule: Truncation, turns: list[tuple[int, int, int]], leader: int, data: st.DataObject
) -> None:
    replicas = replicas_after(turns)
    led, follows = replicas.logs[leader], replicas.logs[1 - leader]
    high_watermark = data.draw(st.integers(0, common_prefix(led, follows)))

    end = truncated(stored(follows), led, high_watermark, BrokerRules(truncation=rule))

    assert end == rule(follows, led, high_watermark)


def test_a_follower_without_leader_epochs_truncates_to_its_high_watermark() -> None:
    assert truncated(stored(()), (), 0, BrokerRules(truncation=by_leader_epochs)) == 0


def test_a_follower_that_lacks_the_leaders_epoch_asks_again() -> None:
    follower = stored(tuple(Batch(epoch, partition_leader_epoch=epoch) for epoch in (0, 3, 3)))

    to = truncation(follower, EpochEnd(2, 5), 0, BrokerRules(truncation=by_leader_epochs))

    assert (to.offset, to.is_complete) == (1, False)


@pytest.mark.parametrize("rule", [by_leader_epoch, by_leader_epochs])
def test_a_leader_once_did_not_know_where_epochs_before_its_own_end(rule: Truncation) -> None:
    """It led with an empty log, and a follower that has what was committed keeps it (KAFKA-7415)."""
    before, since = (Batch(number, partition_leader_epoch=epoch) for number, epoch in ((0, 0), (1, 3)))

    assert end_of_epoch(stored((since,)), 0, BrokerRules(truncation=rule)) == UNKNOWN
    assert truncated(stored((before,)), (since,), 1, BrokerRules(truncation=rule)) == 1
    assert end_of_epoch(stored((since,)), 0, BrokerRules()) == EpochEnd(0, 0)
