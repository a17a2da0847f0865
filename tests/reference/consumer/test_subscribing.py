from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.subscribing import (
    MemberSubscription,
    decode_assignment,
    decode_subscription,
    encode_assignment,
    encode_subscription,
)
from tests.reference.consumer.kafka_python import decoded_assignment, encoded_subscription
from tests.reference.protocol.spoiling import spoilt

TOPIC = b"\0\0\0\1\0\1t"
NULL = b"\xff\xff\xff\xff"

partitions = st.lists(st.tuples(st.sampled_from(["a", "b", "topic"]), st.integers(0, 9)), unique=True, max_size=8).map(
    sorted
)


@given(partitions, st.integers(-1, 2**31 - 1), st.none() | st.binary(), st.none() | st.just("rack"))
def test_a_subscription_is_read_as_it_was_written(
    owned: list[TopicPartition], generation: int, user_data: bytes | None, rack_id: str | None
) -> None:
    subscription = MemberSubscription(("a", "b"), tuple(owned), generation, user_data, rack_id)

    assert decode_subscription(encode_subscription(subscription)) == subscription


def test_topics_are_written_in_order() -> None:
    data = encode_subscription(MemberSubscription(("b", "a")))

    assert decode_subscription(data).topics == ("a", "b")


def test_a_subscription_is_bytes_that_kafka_defines() -> None:
    data = encode_subscription(MemberSubscription(("t",), (("t", 1),), 7))

    assert data == (
        b"\x00\x03"  # version
        b"\x00\x00\x00\x01\x00\x01t"  # topics
        b"\xff\xff\xff\xff"  # no user data
        b"\x00\x00\x00\x01\x00\x01t\x00\x00\x00\x01\x00\x00\x00\x01"  # owned partitions
        b"\x00\x00\x00\x07"  # generation
        b"\xff\xff"  # no rack
    )


@pytest.mark.parametrize("version", [0, 1])
def test_older_subscriptions_tell_less(version: int) -> None:
    data = encoded_subscription(["a"], b"x", version)

    assert decode_subscription(data) == MemberSubscription(("a",), user_data=b"x")


def test_of_a_newer_subscription_what_is_known_is_read() -> None:
    data = encode_subscription(MemberSubscription(("a",), generation=4))

    assert decode_subscription(b"\x00\x09" + data[2:] + b"more").generation == 4


@given(partitions)
def test_an_assignment_is_read_as_it_was_written_also_by_kafka_python(assigned: list[TopicPartition]) -> None:
    data = encode_assignment(assigned)

    assert decode_assignment(data) == tuple(assigned)
    assert decoded_assignment(data) == assigned


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xff\x00\x00\x00\x00"])
def test_what_has_no_version_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="consumer protocol"):
        decode_assignment(data)


def test_no_rack_is_told_by_an_empty_one() -> None:
    data = encode_subscription(MemberSubscription(("a",), rack_id=""))

    assert decode_subscription(data).rack_id is None


@pytest.mark.parametrize("data", [b"\0\1" + NULL + NULL, b"\0\1" + TOPIC + NULL + NULL])
def test_null_is_no_list_of_what_is_assigned(data: bytes) -> None:
    with pytest.raises(ValueError, match="is null"):
        decode_assignment(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0" + NULL + NULL,
        b"\0\0\0\0\0\1\xff\xff" + NULL,
        b"\0\1" + TOPIC + NULL + NULL,
        b"\0\1" + TOPIC + NULL + TOPIC + NULL,
    ],
)
def test_null_is_no_list_of_what_is_wanted_or_owned(data: bytes) -> None:
    with pytest.raises(ValueError, match="is null"):
        decode_subscription(data)


@given(partitions, st.integers(0, 4), st.integers(0, 2**32))
def test_any_bytes_are_a_subscription_or_are_refused(owned: list[TopicPartition], version: int, seed: int) -> None:
    random = Random(seed)
    good = encode_subscription(MemberSubscription(("a", "b"), tuple(owned), 7, b"user", "rack"))
    for _ in range(20):
        raw = version.to_bytes(2) + spoilt(good[2:], random)
        try:
            subscription = decode_subscription(raw)
        except ValueError:
            continue
        assert encode_subscription(subscription)


@given(partitions, st.integers(0, 2**32))
def test_any_bytes_are_an_assignment_or_are_refused(assigned: list[TopicPartition], seed: int) -> None:
    random = Random(seed)
    good = encode_assignment(assigned)
    for _ in range(20):
        try:
            read = decode_assignment(spoilt(good, random))
        except ValueError:
            continue
        assert all(isinstance(topic, str) and isinstance(number, int) for topic, number in read)
