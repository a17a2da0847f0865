"""The leader's decision on batches of one record is the model's (``ackproof.model.produce.append``)."""

from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.produce import append as model
from ackproof.model.produce.batch import NO_PRODUCER_ID, Batch
from ackproof.model.produce.replica import Replica
from ackproof.model.produce.retention import forgotten
from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.log.logs import NOW_MS, SMALL_SEGMENTS, append, batch, machine

RULES = [
    BrokerRules(),
    BrokerRules(accepts_any_first_sequence=False),
    BrokerRules(accepts_any_first_sequence=False, names_unknown_producers=True),
    BrokerRules(refuses_gap_in_empty_partition=True),
    BrokerRules(remembered_batches=1),
    BrokerRules(remembered_batches=2),
]
FORGETFUL = BrokerRules(
    accepts_any_first_sequence=False, names_unknown_producers=True, forgets_producers_with_their_records=True
)
WRAP = model.SEQUENCES - 1

sequences = st.one_of(st.integers(0, 7), st.sampled_from([WRAP - 1, WRAP]))
batches = st.one_of(
    st.builds(Batch, record=st.just(0)),
    st.builds(
        Batch,
        record=st.just(0),
        producer_id=st.integers(0, 1),
        producer_epoch=st.integers(0, 2),
        base_sequence=sequences,
    ),
)


def encoded(asked: Batch) -> bytes:
    """The model's batch, on the wire."""
    return batch(
        b"record",
        producer_id=asked.producer_id,
        producer_epoch=asked.producer_epoch,
        base_sequence=asked.base_sequence,
        timestamp_ms=NOW_MS,
    )


def decided(log: PartitionLog, asked: Batch) -> str | int:
    """The log's decision: an error, or the offset of the batch."""
    try:
        return append(log, encoded(asked)).base_offset
    except KafkaError as error:
        return error.code.name.upper()


def expected(answer: model.Refused | model.Appended) -> str | int:
    """The model's decision, in the same words."""
    return answer.error if isinstance(answer, model.Refused) else answer.offset


@given(st.sampled_from(RULES), st.lists(batches, max_size=14))
def test_every_answer_is_the_models(rules: BrokerRules, asked: list[Batch]) -> None:
    place = machine(broker_rules=rules)
    log: tuple[Batch, ...] = ()
    for one in asked:
        answer = model.receive(rules, (Replica("leader"),), log, one, acks="1")

        assert decided(place.log, one) == expected(answer)
        if isinstance(answer, model.Appended):
            log += answer.new
        assert place.log.log_end_offset == len(log)


@given(st.lists(st.integers(0, 1), max_size=12), st.lists(batches, max_size=6), st.integers(1, 3))
def test_the_models_answer_is_given_after_a_crash_as_far_as_snapshots_remember(
    producers: list[int], asked: list[Batch], segment_batches: int
) -> None:
    place = machine(SMALL_SEGMENTS)
    log: tuple[Batch, ...] = ()
    for producer in producers:
        one = Batch(0, producer, 0, sum(known.producer_id == producer for known in log))
        append(place.log, encoded(one))
        log += (one,)
    place.disk.crash()
    place.restart()

    for one in asked:
        known = [entry for entry in log if entry.producer_id == one.producer_id]
        if one in known[:-1]:
            # A repeat of one before the last may not be known again: a snapshot keeps the last batch alone.
            continue
        answer = model.receive(BrokerRules(), (Replica("leader"),), log, one, acks="1")
        assert decided(place.log, one) == expected(answer)
        log += answer.new if isinstance(answer, model.Appended) else ()


@given(st.lists(batches, max_size=10), st.integers(1, 10), st.lists(batches, max_size=6))
def test_producers_forgotten_with_their_records_are_forgotten_as_in_the_model(
    written: list[Batch], start: int, asked: list[Batch]
) -> None:
    place = machine(broker_rules=FORGETFUL)
    log: tuple[Batch, ...] = ()
    for one in written:
        answer = model.receive(FORGETFUL, (Replica("leader"),), log, one, acks="1")
        decided(place.log, one)
        log += answer.new if isinstance(answer, model.Appended) else ()
    start = min(start, len(log))
    place.log.increase_log_start(start)
    log = forgotten(log, start)

    for one in asked:
        known = {entry.producer_id for entry in log} - {NO_PRODUCER_ID}
        answer = model.receive(FORGETFUL, (Replica("leader"),), log, one, acks="1")
        decision = decided(place.log, one)
        if one.producer_id in known and any(entry == one for entry in log[:start]):
            # The model deletes whole producers; brokers also forget single batches below the log start.
            continue
        assert decision == expected(answer)
        if isinstance(answer, model.Appended):
            log += answer.new
