import pytest

from tests.config.pipelines import Config, consumer, messages, notices, problems, read, side

TRANSACTION = '[producer]\n{}\n[consumer]\ncommit = "transaction"\nsink = "kafka"\n'


@pytest.mark.parametrize(
    ("config", "commit"),
    [({}, "auto"), ({"enable.auto.commit": False}, "sync"), ({"enable.auto.commit": "TRUE", "group.id": "g"}, "auto")],
)
def test_commits_are_as_auto_commit_says(config: Config, commit: str) -> None:
    assert consumer(config).commit == commit


@pytest.mark.parametrize("commit", ["sync", "async"])
def test_a_commit_of_the_application_turns_auto_commit_off(commit: str) -> None:
    assert consumer({}, extra=f'commit = "{commit}"').commit == commit


@pytest.mark.parametrize(
    ("commit", "automatic"), [("sync", True), ("async", True), ("transaction", True), ("auto", False)]
)
def test_a_commit_that_contradicts_auto_commit_is_refused(commit: str, automatic: bool) -> None:
    config: Config = {"group.id": "g", "enable.auto.commit": automatic}
    found = problems(side("consumer", config, extra=f'commit = "{commit}"'))

    message = f'enable.auto.commit={str(automatic).lower()} contradicts commit = "{commit}"'
    assert (found[0].key, found[0].line, found[0].message) == ("enable.auto.commit", 7, message)


@pytest.mark.parametrize(
    ("given", "reset"),
    [("earliest", "earliest"), ("latest", "latest"), ("none", "none"), ("by_duration:P1D", "by_duration")],
)
def test_offsets_start_where_the_word_means(given: str, reset: str) -> None:
    assert consumer({"auto.offset.reset": given}).auto_offset_reset == reset


def test_a_group_that_is_not_given_is_a_notice() -> None:
    assert notices("consumer", {})["group.id"].message == "not given: taken as set by the application"


def test_the_java_defaults() -> None:
    found = consumer({})

    assert (found.isolation_level, found.group_protocol, found.stores_offset_itself) == (
        *("read_uncommitted", "classic"),
        True,
    )
    assert [name.rpartition(".")[2] for name in found.assignors] == ["RangeAssignor", "CooperativeStickyAssignor"]
    assert found.settings["session.timeout.ms"].value == "45000"


def test_under_the_new_protocol_the_broker_assigns() -> None:
    found = consumer({"group.protocol": "CONSUMER"})

    assert (found.group_protocol, found.assignors) == ("consumer", ())


def test_a_member_may_be_static() -> None:
    assert consumer({"group.instance.id": "a"}).group_instance_id == "a"


def test_what_is_assumed_is_one_notice() -> None:
    config: Config = {"enable.auto.commit": False, "group.id": "g"}

    assert notices("consumer", config)["consumer"].message == (
        "assumed about the application: commit = sync, commit_when = after-processing, "
        "processing = in-poll-loop, instances = 1, sink = plain, "
        "on_processing_failure = retry, on_revoke = nothing, close = clean"
    )


@pytest.mark.parametrize(
    ("more", "is_told"),
    [("", True), ('close = "none"', False), ("[consumer.config]\n'enable.auto.commit' = false", False)],
    ids=["closes", "just ends", "commits by itself"],
)
def test_who_crashes_may_close_its_consumer_and_commits_by_that(more: str, is_told: bool) -> None:
    found = read(f'[consumer]\non_processing_failure = "crash"\n{more}')

    assert any("loses what is not processed" in notice.message for notice in found.notices) is is_told


def test_a_transaction_needs_a_transactional_id() -> None:
    assert messages(TRANSACTION.format("")) == ['commit = "transaction" needs a transactional.id of the producer']


def test_a_transaction_needs_a_sink_in_kafka() -> None:
    text = '[producer.config]\n"transactional.id" = "t"\n[consumer]\ncommit = "transaction"\n'

    assert messages(text) == ['commit = "transaction" needs sink = "kafka"']


def test_a_transaction_may_have_both() -> None:
    found = read(TRANSACTION.format('[producer.config]\n"transactional.id" = "t"')).consumer

    assert found is not None
    assert (found.commit, found.sink) == ("transaction", "kafka")


def test_a_transaction_must_end_in_the_time_that_brokers_allow() -> None:
    config: Config = {"transactional.id": "t", "transaction.timeout.ms": 900001}

    (message,) = messages(side("producer", config))

    assert message.startswith("org.apache.kafka.common.errors.InvalidTxnTimeoutException: ")


@pytest.mark.parametrize("timeout", [5999, 1800001])
def test_a_session_must_last_as_long_as_brokers_allow(timeout: int) -> None:
    (message,) = messages(side("consumer", {"session.timeout.ms": timeout}))

    assert message.startswith("org.apache.kafka.common.errors.InvalidSessionTimeoutException: ")


def test_brokers_may_allow_other_sessions() -> None:
    text = side("consumer", {"session.timeout.ms": 5000}) + '[topic]\n"group.min.session.timeout.ms" = 1000\n'

    assert messages(text) == []


def test_a_reset_policy_that_is_not_given_is_told() -> None:
    found = read('[consumer]\nclient = "java"\n[consumer.config]\n"group.id" = "g"\n')

    assert "not given: the client's default is latest" in [notice.message for notice in found.notices]


@pytest.mark.parametrize(("instances", "is_told"), [(1, False), (2, True)])
def test_several_instances_need_several_instance_ids(instances: int, is_told: bool) -> None:
    config = '[consumer.config]\n"group.id" = "g"\n"group.instance.id" = "a"\n'
    found = read(f"[consumer]\ninstances = {instances}\n{config}")

    assert ("group.instance.id" in {notice.key for notice in found.notices}) == is_told
