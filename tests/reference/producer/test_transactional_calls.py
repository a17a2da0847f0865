"""What applications ask of transactional producers, and when."""

from collections.abc import Callable

import attrs
import pytest
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TRANSACTION_VERSION_1
from ackproof.reference.kernel.future import spawn
from ackproof.reference.producer.errors import (
    IllegalStateError,
    KafkaTimeoutError,
    ProducerError,
)
from tests.reference.producer.transacting import Transacting

WRONG_TIMES: list[tuple[str, Callable[[Transacting], None]]] = [
    ("begin before init", lambda scene: scene.begin()),
    ("commit before init", lambda scene: scene.commit()),
    ("offsets before init", lambda scene: scene.commit_offsets()),
]


@pytest.mark.parametrize(("_name", "ask"), WRONG_TIMES)
def test_what_is_asked_at_the_wrong_time_is_refused(_name: str, ask: Callable[[Transacting], None]) -> None:
    scene = Transacting(initializes=False)

    with pytest.raises(IllegalStateError):
        ask(scene)


def test_a_record_outside_of_a_transaction_is_refused() -> None:
    scene = Transacting()
    sent = scene.send()
    scene.run(100)

    assert isinstance(sent.error, IllegalStateError)
    assert not scene.kafka.produced


def test_a_transaction_within_another_is_refused() -> None:
    scene = Transacting()
    scene.begin()

    with pytest.raises(IllegalStateError):
        scene.begin()


def test_an_application_that_did_not_wait_long_enough_has_to_ask_for_the_same_again() -> None:
    scene = Transacting(max_block_ms=1_000)
    scene.begin()
    scene.send()
    scene.run(50)
    held = scene.kafka.servers[1].answers.pop("end_txn")
    scene.kafka.servers[1].answers["end_txn"] = lambda _: None
    with pytest.raises(KafkaTimeoutError):
        scene.commit()
    with pytest.raises(IllegalStateError, match="must be retried"):
        scene.abort()
    scene.kafka.servers[1].answers["end_txn"] = held
    scene.kafka.servers[1].drop()
    scene.commit()

    assert scene.coordinator.ended == [True]


def test_an_open_transaction_is_aborted_as_the_producer_closes() -> None:
    scene = Transacting()
    scene.begin()
    scene.send()
    scene.done(scene.producer.close())

    assert scene.coordinator.ended == [False]


def test_a_coordinator_that_moves_is_found_again() -> None:
    scene = Transacting(brokers=2)
    scene.begin()
    scene.send()
    scene.run(50)
    scene.coordinator.node_id = 1
    scene.commit()

    assert scene.coordinator.ended == [True]


def test_a_cluster_that_learns_the_new_protocol_is_believed_after_the_transaction() -> None:
    scene = Transacting(version=1, brokers=2)
    scene.begin()
    scene.send(b"a")
    scene.run(50)
    level = scene.producer._identified.manager.level  # type: ignore[union-attr]  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]  # what no answer shows
    scene.kafka.features = {"transaction.version": 2}
    scene.producer._nodes._features = (2, scene.kafka.features)  # pyright: ignore[reportPrivateUsage]  # as a new connection would
    scene.commit()

    assert level.bumps_epoch_at_end
    assert scene.coordinator.names()[-2:] == ["end_txn", "init_producer_id"]

    scene.begin()
    scene.send(b"b")
    scene.commit()

    assert scene.kafka.produced[-1][3] == 12
    assert [(batch.producer_epoch, batch.base_sequence) for batch in scene.kafka.log().batches] == [(0, 0), (1, 0)]


def test_ending_says_what_was_decided_and_who_says_so() -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.send()
    scene.run(50)
    scene.abort()
    added = next(body for name, _, body in scene.coordinator.heard if name == "add_partitions_to_txn")
    ended = scene.coordinator.heard[-1][2]

    assert isinstance(ended, EndTxnRequest)
    assert (ended.transactional_id, ended.producer_id, ended.producer_epoch, ended.committed) == ("x", 1000, 0, False)
    assert isinstance(added, AddPartitionsToTxnRequest)
    assert added.transactions[0].producer_id == 1000
    assert not added.transactions[0].verify_only


def test_an_end_in_a_version_that_the_cluster_does_not_have_is_fatal() -> None:
    """``transaction.version=0`` with a client that does not ask (``refuses_end``)."""
    scene = Transacting(version=0, rules=attrs.evolve(TRANSACTION_VERSION_1, refuses_end=True))
    scene.begin()
    scene.send()
    scene.coordinator.fail("end_txn", ErrorCode.unsupported_version)

    with pytest.raises(ProducerError, match="UNSUPPORTED_VERSION"):
        scene.commit()
    assert scene.coordinator.heard[-1][:2] == ("end_txn", 5)


def test_a_producer_that_is_closed_by_force_tells_whoever_waits() -> None:
    scene = Transacting()
    scene.begin()
    scene.send()
    scene.run(50)
    scene.kafka.servers[1].answers["end_txn"] = lambda _: None
    commit = spawn(scene.clock, scene.producer.commit_transaction())
    commit.then(lambda: None)
    scene.run(50)
    scene.done(scene.producer.close(timeout_ms=100))
    scene.run(10)

    assert isinstance(commit.error, ProducerError)


def test_a_coordinator_that_can_not_be_reached_is_looked_for_again() -> None:
    scene = Transacting(brokers=2)
    scene.begin()
    scene.send()
    scene.run(50)
    address = scene.kafka.addresses[2]
    server = scene.kafka.network.servers.pop(address)
    server.drop()
    commit = spawn(scene.clock, scene.producer.commit_transaction())
    commit.then(lambda: None)
    scene.run(2_000)

    assert not commit.is_done
    assert scene.coordinator.names().count("find_coordinator") > 2

    scene.kafka.network.servers[address] = server
    scene.run(5_000)

    assert commit.error is None
    assert scene.coordinator.ended == [True]
