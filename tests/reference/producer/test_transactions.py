import attrs
import pytest

from ackproof.model.transactions.rules import TRANSACTION_VERSION_1
from ackproof.reference.client.versions import NEWEST
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch
from tests.reference.producer.fake_coordinator import FakeCoordinator
from tests.reference.producer.fake_kafka import FakeKafka
from tests.reference.producer.scene import Scene, errors, offsets
from tests.reference.producer.transacting import Transacting

# What a client sends that does not know transaction protocol 2 (before 4.0).
BEFORE_TRANSACTION_VERSION_2 = {**NEWEST, "produce": 11, "end_txn": 4, "txn_offset_commit": 4}


def test_a_producer_finds_its_coordinator_and_gets_its_id() -> None:
    scene = Transacting(initializes=False)
    scene.done(scene.producer.init_transactions())

    assert scene.coordinator.names() == ["find_coordinator", "init_producer_id"]
    assert scene.producer.state == "ready"
    assert scene.producer.identity == ProducerIdAndEpoch(1000, 0)


def test_with_the_new_protocol_nothing_is_added_first() -> None:
    scene = Transacting()
    scene.begin()
    sent = [scene.send(b"a"), scene.send(b"b", partition=1)]
    scene.commit()

    assert offsets(sent) == [0, 0]
    assert scene.coordinator.names() == ["end_txn"]
    assert scene.coordinator.ended == [True]
    assert {version for _, _, _, version in scene.kafka.produced} == {12}
    assert scene.kafka.log().batches[0].is_transactional
    assert scene.kafka.produced[0][2].transactional_id == "x"


def test_with_the_new_protocol_each_transaction_has_an_epoch_and_sequences_of_its_own() -> None:
    scene = Transacting()
    for value in (b"a", b"b"):
        scene.begin()
        scene.send(value)
        scene.commit()

    assert [(batch.producer_epoch, batch.base_sequence) for batch in scene.kafka.log().batches] == [(0, 0), (1, 0)]
    assert scene.producer.identity == ProducerIdAndEpoch(1000, 2)


def test_with_the_old_protocol_partitions_are_added_before_anything_is_sent() -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.send(b"a")
    scene.send(b"b", partition=1)
    scene.commit()
    scene.begin()
    scene.send(b"c")
    scene.commit()

    assert scene.coordinator.added == [("t", 0), ("t", 1), ("t", 0)]
    assert [(name, version) for name, version, _ in scene.coordinator.heard][-1] == ("end_txn", 4)
    assert {version for name, version, _ in scene.coordinator.heard if name == "add_partitions_to_txn"} == {3}
    assert {version for _, _, _, version in scene.kafka.produced} == {11}
    assert [(batch.producer_epoch, batch.base_sequence) for batch in scene.kafka.log().batches] == [(0, 0), (0, 1)]


@pytest.mark.parametrize("how", ["a client that knows no better", "a rule"])
def test_the_old_protocol_is_spoken_to_new_brokers_by(how: str) -> None:
    kafka = FakeKafka(VirtualClock(1_000_000), {"t": {0: 1}})
    coordinator = FakeCoordinator(kafka)
    is_old = how != "a rule"
    scene = Scene(
        kafka=kafka,
        transactional_id="x",
        versions=BEFORE_TRANSACTION_VERSION_2 if is_old else {**BEFORE_TRANSACTION_VERSION_2, "produce": 12},
        transaction_rules=TRANSACTION_VERSION_1,
    )
    scene.done(scene.producer.init_transactions())
    scene.done(scene.producer.begin_transaction())
    scene.send()
    scene.done(scene.producer.commit_transaction())

    assert "add_partitions_to_txn" in coordinator.names()
    assert {version for _, _, _, version in kafka.produced} == {11}


def test_a_transaction_is_not_ended_before_everything_is_sent() -> None:
    scene = Transacting()
    scene.begin()
    scene.kafka.meets("hold-answer")
    scene.send()
    commit = scene.producer.commit_transaction()
    scene.clock.call_at(scene.clock.now_ms + 500, scene.kafka.release)
    begun_ms = scene.clock.now_ms
    scene.done(commit)

    assert scene.clock.now_ms >= begun_ms + 500


def test_nobody_is_told_of_the_end_of_an_empty_transaction() -> None:
    scene = Transacting()
    scene.begin()
    scene.commit()
    scene.begin()
    scene.abort()

    assert scene.coordinator.heard == []


def test_what_was_not_sent_yet_is_not_sent_if_the_transaction_is_aborted() -> None:
    scene = Transacting(linger_ms=10_000)
    scene.begin()
    sent = scene.send()
    scene.run(10)
    scene.abort()

    assert errors([sent]) == ["TransactionAbortedError"]
    assert scene.coordinator.ended == [False]
    assert not scene.kafka.produced


def test_committing_does_not_linger() -> None:
    scene = Transacting(linger_ms=10_000)
    scene.begin()
    scene.send()
    begun_ms = scene.clock.now_ms
    scene.commit()

    assert scene.clock.now_ms < begun_ms + 100


@pytest.mark.parametrize("drops", [True, False])
def test_librdkafka_gives_the_sequence_of_what_an_abort_drops_to_the_next_batch(drops: bool) -> None:
    """Java sends it again until it knows what became of it; it is stored, and the next one passes for its repeat."""
    scene = Transacting(version=1, rules=attrs.evolve(TRANSACTION_VERSION_1, reuses_sequences_after_abort=drops))
    scene.begin()
    scene.kafka.meets("drop-after")
    (stored,) = scene.sends(b"a")
    scene.run(5)
    scene.abort()
    scene.begin()
    (sent,) = scene.sends(b"b")
    scene.commit()

    assert errors([stored, sent]) == ["TransactionAbortedError" if drops else None, None]
    assert (b"b" in scene.kafka.log().values) != drops
