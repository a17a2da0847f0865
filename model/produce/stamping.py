"""Each leader counts as an epoch, which it stamps on what it appends: for readers that compare epochs (KIP-320)."""

from functools import partial

import attrs

from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import Replicas, in_any_order, replaced
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.stored import STORED, stamp
from ackproof.model.produce.watermark import Watermark
from ackproof.model.system import System


def with_epochs(produce: System) -> System:
    """
    The produce half whose batches carry the epoch of their leader.

    A leader counts from the last epoch of which there is a batch: of one that left none there is nothing to compare.
    """
    leader = produce.rules["leader"]
    assert isinstance(leader, Leader)
    before = leader.watermark
    if before is STORED:
        return produce
    stamping = attrs.evolve(before, stamped=stamp, led=partial(led_in_next_epoch, before), representative=any_order)
    return attrs.evolve(
        produce,
        rules={**produce.rules, "leader": attrs.evolve(leader, watermark=stamping)},
        symmetric={**produce.symmetric, "replicas": partial(any_order, leader.rules)},  # pyright: ignore[reportArgumentType]  # its own type
    )


def led_in_next_epoch(watermark: Watermark, rules: BrokerRules, replicas: Replicas, index: int) -> Replicas:
    """Replicas after (index) became the leader."""
    epoch = 1 + max((batch.partition_leader_epoch for replica in replicas for batch in replica.log), default=-1)
    following = (attrs.evolve(each, leader_epoch=0, epoch_start=0) for each in replicas)
    after = watermark.led(rules, tuple(following), index)
    return replaced(after, index, attrs.evolve(after[index], leader_epoch=epoch))


def any_order(_rules: BrokerRules, replicas: Replicas) -> Replicas:
    """Replicas are not told apart, but epochs are."""
    return in_any_order(replicas)
