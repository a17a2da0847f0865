import attrs
import pytest
from kio.schema.errors import ErrorCode
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest

from ackproof.model.transactions.rules import TRANSACTION_VERSION_2
from ackproof.reference.producer.errors import (
    CommitFailedError,
    ProducerError,
    ProducerFencedError,
    TransactionAbortableError,
)
from tests.reference.producer.transacting import Group, Transacting


def test_offsets_are_committed_in_one_step_by_the_new_protocol() -> None:
    scene = Transacting()
    scene.begin()
    scene.commit_offsets()
    scene.commit()
    versions = {name: version for name, version, _ in scene.coordinator.heard}

    assert scene.coordinator.names() == ["txn_offset_commit", "find_coordinator", "txn_offset_commit", "end_txn"][1:]
    assert versions["txn_offset_commit"] == 5
    assert scene.coordinator.offsets == {("in", 0): 5}


def test_offsets_are_added_and_then_committed_by_the_old_protocol() -> None:
    scene = Transacting(version=1)
    scene.begin()
    scene.commit_offsets()
    scene.commit()
    versions = {name: version for name, version, _ in scene.coordinator.heard}

    assert scene.coordinator.names() == ["add_offsets_to_txn", "find_coordinator", "txn_offset_commit", "end_txn"]
    assert versions["txn_offset_commit"] == versions["end_txn"] == 4


@pytest.mark.parametrize("tells", [True, False])
def test_offsets_say_who_sends_them_if_the_client_does_so(tells: bool) -> None:
    scene = Transacting(rules=attrs.evolve(TRANSACTION_VERSION_2, sends_group_metadata=tells))
    scene.begin()
    scene.commit_offsets()
    body = next(body for name, _, body in scene.coordinator.heard if name == "txn_offset_commit")

    assert isinstance(body, TxnOffsetCommitRequest)
    assert (body.generation_id, body.member_id) == ((3, "m") if tells else (-1, ""))


def test_a_generation_without_a_member_is_refused() -> None:
    scene = Transacting()
    scene.begin()

    with pytest.raises(ValueError, match="member"):
        scene.commit_offsets(Group(member_id=""))


COMMIT_REFUSALS: list[tuple[ErrorCode, type[Exception], str]] = [
    (ErrorCode.illegal_generation, CommitFailedError, "abortable error"),
    (ErrorCode.unknown_member_id, CommitFailedError, "abortable error"),
    (ErrorCode.fenced_instance_id, Exception, "abortable error"),
    (ErrorCode.group_authorization_failed, Exception, "abortable error"),
    (ErrorCode.transaction_abortable, TransactionAbortableError, "abortable error"),
    (ErrorCode.invalid_producer_epoch, ProducerFencedError, "fatal error"),
    (ErrorCode.producer_fenced, ProducerFencedError, "fatal error"),
    (ErrorCode.unknown_server_error, ProducerError, "fatal error"),
]


@pytest.mark.parametrize(("code", "kind", "state"), COMMIT_REFUSALS)
def test_offsets_that_are_refused(code: ErrorCode, kind: type[Exception], state: str) -> None:
    scene = Transacting()
    scene.begin()
    scene.coordinator.fail("txn_offset_commit", code)

    with pytest.raises(kind):
        scene.commit_offsets()
    assert scene.producer.state == state
