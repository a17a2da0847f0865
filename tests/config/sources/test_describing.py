"""
What Kafka's tools print.

The files in ``printed`` were printed by the tools of the release in their names; of the settings of a broker some
defaults are left out.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.files.problems import Remarks
from ackproof.config.sources.describing import command, is_output, parts_in
from ackproof.config.sources.part import Part
from tests.config.sources.reading import lines

PRINTED = Path(__file__).parent / "printed"
ALTER = "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type"

HEADER = "Topic: payments\tTopicId: Jl10W6TNQ0qRcQ-kupGJaQ\tPartitionCount: 1\tReplicationFactor: 3\tConfigs: "


def printed(name: str) -> str:
    return (PRINTED / f"{name}.txt").read_text()


def read(text: str) -> dict[tuple[str, str | None], Part]:
    remarks = Remarks()
    found = parts_in(text, "printed.txt", remarks)
    assert remarks.problems == []
    return {(part.side, part.name): part for part in found}


def values(part: Part) -> dict[str, str | None]:
    return {setting.key: setting.value for setting in part.settings}


@pytest.mark.parametrize("file", sorted(PRINTED.glob("*.txt")), ids=lambda file: file.stem)
def test_what_the_tools_print_is_told_from_properties_and_read(file: Path) -> None:
    assert is_output(file.read_text())
    assert read(file.read_text())


@pytest.mark.parametrize(
    "text",
    ["", "acks=all\n", "# Topic: payments\nretention.ms=1\n", "Topic=1\nConfigs=2\n", "{}", "Topic: payments\n"],
)
def test_other_files_are_not_taken_for_output(text: str) -> None:
    assert not is_output(text)


@pytest.mark.parametrize(("release", "replicas"), [("2.8.2", "1"), ("3.9.2", "2"), ("4.3.1", "2")])
def test_a_topic_has_what_is_set_and_its_replication_factor(release: str, replicas: str) -> None:
    topic = read(printed(f"topics-{release}"))["topic", "payments"]

    assert (
        values(topic).items()
        >= {
            "replication.factor": replicas,
            "min.insync.replicas": "1",
            "cleanup.policy": "compact,delete",
            "retention.ms": "1000000",
        }.items()
    )


def test_each_setting_has_the_line_of_its_topic() -> None:
    found = read(printed("topics-4.3.1"))

    assert lines(found["topic", "orders"].settings) == {
        "replication.factor": ("2", 1),
        "min.insync.replicas": ("2", 1),
        "max.message.bytes": ("2000000", 1),
        "unclean.leader.election.enable": ("true", 1),
    }
    assert lines(found["topic", "payments"].settings)["replication.factor"] == ("2", 3)


def test_of_all_settings_of_a_topic_those_are_kept_that_somebody_has_set() -> None:
    topic = read(printed("all-topic-configs-4.3.1"))["topic", "orders"]

    # The retention comes from log.retention.hours=72 of the broker, which has no synonym.
    assert lines(topic.settings) == {
        "max.message.bytes": ("2000000", 17),
        "min.insync.replicas": ("2", 23),
        "retention.ms": ("259200000", 29),
        "unclean.leader.election.enable": ("true", 34),
    }


def test_topics_keep_their_dynamic_settings_and_may_have_none() -> None:
    found = read(printed("topic-configs-4.3.1"))

    assert values(found["topic", "payments"]) == {
        "cleanup.policy": "compact,delete",
        "min.insync.replicas": "1",
        "retention.ms": "1000000",
    }
    assert values(found["topic", "orders"]) == {}


def test_what_all_brokers_have_is_worked_into_each() -> None:
    found = read(printed("broker-configs-4.3.1"))

    common = {"message.max.bytes": "2000000", "min.insync.replicas": "2", "unclean.leader.election.enable": "true"}
    assert {key: values(part) for key, part in found.items()} == {
        ("broker", "1"): {**common, "log.cleaner.threads": "2"},
        ("broker", "2"): common,
    }


def test_what_all_brokers_have_stands_for_them_where_none_is_described() -> None:
    text = printed("broker-configs-4.3.1")

    found = read(text[text.index("Default configs") :])

    assert list(found) == [("broker", None)]
    assert found["broker", None].instead == f"{ALTER} brokers --entity-default --add-config"


def test_of_a_broker_secrets_and_defaults_are_left_out() -> None:
    broker = read(printed("all-broker-configs-4.3.1"))["broker", "1"]

    found = values(broker)
    assert found["log.retention.hours"] == "72"
    assert found["listeners"] == "PLAINTEXT://127.0.0.1:19401,CONTROLLER://127.0.0.1:19400"
    assert "ssl.truststore.password" in printed("all-broker-configs-4.3.1")
    assert not found.keys() & {"ssl.truststore.password", "sasl.jaas.config", "log.retention.ms", "log.retention.bytes"}


def test_outputs_that_follow_each_other_are_one_and_the_last_counts() -> None:
    noise = "$ kafka-configs.sh --describe\nWARNING: the class path is long\n\n"

    found = read(printed("topics-4.3.1") + noise + printed("all-topic-configs-4.3.1") + printed("broker-configs-4.3.1"))

    assert list(found) == [("topic", "orders"), ("topic", "payments"), ("broker", "1"), ("broker", "2")]
    assert lines(found["topic", "orders"].settings) == {
        "replication.factor": ("2", 1),
        "min.insync.replicas": ("2", 32),
        "max.message.bytes": ("2000000", 26),
        "unclean.leader.election.enable": ("true", 43),
        "retention.ms": ("259200000", 38),
    }


def test_fewer_in_sync_replicas_than_replicas_are_noted() -> None:
    remarks = Remarks()

    parts_in(printed("under-replicated-4.3.1"), "printed.txt", remarks)
    parts_in(printed("topics-4.3.1"), "printed.txt", remarks)

    assert [(notice.key, notice.message, notice.line) for notice in remarks.notices] == [
        ("replication.factor", "3 of 3 partitions of payments had fewer in-sync replicas than replicas", 2)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Topic:payments\tPartitionCount:1\tReplicationFactor:3\tConfigs:min.insync.replicas=2,a.b=c\tMarkedForDeletion:true",
        "Topic: payments\tPartitionCount: 1\tReplicationFactor: 3\tConfigs: min.insync.replicas=2,a.b=c",
        "Topic: payments PartitionCount: 1 ReplicationFactor: 3 Configs: min.insync.replicas=2,a.b=c",
        f"\ufeff{HEADER}min.insync.replicas=2,a.b=c\r",
    ],
)
def test_topics_of_older_releases_and_with_other_white_space_are_read(text: str) -> None:
    found = read(f"{text}\n\tTopic: payments\tPartition: 0\tLeader: none\tReplicas: 1,2,3\tIsr: \n")

    assert values(found["topic", "payments"]) == {"replication.factor": "3", "min.insync.replicas": "2", "a.b": "c"}


def test_what_zookeeper_kept_of_topics_and_brokers_is_read() -> None:
    found = read(
        "Configs for topic 'payments' are cleanup.policy=compact,delete,retention.ms=5\n"
        "Configs for brokers '1' are \nConfigs for client-id 'a' are producer_byte_rate=1\n"
    )

    assert {key: values(part) for key, part in found.items()} == {
        ("topic", "payments"): {"cleanup.policy": "compact,delete", "retention.ms": "5"},
        ("broker", "1"): {},
    }


def test_settings_of_anything_else_are_passed_over() -> None:
    text = "Dynamic configs for broker-logger 1 are:\n  kafka=DEBUG sensitive=false synonyms={}\n  and more\n"

    assert read(text) == {}


def test_a_line_that_is_cut_off_is_refused() -> None:
    remarks = Remarks()
    cut = printed("all-topic-configs-4.3.1")[:200]

    parts_in(cut + "\nTopic: a\tPartitionCount: 1\tReplicationFactor: 3\n", "printed.txt", remarks)

    assert [str(problem) for problem in remarks.problems] == [
        "printed.txt:3: no setting as kafka-configs.sh prints it: compression.gzip.level=-1 sensitive=false "
        "synonyms={DEFAULT_CONFIG:compr",
        "printed.txt:4: the line of a has no Configs: it is cut off",
    ]


def test_nothing_that_was_printed_can_be_written_and_the_command_is_told() -> None:
    topic = read(printed("topics-4.3.1"))["topic", "payments"]

    assert topic.slot("min.insync.replicas") is None
    assert topic.instead is not None
    alter = f"{ALTER} topics --entity-name payments --add-config"
    assert command(topic.instead, "min.insync.replicas", "2") == f"{alter} min.insync.replicas=2"
    assert command(topic.instead, "cleanup.policy", "a,b") == f"{alter} cleanup.policy=[a,b]"
    assert command(topic.instead, "replication.factor", "3").startswith("kafka-reassign-partitions.sh ")


KEYS = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){0,3}", fullmatch=True)
VALUES = st.lists(st.from_regex(r"[A-Za-z0-9_:*-]{1,10}", fullmatch=True), max_size=3).map(",".join)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_settings_are_read_as_they_were_set(settings: dict[str, str]) -> None:
    header = HEADER + ",".join(f"{key}={value}" for key, value in settings.items())
    entries = [
        f"  {key}={value} sensitive=false synonyms={{DYNAMIC_TOPIC_CONFIG:{key}={value}, DEFAULT_CONFIG:log.{key}=}}"
        for key, value in settings.items()
    ]

    topic = read(header)["topic", "payments"]
    dynamic = read("\n".join(["Dynamic configs for topic payments are:", *entries]))["topic", "payments"]

    assert values(topic) == {"replication.factor": "3", **settings}
    assert values(dynamic) == settings
