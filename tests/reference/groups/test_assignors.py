"""The server's assignors: whatever members had and subscribe to, what they are assigned is whole, fair and steady."""

from collections.abc import Mapping

import attrs
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.groups.assignors import ranges_kept, uniform_in_order
from ackproof.reference.groups.modern.assigning import ASSIGNORS, uniform
from ackproof.reference.groups.modern.member import Partition, Partitions
from ackproof.reference.groups.modern.older import of_each_topic, of_everything
from ackproof.reference.groups.modern.ranges import ranges
from ackproof.reference.groups.modern.spec import Spec, Targets
from tests.reference.groups.scene import topic_id

TOPICS = {"a": 1, "b": 4, "c": 7}
MEMBERS = ("one", "two", "three", "four", "five")

subscriptions = st.frozensets(st.sampled_from(sorted(TOPICS)))
assignors = st.sampled_from(sorted(ASSIGNORS))


def spec(
    subscribed: Mapping[str, frozenset[str]],
    targets: Mapping[str, Partitions] | None = None,
    instances: Mapping[str, str] | None = None,
) -> Spec:
    """A group whose members subscribe to these topics, and have these targets so far."""
    of_members = {member: (targets or {}).get(member, frozenset[Partition]()) for member in subscribed}
    topics = sorted({topic for of_member in subscribed.values() for topic in of_member})
    return Spec(
        tuple(subscribed),
        {member: (instances or {}).get(member) for member in subscribed},
        {member: frozenset(map(topic_id, of_member)) for member, of_member in subscribed.items()},
        of_members,
        frozenset[Partition]().union(*of_members.values()),
        {topic_id(topic): TOPICS[topic] for topic in topics},
        len(set(subscribed.values())) <= 1,
    )


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Any group, with the targets that a former group of the same members had."""
    names = draw(st.lists(st.sampled_from(MEMBERS), min_size=1, unique=True))
    former = spec({name: draw(subscriptions) for name in names})
    targets = ASSIGNORS[draw(assignors)](former)
    kept = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    same = draw(subscriptions)
    is_homogeneous = draw(st.booleans())
    return spec(
        {name: same if is_homogeneous else draw(subscriptions) for name in kept},
        {name: frozenset(targets.get(name, ())) for name in kept},
    )


def everything(group: Spec) -> set[Partition]:
    """The partitions that somebody subscribes to."""
    return {(topic, number) for topic, count in group.partition_counts.items() for number in range(count)}


def in_use(group: Spec, targets: Targets) -> Spec:
    """The group once it has these targets."""
    of_members = {member: frozenset(targets.get(member, ())) for member in group.members}
    return attrs.evolve(group, targets=of_members, assigned=frozenset[Partition]().union(*of_members.values()))


@given(specs(), assignors)
def test_every_partition_goes_to_one_member_that_subscribes_to_it(group: Spec, assignor: str) -> None:
    targets = ASSIGNORS[assignor](group)

    assert sum(len(target) for target in targets.values()) == len(everything(group))
    assert set().union(*targets.values()) == everything(group)
    assert all(topic in group.subscribed[member] for member, target in targets.items() for topic, _ in target)


@given(specs(), assignors)
def test_what_was_assigned_once_stays_if_nothing_changes(group: Spec, assignor: str) -> None:
    targets = ASSIGNORS[assignor](group)

    again = ASSIGNORS[assignor](in_use(group, targets))

    assert {member: again.get(member, set()) for member in group.members} == {
        member: targets.get(member, set()) for member in group.members
    }


@given(specs().filter(lambda group: group.is_homogeneous))
def test_uniform_members_who_subscribe_to_the_same_get_the_same_number_or_one_more(group: Spec) -> None:
    sizes = [len(uniform(group).get(member, ())) for member in group.members]

    assert max(sizes) - min(sizes) <= 1


@given(specs().filter(lambda group: group.is_homogeneous))
def test_uniform_takes_nothing_from_who_has_no_more_than_its_share(group: Spec) -> None:
    targets = uniform(group)
    share = len(everything(group)) // len(group.members)

    for member in group.members:
        had = {partition for partition in group.targets[member] if partition in everything(group)}
        assert len(had & targets.get(member, set())) >= min(len(had), share)


@given(specs())
def test_range_members_get_neighbours_of_each_topic(group: Spec) -> None:
    for target in ranges(group).values():
        for topic in group.partition_counts:
            numbers = sorted(number for of, number in target if of == topic)
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True


def test_range_gives_more_to_the_first_by_instance_id_then_by_member_id() -> None:
    group = spec(dict.fromkeys(MEMBERS[:4], frozenset({"c"})), instances={"two": "z", "four": "a"})

    targets = ranges(group)

    numbers = {member: sorted(number for _, number in target) for member, target in targets.items()}
    assert numbers == {"four": [0, 1], "two": [2, 3], "one": [4, 5], "three": [6]}


def test_uniform_balances_members_with_different_subscriptions_over_all_topics() -> None:
    targets = uniform(spec({"one": frozenset("bc"), "two": frozenset("c"), "three": frozenset("b")}))

    assert sorted(len(target) for target in targets.values()) == [3, 4, 4]


def test_ranges_of_older_brokers_are_kept_topic_by_topic() -> None:
    b, c = topic_id("b"), topic_id("c")
    group = spec({"one": frozenset("bc"), "two": frozenset("bc")}, {"two": frozenset({(b, 0), (b, 1), (c, 6)})})

    assert of_each_topic(ranges_kept, group) == {
        "one": {(b, 2), (b, 3), (c, 0), (c, 1), (c, 2), (c, 3)},
        "two": {(b, 0), (b, 1), (c, 4), (c, 5), (c, 6)},
    }


def test_an_older_uniform_assignor_counts_the_partitions_of_all_topics() -> None:
    group = spec({"one": frozenset("ab"), "two": frozenset("ab")}, {"two": frozenset({(topic_id("a"), 0)})})

    assert sorted(map(len, of_everything(uniform_in_order, group).values())) == [2, 3]
