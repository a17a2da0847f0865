import pytest

from ackproof.config.pipeline import Notice, Topic
from tests.config.pipelines import problems, read

INVALID = "org.apache.kafka.common.errors.InvalidConfigurationException: "
CONFIG_EXCEPTION = "org.apache.kafka.common.config.ConfigException: "


def text(settings: str, kafka: str = "4.3") -> str:
    return f'kafka = "{kafka}"\n[producer]\n[topic]\n{settings}\n'


def topic(settings: str, kafka: str = "4.3") -> Topic:
    return read(text(settings, kafka)).topic


def notice(settings: str, key: str, kafka: str = "4.3") -> Notice | None:
    return next((notice for notice in read(text(settings, kafka)).notices if notice.key == key), None)


def test_the_defaults_are_those_of_kafka_and_three_replicas() -> None:
    found = topic("")

    assert (found.replication_factor, found.min_insync_replicas, found.unclean_leader_election) == (3, 1, False)
    assert (found.flush_messages, found.flush_ms) == (9223372036854775807, 9223372036854775807)


def test_what_is_given_counts() -> None:
    found = topic(
        "replication.factor = 2\nmin.insync.replicas = 2\nunclean.leader.election.enable = true\nflush.ms = 5"
    )

    assert (found.replication_factor, found.min_insync_replicas, found.unclean_leader_election) == (2, 2, True)
    assert found.flush_ms == 5
    assert found.settings["replication.factor"].line == 4


def test_a_key_of_the_brokers_counts() -> None:
    found = topic("log.flush.interval.messages = 1\ndefault.replication.factor = 5")

    assert (found.flush_messages, found.replication_factor) == (1, 5)


def test_a_key_of_the_topic_beats_that_of_the_brokers() -> None:
    found = topic(
        "flush.messages = 7\nlog.flush.interval.messages = 1\nreplication.factor = 2\ndefault.replication.factor = 5"
    )

    assert (found.flush_messages, found.replication_factor) == (7, 2)


@pytest.mark.parametrize(("kafka", "is_unclean"), [("0.10", True), ("0.11", False), ("2.8", False)])
def test_unclean_election_by_default(kafka: str, is_unclean: bool) -> None:
    assert topic("", kafka).unclean_leader_election == is_unclean


@pytest.mark.parametrize(
    ("settings", "key", "message"),
    [
        (
            "min.insync.replicas = 0",
            "min.insync.replicas",
            f"{INVALID}Invalid value 0 for configuration min.insync.replicas: Value must be at least 1",
        ),
        (
            "log.flush.interval.messages = 0",
            "log.flush.interval.messages",
            f"{CONFIG_EXCEPTION}Invalid value 0 for configuration log.flush.interval.messages: "
            "Value must be at least 1",
        ),
        (
            "replication.factor = 0",
            "replication.factor",
            "org.apache.kafka.common.errors.InvalidReplicationFactorException: "
            "Replication factor must be larger than 0.",
        ),
        (
            "replication.factor = 'x'",
            "replication.factor",
            f"{CONFIG_EXCEPTION}Invalid value x for configuration replication.factor: Not a number of type SHORT",
        ),
        (
            "cleanup.policy = 'delete,shrink'",
            "cleanup.policy",
            f"{INVALID}Invalid value delete,shrink for configuration cleanup.policy: "
            "String must be one of: compact, delete",
        ),
        (
            "min.insync.replica = 2",
            "min.insync.replica",
            "Unknown topic config name: min.insync.replica; did you mean min.insync.replicas?",
        ),
    ],
)
def test_kafka_refuses(settings: str, key: str, message: str) -> None:
    assert [(problem.key, problem.line, problem.message) for problem in problems(text(settings))] == [(key, 4, message)]


def test_flush_ms_alone_is_no_guarantee() -> None:
    found = notice("flush.ms = 1", "flush.ms")

    assert found is not None
    assert found.line == 4


@pytest.mark.parametrize("policy", ["compact", "delete,compact"])
def test_compaction_is_told_to_be_left_out(policy: str) -> None:
    assert notice(f"cleanup.policy = '{policy}'", "cleanup.policy") is not None


def test_deletion_needs_no_warning() -> None:
    assert notice("cleanup.policy = 'delete'", "cleanup.policy") is None


def test_flush_messages_of_one_needs_no_warning() -> None:
    assert notice("flush.ms = 1\nflush.messages = 1", "flush.ms") is None


@pytest.mark.parametrize(("kafka", "what"), [("3.7", "apply it as 2"), ("3.6", "every write with acks=all fails")])
def test_more_in_sync_replicas_than_replicas_is_a_notice(kafka: str, what: str) -> None:
    found = notice("replication.factor = 2\nmin.insync.replicas = 3", "min.insync.replicas", kafka)

    assert found is not None
    assert what in found.message


def test_a_key_that_only_brokers_of_other_versions_know_is_a_notice() -> None:
    assert notice("'zookeeper.connect' = 'z'", "zookeeper.connect") is not None


def test_a_key_that_nobody_knows_is_refused_with_the_nearest() -> None:
    (problem,) = problems(text("xyz = 1"))

    assert problem.message.startswith("Unknown topic config name: xyz; did you mean ")


def test_given_replicas_are_not_assumed() -> None:
    assert notice("replication.factor = 3", "replication.factor") is None


def test_nothing_is_said_of_settings_that_a_reader_does_not_depend_on() -> None:
    found = read('[consumer]\nclient = "java"\n[consumer.config]\n"group.id" = "g"\n')

    assert not {notice.key for notice in found.notices} & {"replication.factor", "min.insync.replicas"}


@pytest.mark.parametrize(
    ("at_most", "replicas", "is_hidden"), [(2, 3, True), (3, 3, False), (2, 2, False), (0, 3, False)]
)
def test_too_few_faults_for_an_unclean_election_are_said(at_most: int, replicas: int, is_hidden: bool) -> None:
    settings = f"unclean.leader.election.enable = true\nreplication.factor = {replicas}\n[faults]\nat_most = {at_most}"

    found = notice(settings, "unclean.leader.election.enable")

    assert (found is not None) is is_hidden
    if found is not None:
        assert (found.line, found.message.split(",")[0]) == (4, "such an election takes 3 faults")


@pytest.mark.parametrize(
    ("settings", "is_told"), [("", False), ("broker.id = 1", True), ("broker.id = 1\nreplication.factor = 3", False)]
)
def test_topics_that_brokers_create_by_themselves_have_what_brokers_say(settings: str, is_told: bool) -> None:
    told = notice(settings, "replication.factor")

    assert ("default.replication.factor, by default 1" in (told.message if told else "")) is is_told


def test_a_key_of_a_release_that_was_not_asked_is_passed_over() -> None:
    told = notice("process.roles = 'broker'", "process.roles", "3.4"), notice("node.id = 1", "node.id", "2.8")

    assert (told[0], told[1] is not None) == (None, True)


def test_of_very_many_unknown_keys_only_the_first_get_a_hint() -> None:
    keys = "\n".join(f'"my.own.{number}" = 1' for number in range(22))

    said = [problem.message for problem in problems(text(keys))]

    assert ["did you mean" in message for message in said] == [True] * 20 + [False] * 2
