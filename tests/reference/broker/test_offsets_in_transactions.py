import pytest
from kio.schema.errors import ErrorCode

from tests.reference.broker.committing import commit, commit_in_transaction, committed, find_group
from tests.reference.broker.standing import Standing
from tests.reference.broker.transacting import Producer

NONE = ErrorCode.none


def ready() -> tuple[Standing, Producer]:
    standing = Standing()
    find_group(standing)
    return standing, Producer(standing)


def test_offsets_count_once_their_transaction_commits() -> None:
    standing, producer = ready()
    commit(standing, 1)

    assert commit_in_transaction(producer, 5) is NONE
    seen = [committed(standing), committed(standing, is_stable=True)]
    producer.commit()

    assert seen == [(NONE, 1), (ErrorCode.unstable_offset_commit, -1)]
    assert committed(standing, is_stable=True) == (NONE, 5)


def test_offsets_of_a_transaction_that_aborts_never_count() -> None:
    standing, producer = ready()
    commit(standing, 1)
    commit_in_transaction(producer, 5)
    producer.abort()

    assert committed(standing, is_stable=True) == (NONE, 1)


def test_a_plain_commit_after_that_of_a_transaction_survives_it() -> None:
    standing, producer = ready()
    commit_in_transaction(producer, 5)
    commit(standing, 2)
    producer.commit()

    assert committed(standing) == (NONE, 2)


@pytest.mark.parametrize(
    ("version", "error"), [(3, ErrorCode.invalid_txn_state), (4, ErrorCode.transaction_abortable), (5, NONE)]
)
def test_before_version_5_the_offsets_partition_has_to_be_added(version: int, error: ErrorCode) -> None:
    _, producer = ready()

    assert commit_in_transaction(producer, 5, version) is error


@pytest.mark.parametrize("version", [3, 4])
def test_once_it_was_added_offsets_are_taken(version: int) -> None:
    standing, producer = ready()
    producer.add_offsets("group")

    assert commit_in_transaction(producer, 5, version) is NONE
    producer.commit(version=4)
    assert committed(standing) == (NONE, 5)


def test_an_older_epoch_is_refused() -> None:
    _, producer = ready()
    commit_in_transaction(producer, 5)
    producer.commit()
    producer.epoch -= 1

    assert commit_in_transaction(producer, 6) is ErrorCode.invalid_producer_epoch


@pytest.mark.parametrize("way", ["crash", "restart"])
def test_what_is_committed_and_what_is_pending_survive(way: str) -> None:
    standing, producer = ready()
    commit(standing, 1)
    commit_in_transaction(producer, 5)

    getattr(standing, way)()
    find_group(standing)
    seen = [committed(standing), committed(standing, is_stable=True)]
    while producer.commit() is ErrorCode.coordinator_load_in_progress:
        pass

    assert seen == [(NONE, 1), (ErrorCode.unstable_offset_commit, -1)]
    assert committed(standing) == (NONE, 5)
