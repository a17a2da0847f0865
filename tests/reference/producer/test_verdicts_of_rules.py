"""Verdicts by themselves, for every rule."""

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    IdempotenceRules,
)
from ackproof.reference.client.node import Node
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.producer.batches.batch import Format, ProducerBatch, Thunk
from ackproof.reference.producer.errors import error_of
from ackproof.reference.producer.numbers.identity import NOBODY, ProducerIdAndEpoch
from ackproof.reference.producer.numbers.numbering import Numbering
from ackproof.reference.producer.numbers.verdicts import Verdicts
from ackproof.reference.producer.record import RecordMetadata
from ackproof.reference.producer.requests.wire import Wire
from ackproof.reference.protocol.request import Address
from ackproof.reference.records.batch import Record

GAP, UNKNOWN, FENCED = (
    ErrorCode.out_of_order_sequence_number,
    ErrorCode.unknown_producer_id,
    ErrorCode.invalid_producer_epoch,
)
LATE, REFUSED = ErrorCode.network_exception, ErrorCode.invalid_record
PLACE = ("t", 0)
ME = ProducerIdAndEpoch(1, 0)


class Court:
    """Verdicts of some rules on three batches of one record that are in flight."""

    def __init__(self, rules: IdempotenceRules, count: int = 3) -> None:
        self.clock = VirtualClock()
        self.numbering = Numbering(rules)
        self.numbering.identity = ME
        self.wire = Wire()
        self.ended: list[Exception] = []
        self.verdicts = Verdicts(rules, self.numbering, self.wire, self.ended.append)
        self.batches = [self.batch(number) for number in range(count)]
        for batch in self.batches:
            self.numbering.number(batch, False)
            self.wire.put(batch, Node(1, Address("here", 1)))

    def batch(self, number: int) -> ProducerBatch:
        batch = ProducerBatch(self.clock, *PLACE, 0, 1_000, Format(), number)
        batch.append(Thunk(Record(b"v"), 4, Future[RecordMetadata](self.clock), None), 0)
        return batch

    def fails(self, at: int, code: ErrorCode, is_certain: bool = True) -> None:
        self.verdicts.failed(self.batches[at], code, is_certain, error_of(code))

    @property
    def sequences(self) -> list[int]:
        return [batch.base_sequence for batch in self.numbering.of(PLACE).in_flight]


def rules_with(**changes: object) -> IdempotenceRules:
    return attrs.evolve(JAVA_IDEMPOTENCE, **changes)  # type: ignore[arg-type]  # any of its fields


BUMPED = [
    (JAVA_IDEMPOTENCE, GAP, False),
    (JAVA_IDEMPOTENCE, UNKNOWN, False),
    (JAVA_IDEMPOTENCE, FENCED, True),
    (JAVA_IDEMPOTENCE, LATE, True),
    (JAVA_IDEMPOTENCE, REFUSED, True),
    (KAFKA_PYTHON_IDEMPOTENCE, GAP, True),
    (KAFKA_PYTHON_IDEMPOTENCE, FENCED, True),
    (KAFKA_PYTHON_IDEMPOTENCE, REFUSED, True),
    (rules_with(on_gap="fail-and-bump"), UNKNOWN, True),
]
LEFT = [
    (JAVA_IDEMPOTENCE, FENCED, False),
    (JAVA_IDEMPOTENCE, LATE, False),
    (JAVA_IDEMPOTENCE, REFUSED, False),
    (KAFKA_PYTHON_IDEMPOTENCE, LATE, True),
    (AIOKAFKA_IDEMPOTENCE, GAP, True),
    (AIOKAFKA_IDEMPOTENCE, FENCED, True),
    (AIOKAFKA_IDEMPOTENCE, REFUSED, True),
    (rules_with(on_unknown_producer="fail"), UNKNOWN, True),
]


@pytest.mark.parametrize(
    ("rules", "code", "is_certain", "bumps"), [*((*one, True) for one in BUMPED), *((*one, False) for one in LEFT)]
)
def test_which_failures_lead_to_a_new_epoch(
    rules: IdempotenceRules, code: ErrorCode, is_certain: bool, bumps: bool
) -> None:
    court = Court(rules)
    court.fails(0, code, is_certain)

    assert court.numbering.needs_bump == bumps
    assert court.sequences == [1, 2]

    if bumps:
        court.numbering.bump()

        assert court.numbering.identity == ProducerIdAndEpoch(1, 1)
        assert court.sequences == [0, 1]
        assert all(batch.has_new_number for batch in court.batches[1:])


@pytest.mark.parametrize("code", [GAP, UNKNOWN])
def test_librdkafka_ends(code: ErrorCode) -> None:
    court = Court(LIBRDKAFKA_IDEMPOTENCE)
    court.fails(0, code)

    assert len(court.ended) == 1


@pytest.mark.parametrize("code", [FENCED, REFUSED, LATE])
def test_librdkafka_drains(code: ErrorCode) -> None:
    court = Court(LIBRDKAFKA_IDEMPOTENCE)
    court.fails(0, code)

    assert court.numbering.unresolved == {PLACE: 1}
    assert not court.verdicts.may_send(court.batches[1])

    court.verdicts.resolve()

    assert not court.numbering.needs_bump

    for batch in court.batches:
        court.wire.take(batch)
    court.verdicts.resolve()

    assert court.numbering.needs_bump


@pytest.mark.parametrize("code", [GAP, FENCED, UNKNOWN])
def test_an_older_java_gives_up_its_id(code: ErrorCode) -> None:
    court = Court(rules_with(on_gap="fail-and-reset", on_unknown_producer="gap"))
    court.fails(0, code)

    assert court.numbering.identity == NOBODY


def test_batches_of_an_id_that_was_given_up_are_sent_but_not_sent_again() -> None:
    court = Court(rules_with(on_gap="fail-and-reset"))
    court.fails(0, GAP)
    left = court.batches[1]

    assert court.verdicts.may_send(left)
    assert not court.verdicts.may_retry(left, LATE, 0)

    court.numbering.identity = ProducerIdAndEpoch(2, 0)
    court.fails(1, GAP)

    assert court.numbering.identity == ProducerIdAndEpoch(2, 0)


def test_java_may_take_a_late_failure_for_unresolved() -> None:
    court = Court(rules_with(on_late_failure="resolve"))
    court.fails(1, LATE)

    assert court.numbering.unresolved == {PLACE: 2}


def test_java_may_move_later_sequences_down() -> None:
    court = Court(rules_with(on_late_failure="adjust"))
    court.fails(1, LATE)

    assert court.sequences == [0, 1]
    assert court.numbering.of(PLACE).next_sequence == 2


@pytest.mark.parametrize(
    ("rules", "is_in_retry", "expected"),
    [
        (JAVA_IDEMPOTENCE, True, {PLACE: 1}),
        (JAVA_IDEMPOTENCE, False, {}),
        (rules_with(unresolved_unless_retried=True), False, {PLACE: 1}),
    ],
)
def test_which_batches_are_unresolved_after_their_deadline(
    rules: IdempotenceRules, is_in_retry: bool, expected: dict[tuple[str, int], int]
) -> None:
    court = Court(rules)
    court.batches[0].is_in_retry = is_in_retry
    court.verdicts.expired(court.batches[0])

    assert court.numbering.unresolved == expected


def test_what_was_never_sent_leaves_nothing_unresolved() -> None:
    court = Court(LIBRDKAFKA_IDEMPOTENCE)
    court.verdicts.expired(court.batch(9))

    assert court.numbering.unresolved == {}


def test_an_older_java_gives_up_its_id_if_what_is_unresolved_was_not_overtaken() -> None:
    court = Court(rules_with(on_gap="fail-and-reset"), count=1)
    court.numbering.mark_unresolved(court.batches[0])
    court.verdicts.resolve()

    assert court.numbering.unresolved == {PLACE: 1}

    court.numbering.forget(court.batches[0])
    court.verdicts.resolve()

    assert court.numbering.identity == NOBODY


@pytest.mark.parametrize(
    ("rules", "at", "last_acked", "may"),
    [
        # What is not next may come right; what is next will not.
        (JAVA_IDEMPOTENCE, 1, -1, True),
        (JAVA_IDEMPOTENCE, 0, -1, True),
        (rules_with(on_gap="fail"), 1, -1, True),
        (rules_with(on_gap="fail"), 0, -1, False),
        (LIBRDKAFKA_IDEMPOTENCE, 1, -1, True),
        (LIBRDKAFKA_IDEMPOTENCE, 0, -1, False),
        (AIOKAFKA_IDEMPOTENCE, 1, 0, False),
    ],
)
def test_which_gaps_are_tried_again(rules: IdempotenceRules, at: int, last_acked: int, may: bool) -> None:
    court = Court(rules)
    court.numbering.of(PLACE).last_acked_sequence = last_acked

    assert court.verdicts.may_retry(court.batches[at], GAP, 0) == may
    assert court.numbering.needs_bump == (rules.on_gap == "bump" and at == 0)
    assert (PLACE in court.numbering.unresolved) == (rules.bumps_behind_failures and may)


def test_behind_an_unresolved_batch_java_bumps_only_for_the_one_that_follows_it() -> None:
    court = Court(JAVA_IDEMPOTENCE)
    court.numbering.mark_unresolved(court.batches[0])

    assert court.verdicts.may_retry(court.batches[2], GAP, 0)
    assert not court.numbering.needs_bump
    assert court.verdicts.may_retry(court.batches[1], GAP, 0)
    assert court.numbering.needs_bump


@pytest.mark.parametrize(
    ("rules", "log_start_offset", "may"),
    [
        (JAVA_IDEMPOTENCE, 0, True),
        (JAVA_IDEMPOTENCE, -1, True),
        (rules_with(on_unknown_producer="guess", on_gap="fail-and-reset"), 9, True),
        (rules_with(on_unknown_producer="guess", on_gap="fail-and-reset"), -1, True),
        (rules_with(on_unknown_producer="guess", on_gap="fail-and-reset"), 0, False),
        (LIBRDKAFKA_IDEMPOTENCE, 0, True),
        (KAFKA_PYTHON_IDEMPOTENCE, 0, False),
        (rules_with(on_unknown_producer="fail"), 0, False),
    ],
)
def test_which_producers_that_are_not_known_try_again(
    rules: IdempotenceRules, log_start_offset: int, may: bool
) -> None:
    court = Court(rules)
    court.numbering.of(PLACE).last_acked_offset = 5

    assert court.verdicts.may_retry(court.batches[0], UNKNOWN, log_start_offset) == may


def test_a_batch_that_has_a_new_number_is_tried_again_under_it() -> None:
    court = Court(JAVA_IDEMPOTENCE)
    court.numbering.start_from_0(PLACE, ME)

    assert court.verdicts.may_retry(court.batches[0], GAP, 0)
    assert court.verdicts.may_retry(court.batches[0], UNKNOWN, 0)
    assert not court.numbering.needs_bump


def test_a_failure_that_is_heard_again_means_something_to_an_older_java_alone() -> None:
    for rules, code, identity in (
        (JAVA_IDEMPOTENCE, GAP, ME),
        (rules_with(hears_of_expired=True, on_gap="fail-and-reset"), GAP, NOBODY),
        (rules_with(hears_of_expired=True, on_late_failure="nothing"), LATE, ME),
    ):
        court = Court(rules)
        court.verdicts.failed_again(court.batches[0], code, True)

        assert court.numbering.identity == identity
        assert not court.numbering.needs_bump
