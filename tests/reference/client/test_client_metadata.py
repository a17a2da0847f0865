from uuid import UUID

from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.response import MetadataResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.node import Node
from ackproof.reference.protocol.request import Request
from tests.reference.client.learning import HERE, THERE, Scene


def test_what_is_known_at_first_are_the_bootstrap_servers() -> None:
    scene = Scene()

    assert scene.metadata.cluster.nodes == {-1: Node(-1, HERE)}
    assert scene.metadata.cluster.is_bootstrap


def test_then_it_is_asked_who_leads_what() -> None:
    scene = Scene()
    scene.run(50)
    leader = scene.metadata.leader_of("t", 1)

    assert leader.node == Node(2, THERE)
    assert leader.leader_epoch == 0
    assert scene.metadata.cluster.partition_count("t") == 2
    assert scene.metadata.cluster.cluster_id == "scripted"
    assert scene.metadata.leader_of("u", 0).node is None
    assert scene.metadata.any_node() is not None


def test_every_topic_is_asked_for_if_all_are_of_interest() -> None:
    scene = Scene(topics=None)
    scene.leaders["u"] = {0: 1}
    scene.run(50)

    assert [names for _, names in scene.asked] == [None]
    assert set(scene.metadata.cluster.partitions) == {"t", "u"}


def test_it_is_asked_again_when_what_is_known_is_old() -> None:
    scene = Scene(metadata_max_age_ms=5_000)
    scene.run(11_000)
    first_ms = scene.asked[0][0]

    assert [5_000 <= at_ms - first_ms < 5_010 for at_ms, _ in scene.asked[1:2]] == [True]
    assert len(scene.asked) == 3


def test_an_update_that_is_requested_comes_after_the_back_off() -> None:
    scene = Scene()
    scene.run(50)
    version = scene.metadata.request_update()
    updated = scene.metadata.updated(version)
    scene.run(20)

    assert not updated.is_done

    scene.run(200)
    waited_ms = scene.asked[1][0] - scene.asked[0][0]

    assert updated.result() is None
    assert 80 <= waited_ms <= 125


def test_answers_without_news_make_the_next_request_wait_longer() -> None:
    scene = Scene(retry_backoff_ms=100, retry_backoff_max_ms=10_000)
    for _ in range(5):
        scene.metadata.request_update()
        scene.run(2_000)
    times_ms = [at_ms for at_ms, _ in scene.asked]
    for _ in range(60):
        scene.metadata.request_update()
        scene.run(100)
    late_ms = [at_ms for at_ms, _ in scene.asked][len(times_ms) :]

    assert len(late_ms) < 10


def test_a_client_may_say_that_it_does_not_want_to_wait_longer() -> None:
    scene = Scene(retry_backoff_ms=100, retry_backoff_max_ms=10_000)
    for _ in range(60):
        scene.metadata.request_update(resets_backoff=True)
        scene.run(100)

    assert len(scene.asked) > 30


def test_new_topics_are_asked_for_at_once_and_alone() -> None:
    scene = Scene()
    scene.run(50)
    scene.leaders["u"] = {0: 2}
    scene.interest.topics, scene.interest.new_topics = ("t", "u"), ("u",)
    scene.metadata.request_update_for_new_topics()
    scene.run(10)

    assert [names for _, names in scene.asked] == [("t",), ("u",)]
    assert set(scene.metadata.cluster.partitions) == {"t", "u"}


def test_a_topic_without_leaders_is_asked_for_again() -> None:
    scene = Scene()
    scene.leaders["t"] = {0: -1}
    scene.run(50)

    assert scene.metadata.leader_of("t", 0).node is None

    scene.leaders["t"] = {0: 2}
    scene.epochs["t"] = 1
    scene.run(500)

    assert scene.metadata.leader_of("t", 0).node == Node(2, THERE)


def test_an_error_of_a_topic_is_told() -> None:
    scene = Scene()
    scene.leaders["t"] = ErrorCode.topic_authorization_failed
    scene.run(50)

    assert scene.metadata.cluster.errors == {"t": ErrorCode.topic_authorization_failed}
    assert scene.metadata.cluster.partition_count("t") is None


def test_an_older_leader_epoch_is_not_believed() -> None:
    scene = Scene()
    scene.epochs["t"] = 5
    scene.run(50)
    scene.leaders["t"] = {0: 2, 1: 2}
    scene.epochs["t"] = 4
    scene.metadata.request_update()
    scene.run(300)

    assert len(scene.asked) == 2
    assert scene.metadata.leader_of("t", 0).node == Node(1, HERE)
    assert scene.metadata.leader_of("t", 0).leader_epoch == 5


def test_an_older_epoch_of_another_topic_of_that_name_is_believed() -> None:
    scene = Scene()
    scene.epochs["t"] = 5
    scene.run(50)
    answers = scene.network.servers[HERE].answers, scene.network.servers[THERE].answers

    def recreated(request: Request) -> ResponsePayload:
        told = scene._answer(request)  # pyright: ignore[reportPrivateUsage]  # the same with another topic id
        assert isinstance(told, MetadataResponse)
        topic = told.topics[0]
        another = type(topic)(
            error_code=topic.error_code, name=topic.name, topic_id=UUID(int=7), partitions=topic.partitions
        )
        return MetadataResponse(throttle_time=told.throttle_time, brokers=told.brokers, topics=(another,))

    for some in answers:
        some["metadata"] = recreated
    scene.epochs["t"] = 0
    scene.metadata.request_update()
    scene.run(300)

    assert scene.metadata.leader_of("t", 0).leader_epoch == 0
    assert scene.metadata.cluster.topic_ids == {"t": UUID(int=7)}
    assert scene.metadata.cluster.topic_name(UUID(int=7)) == "t"
