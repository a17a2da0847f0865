from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.assignor import (
    Assignment,
    Assignor,
    Counts,
    Range,
    RoundRobin,
    Subscriptions,
)
from ackproof.reference.consumer.assignors.sticky import (
    Claimed,
    CooperativeSticky,
    Sticky,
    decode_claim,
    encode_claim,
)
from ackproof.reference.consumer.assignors.subscribing import MemberSubscription
from tests.reference.consumer.kafka_python import assigned

TOPICS = ("a", "b", "c")
counts = st.dictionaries(st.sampled_from(TOPICS), st.integers(0, 7), max_size=3)
topics = st.sets(st.sampled_from(TOPICS), min_size=1).map(lambda wanted: tuple(sorted(wanted)))


def members(*wanted: tuple[str, ...]) -> dict[str, MemberSubscription]:
    return {f"m{number}": MemberSubscription(of) for number, of in enumerate(wanted)}


def everything(counts: Counts, subscriptions: Subscriptions) -> set[TopicPartition]:
    wanted = {topic for subscription in subscriptions.values() for topic in subscription.topics}
    return {(topic, number) for topic in wanted & set(counts) for number in range(counts[topic])}


def flat(assignment: Assignment) -> list[TopicPartition]:
    return sorted(partition for share in assignment.values() for partition in share)


def test_ranges_are_cut_topic_by_topic() -> None:
    shares = Range().assign({"a": 3, "b": 3}, members(("a", "b"), ("a", "b")))

    assert shares == {
        "m0": (("a", 0), ("a", 1), ("b", 0), ("b", 1)),
        "m1": (("a", 2), ("b", 2)),
    }


def test_partitions_are_dealt_out_over_all_topics() -> None:
    shares = RoundRobin().assign({"a": 3, "b": 3}, members(("a", "b"), ("a", "b")))

    assert shares == {
        "m0": (("a", 0), ("a", 2), ("b", 1)),
        "m1": (("a", 1), ("b", 0), ("b", 2)),
    }


def test_who_does_not_subscribe_to_a_topic_is_passed_over() -> None:
    shares = RoundRobin().assign({"a": 1, "b": 2, "c": 3}, members(("a",), ("a", "b"), ("a", "b", "c")))

    assert shares == {"m0": (("a", 0),), "m1": (("b", 0),), "m2": (("b", 1), ("c", 0), ("c", 1), ("c", 2))}


def test_static_members_keep_their_places_whatever_their_ids() -> None:
    def of(member_id: str) -> Subscriptions:
        return {
            "dynamic": MemberSubscription(("a",)),
            member_id: MemberSubscription(("a",), group_instance_id="instance"),
        }

    first, second = (Range().assign({"a": 3}, of(member_id)) for member_id in ("zzz", "aaa"))

    assert first["zzz"] == second["aaa"] == (("a", 0), ("a", 1))


@given(counts, st.lists(topics, min_size=1, max_size=5))
def test_ranges_are_those_of_kafka_python(counts: dict[str, int], wanted: list[tuple[str, ...]]) -> None:
    subscriptions = members(*wanted)

    assert Range().assign(counts, subscriptions) == assigned("range", counts, subscriptions)


@given(counts, topics, st.integers(1, 5))
def test_partitions_are_dealt_out_as_by_kafka_python(
    counts: dict[str, int], wanted: tuple[str, ...], size: int
) -> None:
    subscriptions = members(*[wanted] * size)

    assert RoundRobin().assign(counts, subscriptions) == assigned("roundrobin", counts, subscriptions)


@pytest.mark.parametrize("assignor", [Range(), RoundRobin(), Sticky(), CooperativeSticky()])
@given(counts, st.lists(topics, min_size=1, max_size=5))
def test_every_partition_goes_to_one_member_that_wants_it(
    assignor: Assignor, counts: dict[str, int], wanted: list[tuple[str, ...]]
) -> None:
    subscriptions = members(*wanted)

    shares = assignor.assign(counts, subscriptions)

    assert flat(shares) == sorted(everything(counts, subscriptions))
    assert all(topic in subscriptions[member].topics for member, share in shares.items() for topic, _ in share)


def with_owned(subscriptions: Subscriptions, shares: Mapping[str, tuple[TopicPartition, ...]]) -> Subscriptions:
    return {
        member: MemberSubscription(of.topics, shares.get(member, ()), 1 if member in shares else -1)
        for member, of in subscriptions.items()
    }


@given(counts, st.lists(topics, min_size=1, max_size=5))
def test_nobody_loses_anything_where_nothing_has_changed(counts: dict[str, int], wanted: list[tuple[str, ...]]) -> None:
    subscriptions = members(*wanted)
    shares = CooperativeSticky().assign(counts, subscriptions)

    again = CooperativeSticky().assign(counts, with_owned(subscriptions, shares))

    assert {member: set(share) for member, share in again.items()} == {m: set(share) for m, share in shares.items()}


@given(counts, topics, st.integers(1, 4), st.integers(1, 5))
def test_cooperative_members_get_nothing_that_another_one_has(
    counts: dict[str, int], wanted: tuple[str, ...], before: int, after: int
) -> None:
    shares = CooperativeSticky().assign(counts, members(*[wanted] * before))
    claims = with_owned(members(*[wanted] * after), shares)

    first_round = CooperativeSticky().assign(counts, claims)

    for member, share in first_round.items():
        others = {p for other, of in claims.items() if other != member for p in of.owned}
        assert not set(share) & others


@given(counts, topics, st.integers(1, 4), st.integers(1, 5))
def test_two_rounds_make_numbers_equal_up_to_one(
    counts: dict[str, int], wanted: tuple[str, ...], before: int, after: int
) -> None:
    shares = CooperativeSticky().assign(counts, members(*[wanted] * before))
    group = members(*[wanted] * after)
    for _ in range(2):
        shares = CooperativeSticky().assign(counts, with_owned(group, shares))

    sizes = [len(share) for share in shares.values()]
    assert flat(shares) == sorted(everything(counts, group))
    assert max(sizes) - min(sizes) <= 1


def test_a_member_that_joins_takes_from_others_no_more_than_it_needs() -> None:
    before = {"m0": (("a", 0), ("a", 1), ("a", 2)), "m1": (("a", 3), ("a", 4), ("a", 5))}

    shares = CooperativeSticky().assign({"a": 6}, with_owned(members(("a",), ("a",), ("a",)), before))

    assert (len(shares["m0"]), len(shares["m1"]), len(shares["m2"])) == (2, 2, 0)


def test_of_two_claims_that_of_the_later_generation_counts() -> None:
    subscriptions = {
        "m0": MemberSubscription(("a",), (("a", 0),), generation=2),
        "m1": MemberSubscription(("a",), (("a", 0), ("a", 1)), generation=1),
    }

    assert CooperativeSticky().assign({"a": 2}, subscriptions) == {"m0": (("a", 0),), "m1": (("a", 1),)}


def test_eager_members_tell_what_they_had_beside_their_subscription() -> None:
    first, second = Sticky(), Sticky()
    first.assigned((("a", 1),), 4)
    second.assigned((("a", 0),), 4)
    subscriptions = {
        "m0": MemberSubscription(("a",), user_data=first.user_data()),
        "m1": MemberSubscription(("a",), user_data=second.user_data()),
    }

    assert Sticky().assign({"a": 2}, subscriptions) == {"m0": (("a", 1),), "m1": (("a", 0),)}


@given(st.lists(st.tuples(st.sampled_from(TOPICS), st.integers(0, 99)), unique=True), st.integers(-1, 2**31 - 1))
def test_what_a_member_had_is_read_as_it_was_written(partitions: list[TopicPartition], generation: int) -> None:
    claim = Claimed(tuple(sorted(partitions)), generation)

    assert decode_claim(encode_claim(claim)) == claim


def test_what_a_member_had_is_bytes_that_kafka_defines() -> None:
    data = encode_claim(Claimed((("t", 2),), 7))

    assert data == b"\x00\x00\x00\x01\x00\x01t\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x07"
    assert decode_claim(data[:-4]) == Claimed((("t", 2),), -1)


@given(st.binary(max_size=12))
def test_what_can_not_be_read_is_nothing(data: bytes) -> None:
    assert isinstance(decode_claim(data), Claimed)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff\0\0\0\7",
        b"\x7f\xff\xff\xff" + b"\0\0\0\0\0\0" + b"\xff\xfa\0\0",
        b"\x7f\xff\xff\xff" + b"\0\0\xff\xff\xff\xfe" + b"\0\0",
    ],
)
def test_what_has_fewer_than_none_of_something_is_nothing(data: bytes) -> None:
    assert decode_claim(data) == Claimed()


@given(st.lists(topics, min_size=2, max_size=4), counts)
def test_where_members_want_different_topics_nobody_has_two_less_that_could_take_one(
    wanted: list[tuple[str, ...]], counts: dict[str, int]
) -> None:
    subscriptions = members(*wanted)

    shares = Sticky().assign(counts, subscriptions)

    for share in shares.values():
        for topic, _ in share:
            takers = [member for member, of in subscriptions.items() if topic in of.topics]
            assert all(len(shares[taker]) + 1 >= len(share) for taker in takers)
