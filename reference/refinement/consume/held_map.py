"""The refinement map of what an instance holds: records that are collected or handed out, and stored offsets."""

from collections.abc import Collection, Iterable, Sequence

import attrs

from ackproof.model.consume.consumer import Consumer, Held, processed_prefix
from ackproof.model.consume.rules import ConsumerRules, stores_after_processing
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.consumer.view import ConsumerView
from ackproof.reference.refinement.consume.application import ReadingApplication
from ackproof.reference.refinement.consume.records import PLACE, number_of
from ackproof.reference.refinement.consume.work import Work


def held_of(records: Iterable[ConsumedRecord]) -> tuple[Held, ...]:
    """Those of the partition, as the model has them."""
    return tuple((record.offset, number_of(record)) for record in records if record.topic_partition == PLACE)


def in_hand_of(application: ReadingApplication, view: ConsumerView, left_over: Collection[Work]) -> list[Work]:
    """What an owner holds under its present assignment; of one that it has given up too early, what it was."""
    present = [work for work in application.work if work not in left_over]
    if PLACE not in view.positions:
        return present
    return [work for work in present if work.assignment == application.assignment]


def stored_by(rules: ConsumerRules, before: Consumer, in_hand: Sequence[Work]) -> int | None:
    """What an owner had stored in the model that has given the partition up too early."""
    left = attrs.evolve(before, in_hand=tuple(work.held for work in in_hand))
    has_stored = left.in_hand != before.in_hand and stores_after_processing(rules)
    return processed_prefix(left) if has_stored else before.stored
