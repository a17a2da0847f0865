import pytest
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import Coordinator, FindCoordinatorResponse

from ackproof.reference.protocol.primitive import i8
from tests.reference.broker.standing import Standing


def found(standing: Standing, *keys: str, key_type: int = 0, version: int = 6) -> tuple[Coordinator, ...]:
    request = FindCoordinatorRequest(key_type=i8(key_type), coordinator_keys=keys)
    return standing.ask(FindCoordinatorResponse, request, version).coordinators


@pytest.mark.parametrize(("key_type", "topic"), [(0, "__consumer_offsets"), (1, "__transaction_state")])
def test_the_internal_topic_comes_about_when_it_is_needed(key_type: int, topic: str) -> None:
    standing = Standing()

    first = found(standing, "a", key_type=key_type)[0]
    standing.pass_time(1)
    second = found(standing, "a", key_type=key_type)[0]

    assert (first.error_code, first.node_id, first.host, first.port) == (
        ErrorCode.coordinator_not_available,
        -1,
        "",
        -1,
    )
    assert (second.error_code, second.node_id, second.port) == (ErrorCode.none, 1, 9092)
    assert standing.broker.metadata.topic(topic) is not None


def test_internal_topics_are_made_as_configured() -> None:
    standing = Standing(settings={"offsets.topic.num.partitions": 7})
    found(standing, "a")
    standing.pass_time(1)

    topic = standing.broker.metadata.topic("__consumer_offsets")

    assert topic is not None
    assert len(topic.partitions) == 7
    assert topic.settings["cleanup.policy"] == "compact"


def test_several_are_found_at_once() -> None:
    standing = Standing()
    found(standing, "a")
    standing.pass_time(1)

    assert [(each.key, each.node_id) for each in found(standing, "a", "b")] == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(("key_type", "version"), [(2, 5), (2, 6), (9, 6)])
def test_there_are_no_share_groups_and_nothing_else(key_type: int, version: int) -> None:
    assert found(Standing(), "a", key_type=key_type, version=version)[0].error_code is ErrorCode.invalid_request


def test_before_version_4_an_error_has_a_message() -> None:
    standing = Standing()

    messages = [found(standing, "a", version=each)[0].error_message for each in (3, 4)]

    assert messages == ["The coordinator is not available.", ""]
