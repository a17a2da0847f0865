from random import Random

from ackproof.reference.lag.report import rendered, simulate
from ackproof.reference.lag.scenario import Scenario, Stuck

SCENARIO = Scenario(
    arrival_rate_per_s=100, processing_ms=15, consumers=2, partitions=4, events=(Stuck(90_000, 200_000),)
)


def test_no_line_is_wider_than_80_columns() -> None:
    assert max(len(line) for line in rendered(simulate(SCENARIO, Random(1))).splitlines()) <= 80


def test_it_tells_what_was_simulated_and_why_the_group_lags() -> None:
    text = rendered(simulate(SCENARIO, Random(1)))

    assert text.startswith("100 records/s arrive in 4 partitions; 2 consumers take 15 ms for each: 75% busy.\n")
    assert "\nStuck\n  Consumer 0 commits nothing new for partitions 0, 1 for " in text


def test_the_same_seed_gives_the_same_text() -> None:
    assert rendered(simulate(SCENARIO, Random(4))) == rendered(simulate(SCENARIO, Random(4)))
