from pathlib import Path

import pytest

from ackproof.config.reading import pipeline_in, read_pipeline
from tests.config.sources.applications import in_properties, notices, part, problems, values, words

CONSUMER = "spring.kafka.consumer.group-id=shop\n"
PREFIX = "spring.kafka.producer.transaction-id-prefix=tx-\n"
BATCH = "spring.kafka.listener.type=batch\n"


def said(lines: str) -> dict[str, str | None]:
    return words(part(in_properties(CONSUMER + lines), "consumer"))


def test_by_default_the_container_commits_and_waits_for_it() -> None:
    found = part(in_properties(CONSUMER), "consumer")

    assert words(found) == {
        "commit": "sync",
        "commit_when": "after-processing",
        "processing": "in-poll-loop",
        "on_processing_failure": "skip",
        "on_revoke": "commit",
        "close": "clean",
    }
    assert {word.file for word in found.words.values()} == {None}


@pytest.mark.parametrize("mode", ["record", "BATCH", "time", "count", "COUNT_TIME", "countTime"])
def test_in_most_modes_the_container_commits_what_was_processed(mode: str) -> None:
    found = said(f"spring.kafka.listener.ack-mode={mode}")

    assert (found["commit"], found["commit_when"]) == ("sync", "after-processing")


@pytest.mark.parametrize("mode", ["manual", "MANUAL_IMMEDIATE", "manual-immediate"])
def test_when_a_listener_acknowledges_is_not_for_spring_to_say(mode: str) -> None:
    found = said(f"spring.kafka.listener.ack-mode={mode}")

    assert found["commit"] == "sync"
    assert "commit_when" not in found


def test_a_word_that_is_given_has_its_line() -> None:
    lines = "spring.kafka.listener.ack-mode=record\nspring.kafka.listener.concurrency=3"
    found = part(in_properties(CONSUMER + lines), "consumer")

    assert {key: word.line for key, word in found.words.items() if word.file} == {"commit": 2, "instances": 3}
    assert words(found)["instances"] == "3"


def test_a_client_that_commits_by_itself_is_left_alone() -> None:
    found = said("spring.kafka.consumer.enable-auto-commit=true")

    assert (found["commit"], found["on_revoke"]) == ("auto", "nothing")


def test_with_a_prefix_listeners_run_in_transactions() -> None:
    found = said(PREFIX)

    assert (found["commit"], found["sink"], found["on_revoke"]) == ("transaction", "kafka", "nothing")
    assert notices(CONSUMER + PREFIX) == [
        "2: spring.kafka.producer.transaction-id-prefix: with it Spring Boot makes a KafkaTransactionManager, "
        "and listeners run in its transactions"
    ]


def test_a_transactional_id_without_a_prefix_makes_no_transactions_of_listeners() -> None:
    assert said("spring.kafka.producer.properties.transactional.id=tx")["commit"] == "sync"


def test_a_record_that_fails_is_passed_over_at_last() -> None:
    assert said(BATCH)["on_processing_failure"] == "skip"
    assert said(PREFIX)["on_processing_failure"] == "skip"


def test_a_batch_that_is_rolled_back_is_tried_for_ever() -> None:
    assert said(PREFIX + BATCH)["on_processing_failure"] == "retry"


def test_behind_topics_for_retries_is_one_for_dead_letters() -> None:
    assert said("spring.kafka.retry.topic.enabled=true")["on_processing_failure"] == "dead-letter"
    assert said("spring.kafka.retry.topic.enabled=false")["on_processing_failure"] == "skip"


def test_auto_commit_and_acknowledging_exclude_each_other() -> None:
    lines = "spring.kafka.listener.ack-mode=manual\nspring.kafka.consumer.enable-auto-commit=true"

    assert problems(lines) == [
        "1: spring.kafka.listener.ack-mode: java.lang.IllegalStateException: "
        "Consumer cannot be configured for auto commit for ackMode MANUAL"
    ]


def test_a_batch_is_not_committed_record_by_record() -> None:
    assert problems(BATCH + "spring.kafka.listener.ack-mode=record") == [
        "2: spring.kafka.listener.ack-mode: java.lang.IllegalStateException: "
        "Cannot use AckMode.RECORD with a batch listener"
    ]


def test_a_container_that_commits_seldom_is_told() -> None:
    assert notices("spring.kafka.listener.ack-mode=time") == [
        "1: spring.kafka.listener.ack-mode: TIME commits less often than once a poll, as it is judged here"
    ]


def test_a_container_has_at_least_one_consumer() -> None:
    (problem,) = problems("spring.kafka.listener.concurrency=0")

    assert problem.endswith("'0' is no number above 0")


@pytest.mark.parametrize(
    "lines",
    [
        "spring.kafka.producer.acks=all\n",
        "spring.kafka.producer.acks=all\nspring.kafka.listener.ack-mode=manual\nspring.kafka.listener.concurrency=2",
        "spring.kafka.producer.acks=all\nspring.kafka.consumer.enable-auto-commit=true",
        PREFIX + BATCH,
    ],
)
def test_a_pipeline_can_be_as_the_words_say(lines: str) -> None:
    parts = in_properties(CONSUMER + lines)
    consumer = part(parts, "consumer")
    told = {key: int(word) if word and word.isdigit() else word for key, word in words(consumer).items()}
    sides = {"producer": {"config": values(part(parts, "producer"))}, "consumer": {"config": values(consumer), **told}}

    found = pipeline_in({"kafka": "4.0", **sides}).consumer
    assert found is not None
    assert (found.commit, found.instances) == (told["commit"], told.get("instances", 1))


@pytest.mark.parametrize(
    ("mode", "said", "is_before", "notices"),
    [
        ("batch", "", True, 0),
        ("batch", 'commit_when = "after-processing"\n', False, 1),
        ("manual", "", False, 0),
    ],
    ids=["by itself", "by itself, and said otherwise", "by hand"],
)
def test_a_container_commits_what_other_threads_have_not_processed(
    tmp_path: Path, mode: str, said: str, is_before: bool, notices: int
) -> None:
    (tmp_path / "application.properties").write_text(CONSUMER + f"spring.kafka.listener.ack-mode={mode}\n")
    table = f'[consumer]\nproperties = "application.properties"\nprocessing = "handed-off"\n{said}'
    (tmp_path / "shop.ackproof.toml").write_text(table)

    found = read_pipeline(tmp_path / "shop.ackproof.toml")

    assert found.consumer is not None
    assert (found.consumer.commit_when == "before-processing") is is_before
    assert (
        sum("a container commits once the listener has returned" in each.message for each in found.notices) == notices
    )
