import pytest
from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.response import ProduceResponse

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.broker.rules import Rules
from tests.reference.broker.standing import TOPIC, Standing, batch, produce_request, values
from tests.reference.broker.transacting import Producer


def test_version_12_adds_the_partition() -> None:
    standing = Standing()
    producer = Producer(standing)

    assert producer.produce("a").error_code is ErrorCode.none
    assert producer.commit() is ErrorCode.none
    assert values(standing.fetch(0, isolation_level=1)) == ["a"]


@pytest.mark.parametrize(
    ("version", "error"), [(10, ErrorCode.invalid_txn_state), (11, ErrorCode.transaction_abortable)]
)
def test_before_version_12_a_partition_has_to_be_added(version: int, error: ErrorCode) -> None:
    producer = Producer(Standing())

    assert producer.produce("a", version=version).error_code is error


def test_a_partition_that_was_added_is_written_to() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.add(0)

    assert producer.produce("a", version=11).error_code is ErrorCode.none


@pytest.mark.parametrize("version", [10, 12])
def test_an_unknown_transactional_id_is_another_producers(version: int) -> None:
    producer = Producer(Standing())

    answer = producer.produce("a", version=version, transactional_id="unknown")

    assert answer.error_code is ErrorCode.invalid_producer_id_mapping


def test_the_producer_id_of_another_is_refused() -> None:
    standing = Standing()
    producer, other = Producer(standing), Producer(standing, "other")

    answer = producer.produce("a", transactional_id=other.transactional_id)

    assert answer.error_code is ErrorCode.invalid_producer_id_mapping


def test_nobody_is_asked_once_the_transaction_is_open_in_the_partition() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")

    assert producer.produce("b", transactional_id="wrong").error_code is ErrorCode.none


def test_a_batch_of_a_higher_epoch_is_asked_about() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")

    answer = producer.produce("b", sequence=0, producer_epoch=producer.epoch + 1)

    assert answer.error_code is ErrorCode.invalid_producer_epoch


@pytest.mark.parametrize(
    ("version", "error"),
    [
        (10, ErrorCode.invalid_txn_state),
        (11, ErrorCode.transaction_abortable),
        (12, ErrorCode.invalid_producer_epoch),
    ],
)
def test_a_batch_that_comes_again_after_its_commit_is_refused(version: int, error: ErrorCode) -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.add(0)
    data = producer.batch("a")
    standing.produce(data, version=version, transactional_id="t")
    producer.commit(version=5 if version == 12 else 4)

    assert standing.produce(data, version=version, transactional_id="t").error_code is error


def test_version_12_wants_the_first_sequence_to_be_0_and_has_added_the_partition() -> None:
    standing = Standing()
    producer = Producer(standing)

    assert producer.produce("a", sequence=3).error_code is ErrorCode.out_of_order_sequence_number
    assert producer.commit() is ErrorCode.none
    assert standing.fetch(0).high_watermark == 1  # the marker


def test_two_producers_in_one_request_fail_it_as_a_whole() -> None:
    standing = Standing()
    producer, other = Producer(standing), Producer(standing, "other")
    request = produce_request(
        {(TOPIC, 0): producer.batch("a"), (TOPIC, 1): other.batch("b"), ("nowhere", 0): batch("c")},
        transactional_id="t",
    )

    response = standing.ask(ProduceResponse, request)

    errors = {each.error_code for topic in response.responses for each in topic.partition_responses}
    assert errors == {ErrorCode.invalid_producer_id_mapping}


def test_invalid_acks_are_told_after_the_partition_was_added() -> None:
    standing = Standing()
    producer = Producer(standing)

    response = standing.ask(
        ProduceResponse, produce_request({(TOPIC, 0): producer.batch("a")}, acks=7, transactional_id="t")
    )

    assert response.responses[0].partition_responses[0].error_code is ErrorCode.invalid_required_acks
    producer.commit()
    assert standing.fetch(0).high_watermark == 1  # the marker


def test_a_plain_batch_is_refused_while_the_transaction_is_open() -> None:
    standing = Standing()
    producer = Producer(standing)
    producer.produce("a")

    answer = standing.produce(
        batch("b", producer_id=producer.producer_id, producer_epoch=producer.epoch, base_sequence=1)
    )

    assert answer.error_code is ErrorCode.invalid_txn_state


def test_without_verification_a_late_batch_opens_a_transaction_that_nobody_ends() -> None:
    standing = Standing(rules=Rules(transactions=TransactionRules(verifies_partitions=False)))
    producer = Producer(standing)
    producer.add(0)
    producer.produce("a", version=11)
    producer.abort(version=4)

    late = producer.produce("b", version=11)

    assert late.error_code is ErrorCode.none
    assert standing.fetch(0).last_stable_offset == late.base_offset


def test_verification_can_be_configured_away() -> None:
    standing = Standing(settings={"transaction.partition.verification.enable": "false"})
    producer = Producer(standing)

    assert producer.produce("a", version=11).error_code is ErrorCode.none
