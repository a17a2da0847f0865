import pytest

from ackproof.properties.claims import BASIC, CLAIMS, GOALS, INVARIANTS, LIVENESS, OF_TRANSACTIONS, basics_of


def test_delivery_semantics_consist_of_basic_claims() -> None:
    assert basics_of("exactly-once") == ("no-loss", "no-duplicates", "no-aborted-reads", "atomic")
    assert basics_of("at-least-once") == ("no-loss",)


@pytest.mark.parametrize("claim", [*BASIC, *LIVENESS])
def test_a_basic_claim_consists_of_itself(claim: str) -> None:
    assert basics_of(claim) == (claim,)


def test_every_basic_claim_is_stated_of_a_half_or_of_transactions() -> None:
    stated = {claim for of_half in INVARIANTS.values() for claim in of_half} | OF_TRANSACTIONS | set(GOALS)

    assert {basic for claim in CLAIMS for basic in basics_of(claim)} == stated
