from dataclasses import replace

import pytest
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import ForgottenTopic
from kio.schema.fetch.v12.response import FetchResponse

from ackproof.reference.protocol.primitive import TopicName, i32
from tests.reference.broker.standing import TOPIC, Standing, batch, fetch_request

BOTH = {(TOPIC, 0): 0, (TOPIC, 1): 0}


def begun(standing: Standing) -> int:
    """The id of a new session for both partitions."""
    response = standing.ask(FetchResponse, fetch_request(BOTH, session_epoch=0, max_wait_ms=0))
    assert response.session_id > 0
    return response.session_id


def named(response: FetchResponse) -> list[int]:
    """The partitions in an answer."""
    return [each.partition_index for topic in response.responses for each in topic.partitions]


def test_without_a_session_every_fetch_says_everything() -> None:
    response = Standing().ask(FetchResponse, fetch_request(BOTH, max_wait_ms=0))

    assert (response.session_id, named(response)) == (0, [0, 1])


def test_in_a_session_only_what_is_new_is_told() -> None:
    standing = Standing()
    session_id = begun(standing)
    standing.produce(batch("a"), partition=1)

    response = standing.ask(FetchResponse, fetch_request({}, session_id=session_id, session_epoch=1))

    assert (response.session_id, named(response)) == (session_id, [1])


def test_what_the_reader_says_changes_the_session() -> None:
    standing = Standing()
    session_id = begun(standing)
    standing.produce(batch("a"), partition=1)
    request = fetch_request({(TOPIC, 1): 1}, session_id=session_id, session_epoch=1, max_wait_ms=0)

    first = standing.ask(FetchResponse, request)
    second = standing.ask(FetchResponse, fetch_request({}, session_id=session_id, session_epoch=2, max_wait_ms=0))

    assert [named(first), named(second)] == [[1], []]
    assert first.responses[0].partitions[0].records == b""


def test_an_error_is_told_again_and_again_and_so_is_its_end() -> None:
    standing = Standing()
    session_id = begun(standing)
    beyond = fetch_request({(TOPIC, 0): 7}, session_id=session_id, session_epoch=1)
    back = fetch_request({(TOPIC, 0): 0}, session_id=session_id, session_epoch=3, max_wait_ms=0)

    answers = [
        standing.ask(FetchResponse, each)
        for each in (beyond, fetch_request({}, session_id=session_id, session_epoch=2), back)
    ]

    assert [named(each) for each in answers] == [[0], [0], [0]]
    assert answers[2].responses[0].partitions[0].error_code is ErrorCode.none


def test_a_forgotten_partition_is_told_no_more() -> None:
    standing = Standing()
    session_id = begun(standing)
    standing.produce(batch("a"), partition=1)
    forgets = replace(
        fetch_request({}, session_id=session_id, session_epoch=1, max_wait_ms=0),
        forgotten_topics_data=(ForgottenTopic(topic=TopicName(TOPIC), partitions=(i32(1),)),),
    )

    assert named(standing.ask(FetchResponse, forgets)) == []


def test_an_unknown_session_is_not_found() -> None:
    response = Standing().ask(FetchResponse, fetch_request(BOTH, session_id=5, session_epoch=1))

    assert (response.error_code, response.session_id) == (ErrorCode.fetch_session_id_not_found, 0)
    assert response.responses == ()


@pytest.mark.parametrize("session_epoch", [0, 1, -1])
@pytest.mark.parametrize(
    ("session_id", "is_one"),
    [(2_147_483_639, True), (2_147_483_640, False), (-268_435_454, True), (-268_435_455, False)],
)
def test_an_id_that_no_session_can_have_is_no_mistake_that_kafka_expects(
    session_id: int, is_one: bool, session_epoch: int
) -> None:
    request = fetch_request(BOTH, session_id=session_id, session_epoch=session_epoch, max_wait_ms=0)

    response = Standing().ask(FetchResponse, request)

    assert (response.error_code is not ErrorCode.unknown_server_error) == is_one


def test_a_fetch_out_of_turn_has_an_invalid_epoch() -> None:
    standing = Standing()
    session_id = begun(standing)

    response = standing.ask(FetchResponse, fetch_request({}, session_id=session_id, session_epoch=2))

    assert (response.error_code, response.session_id) == (ErrorCode.invalid_fetch_session_epoch, 0)


def test_a_full_fetch_ends_the_session_that_it_names() -> None:
    standing = Standing()
    session_id = begun(standing)

    standing.ask(FetchResponse, fetch_request(BOTH, session_id=session_id, session_epoch=-1, max_wait_ms=0))

    response = standing.ask(FetchResponse, fetch_request({}, session_id=session_id, session_epoch=1))
    assert response.error_code is ErrorCode.fetch_session_id_not_found


def test_a_session_that_was_not_used_for_long_makes_room() -> None:
    standing = Standing(settings={"max.incremental.fetch.session.cache.slots": 1})
    first = begun(standing)

    refused = standing.ask(FetchResponse, fetch_request(BOTH, session_epoch=0, max_wait_ms=0)).session_id
    standing.pass_time(120_001)
    second = begun(standing)

    assert refused == 0
    assert second != first
