"""Assignors against their definitions, by trying all assignments."""

from collections.abc import Callable, Iterator, Mapping
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.groups.assignors import (
    COOPERATIVE_STICKY,
    RANGE,
    ROUND_ROBIN,
    STICKY,
    Assignor,
    ServerAssign,
    Shares,
    cooperative,
    ranges,
    ranges_kept,
    uniform,
    uniform_in_order,
    uniform_in_turn,
)
from ackproof.model.groups.claims import NONE, Claim, Claims, Order, Partitions, first_claim_but_last_owner

NAMES = {"O": 0, "S": 1}


@st.composite
def owners(draw: st.DrawFn) -> tuple[int, Mapping[int, Partitions]]:
    """How many partitions there are, and who owns which: each has one owner or none."""
    members, partitions = draw(st.integers(1, 3)), draw(st.integers(0, 5))
    owner = draw(st.lists(st.integers(-1, members - 1), min_size=partitions, max_size=partitions))
    owned = {m: frozenset(p for p, of in enumerate(owner) if of == m) for m in range(members)}
    return partitions, owned


def claims_of(owned: Mapping[int, Partitions]) -> Claims:
    return {member: Claim(partitions, 1) for member, partitions in owned.items()}


def all_balanced(members: int, partitions: int) -> Iterator[Shares]:
    """Every way to give each partition to one member so that numbers differ by one at most."""
    for owner in product(range(members), repeat=partitions):
        counts = [owner.count(member) for member in range(members)]
        if max(counts) - min(counts) <= 1:
            yield {m: frozenset(p for p, of in enumerate(owner) if of == m) for m in range(members)}


def outcomes(assign: Callable[[Order], Shares], members: Order) -> Iterator[Shares]:
    """What an assignor may come to, each once, over all orders of the members."""
    seen: list[Shares] = []
    for order in permutations(members):
        shares = assign(order)
        if shares not in seen:
            seen.append(shares)
            yield shares


def kept(owned: Mapping[int, Partitions], shares: Shares) -> int:
    """How many partitions stay where they are."""
    return sum(len(owned[member] & shares[member]) for member in owned)


def is_complete(shares: Shares, partitions: int) -> bool:
    return sorted(p for share in shares.values() for p in share) == list(range(partitions))


@given(owners(), st.sampled_from([RANGE, ROUND_ROBIN, STICKY]))
def test_each_partition_goes_to_one_member_and_numbers_differ_by_one_at_most(
    given_owners: tuple[int, Mapping[int, Partitions]], assignor: Assignor
) -> None:
    partitions, owned = given_owners

    for shares in outcomes(lambda order: assignor.assign(claims_of(owned), order, partitions), tuple(owned)):
        assert shares in list(all_balanced(len(owned), partitions))


@given(owners())
def test_the_sticky_assignor_moves_as_little_as_any_balanced_assignment(
    given_owners: tuple[int, Mapping[int, Partitions]],
) -> None:
    partitions, owned = given_owners
    best = max(kept(owned, shares) for shares in all_balanced(len(owned), partitions))

    for shares in outcomes(lambda order: STICKY.assign(claims_of(owned), order, partitions), tuple(owned)):
        assert kept(owned, shares) == best


@given(owners())
def test_the_uniform_assignor_is_balanced_and_in_some_order_of_members_moves_least(
    given_owners: tuple[int, Mapping[int, Partitions]],
) -> None:
    partitions, owned = given_owners
    balanced = list(all_balanced(len(owned), partitions))

    found = list(outcomes(lambda order: uniform(owned, order, partitions), tuple(owned)))

    assert all(shares in balanced for shares in found)
    assert max(kept(owned, shares) for shares in found) == max(kept(owned, shares) for shares in balanced)


@given(owners(), st.sampled_from([uniform_in_order, uniform_in_turn, ranges_kept]))
def test_assignors_of_older_brokers_are_balanced_too(
    given_owners: tuple[int, Mapping[int, Partitions]], assign: ServerAssign
) -> None:
    partitions, owned = given_owners

    for order in permutations(owned):
        shares = assign(owned, order, partitions)
        assert shares in list(all_balanced(len(owned), partitions))
        assert assign is uniform_in_order or assign(shares, order, partitions) == shares


@pytest.mark.parametrize(
    ("assign", "shares"),
    [
        (ranges, [{0, 1}, {2, 3}, {4}]),
        (ranges_kept, [{0, 1}, {3}, {2, 4}]),
        (uniform_in_turn, [{0, 3}, {1}, {2, 4}]),
        (uniform_in_order, [{0, 1}, {3, 4}, {2}]),
        (uniform, [{0}, {1, 3}, {2, 4}]),
    ],
)
def test_who_keeps_and_gets_one_more_differs_from_broker_to_broker(
    assign: ServerAssign, shares: list[set[int]]
) -> None:
    """The second and third one as ``RangeAssignor`` and ``UniformAssignor`` of 3.7.2 answer, asked by themselves."""
    found = assign({0: NONE, 1: NONE, 2: frozenset({2, 4})}, (0, 1, 2), 5)

    assert [found[member] for member in range(3)] == shares


@given(st.permutations([0, 1, 2]), st.integers(0, 7))
def test_ranges_follow_each_other_in_the_order_of_members_the_longer_ones_first(
    order: list[int], partitions: int
) -> None:
    shares = ranges(None, order, partitions)

    assert [p for member in order for p in sorted(shares[member])] == list(range(partitions))
    assert sorted(map(len, shares.values()), reverse=True) == [len(shares[member]) for member in order]


@given(owners())
def test_nobody_gets_what_another_member_still_owns(given_owners: tuple[int, Mapping[int, Partitions]]) -> None:
    partitions, owned = given_owners

    for shares in outcomes(lambda order: COOPERATIVE_STICKY.assign(claims_of(owned), order, partitions), tuple(owned)):
        for member, share in shares.items():
            others = NONE.union(*(of for other, of in owned.items() if other != member))
            assert not share & others


@given(owners())
def test_a_second_cooperative_round_hands_out_what_the_first_one_took_away(
    given_owners: tuple[int, Mapping[int, Partitions]],
) -> None:
    partitions, owned = given_owners
    order = tuple(owned)

    first = COOPERATIVE_STICKY.assign(claims_of(owned), order, partitions)
    second = COOPERATIVE_STICKY.assign(claims_of(first), order, partitions)

    assert is_complete(second, partitions)
    assert all(first[member] <= second[member] for member in order)


Named = dict[str, set[int]]
ANSWERS: list[tuple[int, Named, Named]] = [
    (2, {"O": {0, 1}, "S": {0}}, {"O": set(), "S": set()}),
    (2, {"O": {0, 1}, "S": {1}}, {"O": {0}, "S": {1}}),
    (2, {"S": {0}, "O": {0, 1}}, {"S": set(), "O": {1}}),
    (2, {"S": {1}, "O": {0, 1}}, {"S": set(), "O": {0}}),
    (3, {"O": {0, 1, 2}, "S": {0}}, {"O": {1}, "S": set()}),
    (3, {"O": {0, 1, 2}, "S": {0, 1}}, {"O": set(), "S": set()}),
]
"""How many partitions, what the owner and a stale member claim in this order, and what each is assigned."""


@pytest.mark.parametrize(("partitions", "claimed", "answer"), ANSWERS)
def test_two_that_claim_the_same_get_what_kafka_python_gives_them(
    partitions: int, claimed: Named, answer: Named
) -> None:
    """The answers are those of ``CooperativeStickyAssignor.assign`` at a3b3836, with members in this order."""
    claims = {NAMES[name]: Claim(frozenset(of)) for name, of in claimed.items()}

    shares = cooperative(first_claim_but_last_owner)(claims, tuple(claims), partitions)

    assert shares == {NAMES[name]: frozenset(of) for name, of in answer.items()}
