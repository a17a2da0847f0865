"""Whatever a pipeline is, what breaks a claim of it happens on the reference."""

import pytest

from tests.retelling.any_pipeline import KINDS
from tests.retelling.surveying import outcomes

NUMBERS = range(60)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_each_counterexample_is_replayed(kind: str, number: int) -> None:
    assert {said for _, said in outcomes(kind, number)} <= {"replayed"}


@pytest.mark.parametrize("kind", KINDS)
def test_one_number_is_one_pipeline(kind: str) -> None:
    first = [KINDS[kind](number) for number in NUMBERS]

    assert first == [KINDS[kind](number) for number in NUMBERS]
    assert len(set(first)) == len(NUMBERS)


def test_some_counterexample_is_found() -> None:
    assert any(said for number in NUMBERS[:8] for _, said in outcomes("consumer", number))
