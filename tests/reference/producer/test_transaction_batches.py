"""Batches that fail within a transaction."""

import attrs
import pytest
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest

from ackproof.model.transactions.rules import TRANSACTION_VERSION_1
from ackproof.reference.kernel.future import spawn
from ackproof.reference.producer.errors import (
    InvalidProducerEpochError,
    ProducerError,
    ProducerFencedError,
    UnsupportedVersionApiError,
)
from ackproof.reference.producer.numbers.identity import ProducerIdAndEpoch
from tests.reference.producer.fake_kafka import Says
from tests.reference.producer.scene import errors, offsets
from tests.reference.producer.transacting import Group, Offset, Transacting


def test_a_batch_that_hears_of_a_newer_epoch_is_an_error_that_can_be_aborted() -> None:
    scene = Transacting()
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.invalid_producer_epoch))
    sent = scene.send()
    scene.run(20)

    assert errors([sent]) == ["InvalidProducerEpochError"]
    with pytest.raises(InvalidProducerEpochError):
        scene.commit()

    scene.abort()

    assert scene.producer.state == "ready"


def test_before_that_could_be_aborted_it_was_fatal() -> None:
    scene = Transacting(rules=attrs.evolve(TRANSACTION_VERSION_1, fenced_by_timeout_is_abortable=False))
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.invalid_producer_epoch))
    scene.send()
    scene.run(100)

    assert scene.producer.state == "fatal error"
    with pytest.raises(ProducerFencedError):
        scene.commit()


def test_after_a_failed_batch_the_old_protocol_takes_a_new_epoch_with_the_abort() -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.invalid_record))
    scene.send()
    scene.run(100)
    scene.abort()
    body = scene.coordinator.heard[-1][2]

    assert scene.coordinator.names()[-2:] == ["end_txn", "init_producer_id"]
    assert isinstance(body, InitProducerIdRequest)
    assert (body.producer_id, body.producer_epoch) == (1000, 0)
    assert scene.producer.identity == ProducerIdAndEpoch(1000, 1)


def test_clients_before_that_kept_the_epoch() -> None:
    rules = attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_after_failed_batch=False)
    scene = Transacting(version=1, rules=rules)
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.invalid_record))
    scene.send()
    scene.run(100)
    scene.abort()

    assert scene.coordinator.names()[-1] == "end_txn"
    assert scene.producer.identity == ProducerIdAndEpoch(1000, 0)


@pytest.mark.parametrize("bumps", [True, False])
def test_a_batch_that_fails_while_committing_bumps_the_epoch_if_the_client_does_so(bumps: bool) -> None:
    scene = Transacting(version=1, rules=attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_while_committing=bumps))
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.invalid_record))
    scene.send()
    with pytest.raises(Exception, match="INVALID_RECORD"):
        scene.commit()
    scene.abort()

    assert ("init_producer_id" in scene.coordinator.names()) == bumps


def test_a_record_that_is_too_large_ends_the_transaction() -> None:
    scene = Transacting(max_request_size=1_000)
    scene.begin()
    scene.send(b"v" * 2_000)
    scene.run(10)

    assert scene.producer.state == "abortable error"
    with pytest.raises(ProducerError, match="error state"):
        scene.commit()


def test_sequences_of_later_batches_close_the_gap_of_one_that_was_refused() -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.sends(b"a")
    scene.run(100)
    scene.kafka.meets(Says(ErrorCode.invalid_record), "ok")
    sent = scene.sends(b"b", b"c")
    scene.run(1_000)

    assert errors(sent)[0] == "InvalidRecordError"
    assert [batch.base_sequence for batch in scene.kafka.log().batches] == [0, 1]


def test_records_of_which_nothing_is_known_have_to_be_aborted() -> None:
    scene = Transacting(request_timeout_ms=1_000, delivery_timeout_ms=1_500)
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas), "lose-answer", "lose-answer")
    sent = scene.send()
    scene.run(1_600)

    assert errors([sent]) == ["KafkaTimeoutError"]
    assert scene.producer.state == "abortable error"


def test_a_partition_that_may_not_be_written_is_named() -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.coordinator.fail("add_partitions_to_txn", ErrorCode.topic_authorization_failed)
    sent = scene.send()
    scene.run(100)

    assert errors([sent]) == ["TopicAuthorizationError"]
    assert scene.producer.state == "abortable error"


def test_a_gap_that_an_earlier_batch_may_fill_is_waited_for() -> None:
    scene = Transacting()
    scene.begin()
    scene.sends(b"a")
    scene.run(50)
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas))
    sent = scene.sends(b"b", b"c")
    scene.commit()

    assert offsets(sent) == [1, 2]


def test_a_real_gap_ends_the_transaction() -> None:
    scene = Transacting()
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.out_of_order_sequence_number))
    sent = scene.sends(b"a")
    scene.run(50)

    assert errors(sent) == ["OutOfOrderSequenceError"]
    assert scene.producer.state == "abortable error"


@pytest.mark.parametrize(("log_start_offset", "stored"), [(-1, [1]), (9, [0]), (0, None)])
def test_a_broker_that_has_forgotten_the_producer(log_start_offset: int, stored: list[int] | None) -> None:
    scene = Transacting()
    scene.begin()
    scene.sends(b"a")
    scene.run(50)
    scene.kafka.log().recent.clear()
    scene.kafka.meets(Says(ErrorCode.unknown_producer_id, log_start_offset=log_start_offset))
    sent = scene.sends(b"b")
    scene.run(200)

    # It is tried again where the broker does not know why, and from 0 on where retention may be why.
    assert errors(sent) == ([None] if stored else ["UnknownProducerIdError"])
    assert [batch.base_sequence for batch in scene.kafka.log().batches[1:]] == (stored or [])


def test_what_nobody_knows_is_fatal_to_a_client_that_can_not_have_a_new_epoch() -> None:
    rules = attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_after_failed_batch=False)
    scene = Transacting(version=1, rules=rules, request_timeout_ms=1_000, delivery_timeout_ms=1_500)
    scene.begin()
    scene.kafka.meets("ok", Says(ErrorCode.not_enough_replicas), "lose-answer", "lose-answer")
    scene.sends(b"a")
    scene.run(50)
    sent = scene.sends(b"b")
    scene.run(1_600)

    assert errors(sent) == ["KafkaTimeoutError"]
    # The batch that timed out ends the transaction before anybody asks what became of it.
    assert scene.producer.state == "fatal error"


def test_librdkafka_ends_after_an_abort_where_there_is_no_next_epoch() -> None:
    """``rd_kafka_InitProducerIdRequest`` with brokers before 2.5."""
    rules = attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_after_failed_batch=False, ends_after_failed_batch=True)
    scene = Transacting(version=1, rules=rules, request_timeout_ms=1_000, delivery_timeout_ms=1_500)
    scene.begin()
    scene.kafka.meets(Says(ErrorCode.not_enough_replicas), "lose-answer", "lose-answer")
    sent = scene.sends(b"a")
    scene.run(1_600)

    states = [scene.producer.state]
    with pytest.raises(UnsupportedVersionApiError, match="KIP-360"):
        scene.abort()
    states.append(scene.producer.state)

    assert errors(sent) == ["KafkaTimeoutError"]
    assert states == ["abortable error", "fatal error"]
    assert scene.coordinator.ended == [False]
    assert "init_producer_id" not in scene.coordinator.names()


@pytest.mark.parametrize("meanwhile", [False, True])
def test_batches_wait_for_coordinators_unless_the_client_sends_them_meanwhile(meanwhile: bool) -> None:
    """``Sender.maybeSendAndPollTransactionalRequest``; librdkafka, ``rd_kafka_txn_may_send_msg``."""
    scene = Transacting(version=1, rules=attrs.evolve(TRANSACTION_VERSION_1, sends_meanwhile=meanwhile))
    scene.begin()
    scene.send()
    scene.run(20)
    scene.coordinator.fail("add_offsets_to_txn", *[ErrorCode.coordinator_load_in_progress] * 50)
    committing = spawn(scene.clock, scene.producer.send_offsets_to_transaction({("in", 0): Offset(5)}, Group()))
    sent = scene.send()
    scene.run(100)

    assert not committing.is_done
    assert sent.is_done == meanwhile

    scene.run(2_000)
    scene.commit()

    assert offsets([sent]) == [1]
    assert scene.coordinator.names()[-2:] == ["txn_offset_commit", "end_txn"]
