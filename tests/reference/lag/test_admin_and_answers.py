"""What an admin makes of answers that are not those of a broker in order."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.consumer_group_describe.v1.response import ConsumerGroupDescribeResponse
from kio.schema.errors import ErrorCode
from kio.schema.list_groups.v5.request import ListGroupsRequest
from kio.schema.offset_fetch.v9.response import OffsetFetchResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.node import Node
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.kernel.future import TimedOutError
from ackproof.reference.lag.admin import GroupError
from ackproof.reference.lag.exposition import exposed
from ackproof.reference.lag.group import Committed, Group
from ackproof.reference.lag.table import described
from ackproof.reference.protocol.codec import RequestHeader, decode_response, encode_response
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import GroupId
from ackproof.reference.protocol.request import CloseConnectionError, DisconnectedError
from tests.reference.consumer.cluster import Application, Cluster
from tests.reference.lag.test_admin import P0, P1, admin_of, commit
from tests.reference.protocol.spoiling import spoilt

Change = Callable[[ResponsePayload], ResponsePayload]
REFUSALS = (GroupError, TimedOutError, KafkaError, DisconnectedError)
"""What ``ackproof lag`` complains about."""


def told(monkeypatch: pytest.MonkeyPatch, change: Change, cluster: Cluster, group_id: str = "g") -> Group:
    """What an admin tells of a group where each answer is changed on its way."""
    ask: Any = Requests.ask

    async def changed(*given: Any) -> ResponsePayload:
        return change(await ask(*given))

    admin = admin_of(cluster)
    with monkeypatch.context() as patching:
        patching.setattr(Requests, "ask", changed)
        return cluster.run(admin.group(group_id))


def with_commits() -> Cluster:
    cluster = Cluster()
    cluster.produce("a", "b", "c")
    commit(cluster, "g", P0, 2)
    commit(cluster, "g", P1, 0)
    return cluster


def test_a_commit_that_may_not_be_told_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(answer: ResponsePayload) -> ResponsePayload:
        if not isinstance(answer, OffsetFetchResponse):
            return answer
        (group,) = answer.groups
        (topic,) = group.topics
        first, *others = topic.partitions
        refused = replace(first, error_code=ErrorCode.topic_authorization_failed)
        return replace(answer, groups=(replace(group, topics=(replace(topic, partitions=(refused, *others)),)),))

    committed = told(monkeypatch, change, with_commits()).committed

    assert list(committed.values()) in ([Committed(2)], [Committed(0)])


def test_an_answer_that_does_not_say_of_which_group_it_tells_is_of_the_one_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def change(answer: ResponsePayload) -> ResponsePayload:
        if not isinstance(answer, OffsetFetchResponse):
            return answer
        return replace(answer, groups=(replace(answer.groups[0], group_id=GroupId("")),))

    assert told(monkeypatch, change, with_commits()).committed[P0] == Committed(2)


def test_an_answer_without_the_group_is_an_error_of_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(answer: ResponsePayload) -> ResponsePayload:
        return replace(answer, groups=()) if isinstance(answer, ConsumerGroupDescribeResponse) else answer

    with pytest.raises(KafkaError, match="the answer does not tell of group g"):
        told(monkeypatch, change, with_commits())


def test_a_broker_that_can_not_list_groups_as_they_are_asked_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    ask: Any = Requests.ask

    async def refused(requests: Requests, node: Node, body: RequestPayload, *more: Any) -> ResponsePayload:
        if isinstance(body, ListGroupsRequest):
            raise UnsupportedVersionError("list_groups on node 1")
        return cast("ResponsePayload", await ask(requests, node, body, *more))

    cluster = with_commits()
    monkeypatch.setattr(Requests, "ask", refused)

    with pytest.raises(KafkaError, match="list_groups on node 1"):
        cluster.run(admin_of(cluster).group_ids())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_brokers_answer_it_is_told_or_complained_about(seed: int) -> None:
    random = Random(seed)

    def change(answer: ResponsePayload) -> ResponsePayload:
        if random.random() < 0.7:
            return answer
        api_key, version = answer.__api_key__, int(answer.__version__)
        data = spoilt(encode_response(RequestHeader(api_key, version, 1), answer)[4:], random)
        try:
            return decode_response(data, api_key, version)
        except CloseConnectionError as problem:
            raise DisconnectedError(str(problem)) from problem

    with pytest.MonkeyPatch.context() as patching, suppress(*REFUSALS):
        group = told(patching, change, FULL, random.choice(["g", "classic", "modern"]))
        assert described(group) or exposed([group])


def full() -> Cluster:
    """A cluster with a group of each kind."""
    cluster = with_commits()
    for protocol in ("classic", "consumer"):
        Application(cluster, group_id={"consumer": "modern"}.get(protocol, protocol), group_protocol=protocol)
    cluster.pass_time(5_000)
    return cluster


FULL = full()
