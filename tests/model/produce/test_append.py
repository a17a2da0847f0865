"""The leader's checks, in Kafka's order."""

from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.produce.append import SEQUENCES, Appended, Refused, identify, receive
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.replica import Replica, first_replicas
from ackproof.model.produce.rules import BrokerRules

RULES = BrokerRules()
ALONE = (Replica("leader"), Replica("out"), Replica("out"))


def numbered(sequence: int, *, record: int = 0, epoch: int = 0, producer_id: int = 0) -> Batch:
    """A batch of an idempotent producer."""
    return Batch(record, producer_id, epoch, sequence)


def test_acks_all_is_refused_while_too_few_replicas_are_in_sync_whatever_the_batch_is() -> None:
    stored = numbered(0)

    assert receive(RULES, ALONE, (stored,), stored, acks="all") == Refused("NOT_ENOUGH_REPLICAS")


def test_min_insync_replicas_is_not_asked_for_other_acknowledgements() -> None:
    for acks in ("0", "1"):
        assert receive(RULES, ALONE, (), Batch(0), acks=acks) == Appended(0, (Batch(0),))


def test_a_batch_without_a_producer_id_is_appended_every_time() -> None:
    assert receive(RULES, first_replicas(3), (Batch(0),), Batch(0), acks="all") == Appended(1, (Batch(0),))


def test_a_known_batch_is_answered_with_its_first_offset() -> None:
    log = (Batch(7), numbered(0), numbered(1))

    assert identify(RULES, log, numbered(0)) == Appended(1, ())


def test_only_the_last_five_batches_are_known() -> None:
    log = tuple(numbered(sequence) for sequence in range(6))

    assert identify(RULES, log, log[1]) == Appended(1, ())
    assert identify(RULES, log, log[0]) == Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")


def test_an_old_epoch_is_refused() -> None:
    assert identify(RULES, (numbered(0, epoch=1),), numbered(1)) == Refused("INVALID_PRODUCER_EPOCH")


def test_a_new_epoch_starts_at_sequence_0() -> None:
    log = (numbered(0), numbered(1))

    assert identify(RULES, log, numbered(0, epoch=1)) == Appended(2, (numbered(0, epoch=1),))
    assert identify(RULES, log, numbered(2, epoch=1)) == Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")


def test_sequences_wrap_to_0() -> None:
    last = numbered(SEQUENCES - 1)

    assert identify(RULES, (last,), numbered(0)) == Appended(1, (numbered(0),))


def test_a_partition_that_does_not_know_the_producer_takes_any_first_sequence() -> None:
    strict = BrokerRules(accepts_any_first_sequence=False)

    assert identify(RULES, (numbered(3, producer_id=1),), numbered(4)) == Appended(1, (numbered(4),))
    assert identify(strict, (), numbered(4)) == Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")
    assert identify(strict, (), numbered(0)) == Appended(0, (numbered(0),))


def test_from_4_5_only_a_partition_that_has_held_records_takes_any_first_sequence() -> None:
    next_release = BrokerRules(refuses_gap_in_empty_partition=True)

    assert identify(next_release, (), numbered(4)) == Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")
    assert identify(next_release, (numbered(3, producer_id=1),), numbered(4)) == Appended(1, (numbered(4),))


def test_from_1_0_to_2_4_who_is_not_known_is_told_so_with_the_log_start_offset() -> None:
    old = BrokerRules(accepts_any_first_sequence=False, names_unknown_producers=True)
    deleted = Batch(0)

    assert identify(old, (), numbered(4)) == Refused("UNKNOWN_PRODUCER_ID")
    assert identify(old, (deleted,), numbered(4)) == Refused("UNKNOWN_PRODUCER_ID", log_start=1)
    assert identify(old, (deleted,), numbered(0)) == Appended(1, (numbered(0),))


def test_before_1_0_only_the_last_batch_is_known() -> None:
    first = BrokerRules(remembered_batches=1)
    log = (numbered(0), numbered(1))

    assert identify(first, log, numbered(1)) == Appended(1, ())
    assert identify(first, log, numbered(0)) == Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")


@given(st.lists(st.integers(0, 7), max_size=40))
def test_whatever_arrives_the_log_has_each_sequence_once_and_in_order(arrivals: list[int]) -> None:
    log: tuple[Batch, ...] = ()
    for sequence in arrivals:
        answer = identify(BrokerRules(accepts_any_first_sequence=False), log, numbered(sequence))
        log += answer.new if isinstance(answer, Appended) else ()

    assert [batch.base_sequence for batch in log] == list(range(len(log)))
