from ackproof.model.groups.claims import (
    NONE,
    Claim,
    all_claims,
    claims_of_the_latest_generation,
    latest_claim_of_each_partition,
)

MISSED_ONE = {0: Claim(frozenset({0}), 1), 1: Claim(frozenset({1}), 2)}
BOTH = {0: Claim(frozenset({0, 1}), 2), 1: Claim(frozenset({1}), 2)}


def test_without_generations_two_members_own_the_same() -> None:
    found = all_claims(BOTH, (0, 1))

    assert found.owned == {0: {0, 1}, 1: {1}}
    assert found.barred == {0: NONE, 1: {0}}


def test_who_missed_a_generation_owns_nothing_where_only_the_latest_counts() -> None:
    found = claims_of_the_latest_generation(MISSED_ONE, (0, 1))

    assert found.owned == {0: NONE, 1: {1}}
    assert found.barred == {0: {1}, 1: NONE}


def test_who_missed_a_generation_owns_what_nobody_else_claims() -> None:
    assert latest_claim_of_each_partition(MISSED_ONE, (0, 1)).owned == {0: {0}, 1: {1}}


def test_the_later_one_of_two_claims_counts() -> None:
    claims = {0: Claim(frozenset({0}), 3), 1: Claim(frozenset({0}), 2)}

    assert latest_claim_of_each_partition(claims, (0, 1)).owned == {0: {0}, 1: NONE}


def test_what_two_claim_in_one_generation_nobody_owns_and_nobody_gets() -> None:
    found = latest_claim_of_each_partition(BOTH, (0, 1))

    assert found.owned == {0: {0}, 1: NONE}
    assert found.barred == {0: {1}, 1: {0, 1}}
