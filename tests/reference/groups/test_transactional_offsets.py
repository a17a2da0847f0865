"""TxnOffsetCommit: offsets of a transaction count once it commits, by their place in the log."""

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.groups.offset_scene import NOTHING, commit, committed, txn_commit
from tests.reference.groups.scene import Scene

UNSTABLE = ErrorCode.unstable_offset_commit


def test_an_offset_of_a_transaction_counts_once_that_commits() -> None:
    scene = Scene()
    commit(scene, 3)
    txn_commit(scene, 5)
    before = committed(scene)

    scene.end_transaction(7, is_commit=True)

    assert (before, committed(scene)) == (3, 5)
    assert committed(scene, is_stable=True) == 5


def test_an_offset_of_a_transaction_that_aborts_is_dropped() -> None:
    scene = Scene()
    commit(scene, 3)
    txn_commit(scene, 5)

    scene.end_transaction(7, is_commit=False)

    assert committed(scene, is_stable=True) == 3


def test_a_later_commit_survives_the_commit_of_an_earlier_transaction() -> None:
    scene = Scene()
    txn_commit(scene, 5)
    commit(scene, 3)

    scene.end_transaction(7, is_commit=True)

    assert committed(scene) == 3


@pytest.mark.parametrize("order", [(7, 8), (8, 7)])
def test_of_two_transactions_the_one_whose_offset_is_later_in_the_log_counts(order: tuple[int, int]) -> None:
    scene = Scene()
    txn_commit(scene, 5, producer_id=7)
    txn_commit(scene, 6, producer_id=8)

    for producer_id in order:
        scene.end_transaction(producer_id, is_commit=True)

    assert committed(scene) == 6


def test_the_last_offset_of_a_transaction_counts() -> None:
    scene = Scene()
    txn_commit(scene, 5)
    txn_commit(scene, 4)

    scene.end_transaction(7, is_commit=True)

    assert committed(scene) == 4


def test_an_offset_is_unstable_until_every_transaction_has_ended() -> None:
    scene = Scene()
    txn_commit(scene, 5, producer_id=7)
    txn_commit(scene, 6, producer_id=8)
    scene.end_transaction(8, is_commit=True)
    between = committed(scene, is_stable=True)

    scene.end_transaction(7, is_commit=True)

    assert (between, committed(scene, is_stable=True)) == (UNSTABLE, 6)


def test_what_is_pending_survives_a_change_of_the_coordinator() -> None:
    scene = Scene()
    txn_commit(scene, 5)
    scene.fail_over()
    before = committed(scene, is_stable=True)

    scene.end_transaction(7, is_commit=True)

    assert (before, committed(scene, is_stable=True)) == (UNSTABLE, 5)


@pytest.mark.parametrize("is_commit", [True, False])
def test_the_end_of_a_transaction_survives_a_change_of_the_coordinator(is_commit: bool) -> None:
    scene = Scene()
    commit(scene, 3)
    txn_commit(scene, 5)
    scene.end_transaction(7, is_commit=is_commit)

    scene.fail_over()

    assert committed(scene, is_stable=True) == (5 if is_commit else 3)


def test_the_place_in_the_log_decides_after_a_change_of_the_coordinator_too() -> None:
    scene = Scene()
    txn_commit(scene, 5)
    commit(scene, 3)
    scene.fail_over()

    scene.end_transaction(7, is_commit=True)

    assert committed(scene) == 3


def test_a_marker_for_a_partition_that_is_not_led_concerns_nobody() -> None:
    scene = Scene()
    txn_commit(scene, 5)
    scene.coordinator.resigned(0)

    scene.coordinator.marker_written(0, 7, True)

    scene.begin_loading()
    scene.settle()
    assert committed(scene, is_stable=True) == UNSTABLE


def test_the_empty_group_id_is_invalid() -> None:
    assert txn_commit(Scene(), 5, group="") == ErrorCode.invalid_group_id


def test_a_partition_that_does_not_exist_cannot_be_committed() -> None:
    assert txn_commit(Scene(), 5, partition=4) == ErrorCode.unknown_topic_or_partition
    assert txn_commit(Scene(), 5, topic="u") == ErrorCode.unknown_topic_or_partition


@attrs.define
class FakeTransactions:
    """Transactions that answer what they are told to."""

    clock: Clock | None = None
    refusal: ErrorCode | None = None
    asked: list[tuple[int, str, int, int, int]] = attrs.Factory(list[tuple[int, str, int, int, int]])

    def verify(
        self, partition: int, transactional_id: str, producer_id: int, producer_epoch: int, version: int
    ) -> Future[None]:
        """Whether a transaction is open."""
        assert self.clock
        self.asked.append((partition, transactional_id, producer_id, producer_epoch, version))
        answer = Future[None](self.clock)
        if self.refusal is None:
            answer.resolve(None)
        else:
            answer.fail(KafkaError(self.refusal))
        return answer


def scene_with(transactions: FakeTransactions) -> Scene:
    """A coordinator that asks *transactions*."""
    scene = Scene(transactions=transactions)
    transactions.clock = scene.clock
    return scene


def test_the_transaction_coordinator_is_asked_first() -> None:
    transactions = FakeTransactions()
    scene = scene_with(transactions)

    code = txn_commit(scene, 5, version=4)

    assert code == ErrorCode.none
    assert transactions.asked == [(0, "transactional", 7, 0, 4)]


@pytest.mark.parametrize(
    "refusal",
    [ErrorCode.invalid_txn_state, ErrorCode.transaction_abortable, ErrorCode.invalid_producer_epoch],
)
def test_what_the_transaction_coordinator_refuses_is_not_kept(refusal: ErrorCode) -> None:
    transactions = FakeTransactions(refusal=refusal)
    scene = scene_with(transactions)

    code = txn_commit(scene, 5)

    assert code == refusal
    assert committed(scene, is_stable=True) == NOTHING


def test_a_coordinator_that_is_not_the_right_one_asks_nobody() -> None:
    transactions = FakeTransactions()
    scene = scene_with(transactions)
    scene.coordinator.resigned(0)

    code = txn_commit(scene, 5)

    assert code == ErrorCode.not_coordinator
    assert transactions.asked == []


@pytest.mark.parametrize(
    ("version", "code"),
    [(1, ErrorCode.coordinator_not_available), (2, ErrorCode.coordinator_load_in_progress)],
)
def test_before_version_2_producers_do_not_hear_of_loading(version: int, code: ErrorCode) -> None:
    scene = Scene(loading_ms=50)
    scene.begin_loading()

    assert txn_commit(scene, 5, version=version) == code
