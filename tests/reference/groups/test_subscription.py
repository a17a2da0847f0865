"""What consumers say in the classic protocol, as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.subscription import (
    Assignment,
    MalformedError,
    Subscription,
    read_assignment,
    read_subscription,
    read_topics,
    read_version,
    written_assignment,
    written_subscription,
)

names = st.text(st.characters(min_codepoint=45, max_codepoint=122), min_size=1, max_size=5)
partitions = st.dictionaries(names, st.lists(st.integers(0, 99), max_size=3).map(tuple), max_size=3)
subscriptions = st.builds(
    Subscription,
    st.lists(names, max_size=4).map(tuple),
    partitions.map(lambda of: tuple(of.items())),
    st.integers(-1, 99),
    st.none() | names,
)

WRITTEN = written_subscription(Subscription(("t",), (("t", (1,)),), 3, "rack"))


@given(subscriptions)
def test_a_subscription_is_read_as_it_was_written(subscription: Subscription) -> None:
    assert read_subscription(written_subscription(subscription)) == subscription
    assert read_topics(written_subscription(subscription)) == frozenset(subscription.topics)


@pytest.mark.parametrize(
    ("version", "read"),
    [
        (0, Subscription(("t",))),
        (1, Subscription(("t",), (("t", (1,)),))),
        (2, Subscription(("t",), (("t", (1,)),), 3)),
        (3, Subscription(("t",), (("t", (1,)),), 3, "rack")),
    ],
)
def test_older_versions_say_less(version: int, read: Subscription) -> None:
    said = Subscription(("t",), (("t", (1,)),), 3, "rack")

    assert read_subscription(written_subscription(said, version)) == read


def test_a_newer_version_is_read_as_the_newest_known() -> None:
    newer = b"\0\x09" + WRITTEN[2:] + b"what nobody knows"

    assert read_version(newer) == 3
    assert read_subscription(newer) == read_subscription(WRITTEN)


@given(partitions)
def test_an_assignment_is_read_as_it_was_written(of: dict[str, tuple[int, ...]]) -> None:
    assert read_assignment(written_assignment(of, 3)) == Assignment(tuple(of.items()))


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff\xff", b"\0\3\0\0", WRITTEN[:-7]])
def test_bytes_that_end_within_a_number_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_subscription(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\3\x7f\xff\xff\xff",
        b"\0\3\xff\xff\xff\xff",
        b"\0\3\0\0\0\1\0\x09t",
        b"\0\3\0\0\0\1\xff\xff",
    ],
)
def test_lengths_that_cannot_be_are_not_expected(data: bytes) -> None:
    with pytest.raises(UnexpectedError):
        read_subscription(data)
