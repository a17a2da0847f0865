import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.sources.boot.values import boolean, count, int_bytes, milliseconds, one_of, size_bytes
from tests.config.sources.applications import consumer, problems, producer

LARGEST_MS = 2**31 - 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("5000", "5000"),
        ("5000ms", "5000"),
        ("5s", "5000"),
        ("5S", "5000"),
        ("2m", "120000"),
        ("1h", "3600000"),
        ("1d", "86400000"),
        ("1500us", "1"),
        ("999999ns", "0"),
        ("PT5S", "5000"),
        ("pt1.5s", "1500"),
        ("P1DT1H1M1S", "90061000"),
        ("-PT5S", "-5000"),
        ("PT-1.5S", "-1500"),
        ("", None),
    ],
)
def test_a_duration_is_so_many_milliseconds(written: str, expected: str | None) -> None:
    assert milliseconds(written) == expected


@pytest.mark.parametrize("written", ["5 s", "5sec", "5w", "1.5s", "PT", "P", "5S5", "five"])
def test_any_other_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        milliseconds(written)


@given(st.integers(0, LARGEST_MS // 1000))
def test_all_ways_to_write_a_duration_are_the_same(seconds: int) -> None:
    assert milliseconds(f"{seconds}s") == milliseconds(f"PT{seconds}S") == milliseconds(f"{seconds * 1000}")


def test_a_duration_beyond_32_bits_overflows_as_in_java() -> None:
    assert milliseconds(str(LARGEST_MS)) == str(LARGEST_MS)
    assert milliseconds(str(LARGEST_MS + 1)) == str(-(2**31))


@pytest.mark.parametrize(
    ("written", "expected"),
    [("16384", "16384"), ("16KB", "16384"), ("1 MB", "1048576"), ("7B", "7"), ("1TB", "1099511627776"), ("", None)],
)
def test_a_size_is_so_many_bytes(written: str, expected: str | None) -> None:
    assert size_bytes(written) == expected


@pytest.mark.parametrize("written", ["16kb", "16K", "1.5MB", "large"])
def test_any_other_size_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        size_bytes(written)


def test_a_size_that_becomes_an_int_overflows() -> None:
    assert (size_bytes("2GB"), int_bytes("2GB")) == ("2147483648", "-2147483648")


@pytest.mark.parametrize(("written", "expected"), [("on", "true"), ("YES", "true"), ("0", "false"), (" ", None)])
def test_a_truth_value_has_several_words(written: str, expected: str | None) -> None:
    assert boolean(written) == expected


@pytest.mark.parametrize("written", ["maybe", "2", "t"])
def test_any_other_truth_value_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no truth value"):
        boolean(written)


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "many"])
def test_a_count_is_above_zero(written: str) -> None:
    with pytest.raises(ValueError, match="is no number above 0"):
        count(written)


@pytest.mark.parametrize("written", ["READ_COMMITTED", "read-committed", "readCommitted", "read committed"])
def test_a_constant_is_known_by_its_letters(written: str) -> None:
    assert one_of("read_uncommitted", "read_committed")(written) == "read_committed"


def test_types_are_those_of_spring() -> None:
    assert producer("spring.kafka.producer.batch-size=32KB\nspring.kafka.producer.buffer-memory=64MB") == {
        "batch.size": "32768",
        "buffer.memory": "67108864",
    }
    given_consumer = """\
spring.kafka.consumer.auto-commit-interval=1s
spring.kafka.consumer.fetch-max-wait=500
spring.kafka.consumer.fetch-min-size=1KB
spring.kafka.consumer.heartbeat-interval=PT3S
spring.kafka.consumer.max-poll-interval=5m
spring.kafka.consumer.max-poll-records=50
spring.kafka.consumer.isolation-level=READ_COMMITTED
"""
    assert consumer(given_consumer) == {
        "auto.commit.interval.ms": "1000",
        "fetch.max.wait.ms": "500",
        "fetch.min.bytes": "1024",
        "heartbeat.interval.ms": "3000",
        "max.poll.interval.ms": "300000",
        "max.poll.records": "50",
        "isolation.level": "read_committed",
        "enable.auto.commit": "false",
    }


def test_the_map_has_no_types() -> None:
    assert producer("spring.kafka.producer.properties.batch.size=32KB") == {"batch.size": "32KB"}


def test_what_can_not_be_bound_is_a_problem_with_its_line_and_key() -> None:
    assert problems("spring.kafka.producer.acks=all\nspring.kafka.consumer.isolation-level=serializable") == [
        "2: spring.kafka.consumer.isolation-level: Spring Boot can not bind spring.kafka.consumer.isolation-level: "
        "'serializable' is none of read_uncommitted, read_committed"
    ]
