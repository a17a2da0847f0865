"""What coordinators refuse."""

import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.producer.errors import (
    ProducerError,
    ProducerFencedError,
    TransactionAbortableError,
)
from tests.reference.producer.transacting import Transacting

RETRIED = [
    ("find_coordinator", ErrorCode.coordinator_not_available),
    ("init_producer_id", ErrorCode.concurrent_transactions),
    ("init_producer_id", ErrorCode.coordinator_load_in_progress),
    ("init_producer_id", ErrorCode.not_coordinator),
    ("add_partitions_to_txn", ErrorCode.concurrent_transactions),
    ("add_partitions_to_txn", ErrorCode.unknown_topic_or_partition),
    ("add_partitions_to_txn", ErrorCode.not_coordinator),
    ("add_offsets_to_txn", ErrorCode.concurrent_transactions),
    ("add_offsets_to_txn", ErrorCode.coordinator_not_available),
    ("txn_offset_commit", ErrorCode.not_coordinator),
    ("txn_offset_commit", ErrorCode.coordinator_load_in_progress),
    ("txn_offset_commit", ErrorCode.request_timed_out),
    ("end_txn", ErrorCode.concurrent_transactions),
    ("end_txn", ErrorCode.not_coordinator),
]


@pytest.mark.parametrize(("api_name", "code"), RETRIED)
def test_what_may_pass_is_asked_again(api_name: str, code: ErrorCode) -> None:
    scene = Transacting(version=1, initializes=False)
    scene.coordinator.fail(api_name, code, code)
    scene.done(scene.producer.init_transactions())
    scene.begin()
    scene.send()
    scene.commit_offsets()
    scene.commit()

    assert scene.coordinator.ended == [True]
    assert scene.coordinator.names().count(api_name) >= 3


FENCED = ["add_partitions_to_txn", "add_offsets_to_txn", "end_txn"]


@pytest.mark.parametrize("api_name", FENCED)
@pytest.mark.parametrize("code", [ErrorCode.producer_fenced, ErrorCode.invalid_producer_epoch])
def test_a_fenced_producer_can_do_nothing_any_more(api_name: str, code: ErrorCode) -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.coordinator.fail(api_name, code)
    sent = scene.send()

    with pytest.raises(ProducerFencedError):
        scene.commit_offsets() if api_name == "add_offsets_to_txn" else scene.commit()
    assert scene.producer.state == "fatal error"
    with pytest.raises(ProducerFencedError):
        scene.abort()

    scene.run(10)
    later = scene.send()
    scene.run(10)

    assert isinstance(later.error, ProducerFencedError)
    assert sent.is_done


FIND_REFUSALS: list[tuple[ErrorCode, str]] = [
    (ErrorCode.transactional_id_authorization_failed, "fatal error"),
    (ErrorCode.transaction_abortable, "abortable error"),
    (ErrorCode.group_authorization_failed, "abortable error"),
    (ErrorCode.invalid_request, "fatal error"),
]


@pytest.mark.parametrize(("code", "state"), FIND_REFUSALS)
def test_a_coordinator_that_is_not_told(code: ErrorCode, state: str) -> None:
    scene = Transacting()
    scene.begin()
    scene.coordinator.fail("find_coordinator", code)
    with pytest.raises(Exception, match=r".+"):
        scene.commit_offsets()

    assert scene.producer.state == state


INIT_REFUSALS: list[tuple[ErrorCode, type[Exception], str]] = [
    (ErrorCode.producer_fenced, ProducerFencedError, "fatal error"),
    (ErrorCode.invalid_producer_epoch, ProducerFencedError, "fatal error"),
    (ErrorCode.transaction_abortable, TransactionAbortableError, "abortable error"),
    (ErrorCode.transactional_id_authorization_failed, Exception, "uninitialized"),
    (ErrorCode.invalid_transaction_timeout, ProducerError, "fatal error"),
]


@pytest.mark.parametrize(("code", "kind", "state"), INIT_REFUSALS)
def test_an_id_that_is_not_given(code: ErrorCode, kind: type[Exception], state: str) -> None:
    scene = Transacting(initializes=False)
    scene.coordinator.fail("init_producer_id", code)
    with pytest.raises(kind):
        scene.done(scene.producer.init_transactions())
    scene.run(10)

    assert scene.producer.state == state


END_REFUSALS: list[tuple[ErrorCode, str]] = [
    (ErrorCode.invalid_txn_state, "fatal error"),
    (ErrorCode.invalid_producer_id_mapping, "fatal error"),
    (ErrorCode.transaction_abortable, "abortable error"),
    (ErrorCode.unknown_producer_id, "abortable error"),
]


@pytest.mark.parametrize(("code", "state"), END_REFUSALS)
def test_an_end_that_is_refused(code: ErrorCode, state: str) -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.send()
    scene.run(50)
    scene.coordinator.fail("end_txn", code)
    with pytest.raises(Exception, match=r".+"):
        scene.commit()

    assert scene.producer.state == state


def test_a_broker_without_the_request_is_fatal() -> None:
    scene = Transacting(initializes=False, newest={"init_producer_id": -1})
    with pytest.raises(Exception, match="UNSUPPORTED_VERSION"):
        scene.done(scene.producer.init_transactions())

    assert scene.producer.state == "fatal error"
