import pytest
from confluent_kafka import KafkaError, KafkaException

from ackproof.histories.recording.outcomes import outcome
from tests.reference.serving.kafka_python import errors

NAMES = KafkaError


@pytest.mark.parametrize(
    "code",
    [
        NAMES.TOPIC_AUTHORIZATION_FAILED,
        NAMES.UNKNOWN_TOPIC_OR_PART,
        NAMES.INVALID_PRODUCER_EPOCH,
        NAMES.OUT_OF_ORDER_SEQUENCE_NUMBER,
        NAMES.MSG_SIZE_TOO_LARGE,
        NAMES._FENCED,
        NAMES._UNKNOWN_PARTITION,
    ],
)
def test_what_was_refused_did_not_happen(code: int) -> None:
    assert outcome(KafkaException(KafkaError(code))) == "fail"


@pytest.mark.parametrize(
    "code",
    [
        NAMES.NOT_LEADER_FOR_PARTITION,
        NAMES.REQUEST_TIMED_OUT,
        NAMES.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        NAMES._MSG_TIMED_OUT,
        NAMES._PURGE_INFLIGHT,
        NAMES._TRANSPORT,
    ],
)
def test_of_what_may_have_happened_nobody_knows(code: int) -> None:
    assert outcome(KafkaError(code)) == "info"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ProducerFencedError", "fail"),
        ("TopicAuthorizationFailedError", "fail"),
        ("NotLeaderForPartitionError", "info"),
        ("KafkaTimeoutError", "info"),
        ("KafkaConnectionError", "info"),
    ],
)
def test_exceptions_of_kafka_python_are_told_apart_by_kafkas_numbers(name: str, expected: str) -> None:
    assert outcome(getattr(errors, name)()) == expected


def test_an_exception_of_the_application_says_nothing() -> None:
    assert outcome(KeyboardInterrupt()) == "info"
