"""Whatever goes wrong, and whenever."""

from collections import Counter
from typing import Literal

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.future import Future
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from tests.reference.producer.fake_kafka import Fault, Says
from tests.reference.producer.scene import Scene

PARTITIONS = 2
BROKERS = 2
MEMORY = 3_000

NOTHING_STORED: list[Fault] = [
    "ok",
    "lose-request",
    "drop-before",
    Says(ErrorCode.not_enough_replicas),
    Says(ErrorCode.not_leader_or_follower),
    Says(ErrorCode.request_timed_out),
]
FAULTS: list[Fault] = [*NOTHING_STORED, "lose-answer", "drop-after", "hold-answer", "refuse-after"]
OTHER_FAULTS: list[Fault] = [Says(ErrorCode.invalid_topic_exception), Says(ErrorCode.message_too_large)]


@attrs.frozen
class Act:
    """Something that happens."""

    kind: Literal["send", "run", "fault", "drop", "lead", "release"]
    partition: int = 0
    amount: int = 0
    fault: Fault = "ok"


def acts(faults: list[Fault]) -> st.SearchStrategy[list[Act]]:
    """Things that happen, one after the other."""
    partitions = st.integers(0, PARTITIONS - 1)
    act = st.one_of(
        st.builds(Act, st.just("send"), partitions, st.integers(0, 300)),
        st.builds(Act, st.just("run"), amount=st.sampled_from([0, 1, 3, 20, 150, 700])),
        st.builds(Act, st.just("fault"), fault=st.sampled_from(faults)),
        st.builds(Act, st.just("drop"), amount=st.integers(1, BROKERS)),
        st.builds(Act, st.just("lead"), partitions, st.integers(1, BROKERS)),
        st.builds(Act, st.just("release")),
    )
    return st.lists(act, max_size=60)


class Story:
    """What happens to a producer, and what its application hears."""

    def __init__(self, delivery_timeout_ms: int, is_idempotent: bool = True, in_flight: int = 5) -> None:
        self.scene = Scene(
            {"t": dict.fromkeys(range(PARTITIONS), 1)},
            BROKERS,
            enable_idempotence=is_idempotent,
            max_in_flight_requests_per_connection=in_flight,
            linger_ms=2,
            batch_size=200,
            buffer_memory=MEMORY,
            request_timeout_ms=300,
            delivery_timeout_ms=delivery_timeout_ms,
            retry_backoff_ms=20,
            retry_backoff_max_ms=100,
            reconnect_backoff_ms=10,
            reconnect_backoff_max_ms=50,
            max_block_ms=10_000_000,
        )
        self.sent: dict[int, list[bytes]] = {partition: [] for partition in range(PARTITIONS)}
        self.futures: dict[bytes, Future[RecordMetadata]] = {}
        self.told: Counter[bytes] = Counter()
        self.order: list[bytes] = []

    def do(self, act: Act) -> None:
        """Let it happen."""
        kafka = self.scene.kafka
        match act.kind:
            case "send":
                self._send(act)
            case "run":
                self._run(act.amount)
            case "fault":
                kafka.meets(act.fault)
            case "drop":
                kafka.servers[act.amount].drop()
            case "lead":
                kafka.lead("t", act.partition, act.amount)
            case "release":
                if kafka.held:
                    kafka.release()

    def end(self) -> None:
        """All is well from now on."""
        self.scene.kafka.faults.clear()
        while self.scene.kafka.held:
            self.scene.kafka.release()
        self._run(20_000)

    def _send(self, act: Act) -> None:
        value = b"%d:" % len(self.futures) + b"x" * act.amount
        self.sent[act.partition].append(value)

        def hear(metadata: RecordMetadata, error: Exception | None) -> None:
            del metadata, error
            self.told[value] += 1
            self.order.append(value)

        record = ProducerRecord[bytes, bytes]("t", value, partition=act.partition)
        self.futures[value] = self.scene.producer.send(record, hear)

    def _run(self, for_ms: int) -> None:
        over_ms = self.scene.clock.now_ms + for_ms
        while self.scene.clock.step(over_ms):
            assert 0 <= self.scene.producer.available_bytes <= MEMORY
        self.scene.clock.run_until(over_ms)


@settings(max_examples=150, deadline=None)
@given(acts(FAULTS), st.integers(1, 5))
def test_an_idempotent_producer_with_time_enough_stores_each_record_once_and_in_order(
    happens: list[Act], in_flight: int
) -> None:
    story = Story(delivery_timeout_ms=10_000_000, in_flight=in_flight)
    # Else the second batch of a new partition is stored though the first is not (KAFKA-15591).
    story.scene.kafka.accepts_any_first = False
    for act in happens:
        story.do(act)
    story.end()

    for partition, values in story.sent.items():
        log = story.scene.kafka.log(partition=partition)
        assert log.values == values
        assert [story.futures[value].result().offset for value in values] == list(range(len(values)))
        sequences = [(batch.base_sequence, len(batch.records)) for batch in log.batches]
        assert [at for at, _ in sequences] == [sum(n for _, n in sequences[:place]) for place in range(len(sequences))]
        assert {batch.producer_epoch for batch in log.batches} <= {0}
    assert set(story.told.values()) <= {1}
    assert story.scene.producer.available_bytes == MEMORY


@settings(max_examples=100, deadline=None)
@given(acts(NOTHING_STORED), st.integers(1, 5))
def test_its_application_hears_of_them_in_order_unless_the_answer_to_one_that_is_stored_was_lost(
    happens: list[Act], in_flight: int
) -> None:
    story = Story(delivery_timeout_ms=10_000_000, in_flight=in_flight)
    story.scene.kafka.accepts_any_first = False
    for act in happens:
        if act.kind != "drop":
            story.do(act)
    story.end()

    for values in story.sent.values():
        assert [value for value in story.order if value in values] == values


@settings(max_examples=150, deadline=None)
@given(acts(FAULTS + OTHER_FAULTS), st.booleans(), st.integers(1, 5))
def test_each_record_has_one_outcome_and_what_is_told_to_be_stored_is(
    happens: list[Act], is_idempotent: bool, in_flight: int
) -> None:
    story = Story(delivery_timeout_ms=400, is_idempotent=is_idempotent, in_flight=in_flight)
    for act in happens:
        story.do(act)
    story.end()

    for partition, values in story.sent.items():
        log = story.scene.kafka.log(partition=partition).values
        for value in values:
            future = story.futures[value]
            assert future.is_done
            if future.error is None:
                assert log[future.result().offset] == value
    assert story.told == Counter(dict.fromkeys(story.futures, 1))
    assert story.scene.producer.available_bytes == MEMORY


@settings(max_examples=60, deadline=None)
@given(acts(FAULTS))
def test_one_request_at_a_time_keeps_the_order_without_idempotence(happens: list[Act]) -> None:
    story = Story(delivery_timeout_ms=10_000_000, is_idempotent=False, in_flight=1)
    for act in happens:
        # A request that is served after its successor is beyond what a client can order.
        if act.kind not in ("lead", "release") and act.fault != "hold-answer":
            story.do(act)
    story.end()

    for partition, values in story.sent.items():
        log = story.scene.kafka.log(partition=partition).values
        assert list(dict.fromkeys(log)) == values
