"""Assignors of the model and of the reference come to the same, and to what Kafka's do."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.groups.assignors import Shares, uniform
from ackproof.model.groups.claims import NONE
from ackproof.reference.consumer.assignors.sticky import Claimed, Sticky, encode_claim
from ackproof.reference.consumer.assignors.subscribing import MemberSubscription
from ackproof.reference.groups.modern.spec import Spec, Targets
from ackproof.reference.groups.modern.uniform import uniform_of_same_subscriptions

TOPIC = UUID(int=1)


@st.composite
def targets(draw: st.DrawFn) -> tuple[int, tuple[int, ...], Shares]:
    """How many partitions there are, the order of members, and what the present target gives them."""
    members, partitions = draw(st.integers(1, 4)), draw(st.integers(0, 8))
    owners = draw(st.lists(st.integers(-1, members - 1), max_size=partitions))
    present = {m: frozenset(p for p, of in enumerate(owners) if of == m) for m in range(members)}
    return partitions, tuple(draw(st.permutations(range(members)))), present


def as_spec(partitions: int, order: tuple[int, ...], present: Shares) -> Spec:
    """The same for the reference."""
    names = tuple(map(str, order))
    return Spec(
        names,
        dict.fromkeys(names),
        dict.fromkeys(names, frozenset({TOPIC})),
        {str(member): frozenset((TOPIC, number) for number in share) for member, share in present.items()},
        frozenset((TOPIC, number) for number in NONE.union(*present.values())),
        {TOPIC: partitions},
        is_homogeneous=True,
    )


def numbered(found: Targets) -> dict[int, frozenset[int]]:
    """What the reference has come to, as the model has it."""
    return {int(member): frozenset(number for _, number in share) for member, share in found.items()}


@given(targets())
def test_the_uniform_assignors_agree(given_targets: tuple[int, tuple[int, ...], Shares]) -> None:
    partitions, order, present = given_targets

    found = uniform_of_same_subscriptions(as_spec(partitions, order, present))

    assert uniform(present, order, partitions) == numbered(found)


def subscription(*had: int) -> MemberSubscription:
    """What a member tells that was assigned these partitions before."""
    told = encode_claim(Claimed(tuple(("topic", number) for number in had), 1)) if had else None
    return MemberSubscription(("topic",), user_data=told)


def test_what_is_left_the_sticky_assignor_deals_out_in_turn() -> None:
    """``AbstractStickyAssignor.assignRoundRobin``."""
    shares = Sticky().assign({"topic": 5}, {"b": subscription(), "p": subscription()})

    assert {member: [number for _, number in share] for member, share in shares.items()} == {
        "b": [0, 2, 4],
        "p": [1, 3],
    }


def test_who_keeps_one_more_is_who_comes_first_in_a_hash_map() -> None:
    """``p`` comes before ``b`` there, and each of them has two partitions, of which the last member is to get one."""
    members = {"b": subscription(0, 1), "p": subscription(2, 3), "z": subscription()}

    shares = Sticky().assign({"topic": 4}, members)

    assert {member: [number for _, number in share] for member, share in shares.items()} == {
        "b": [0],
        "p": [2, 3],
        "z": [1],
    }
