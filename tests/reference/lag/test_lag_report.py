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


def test_it_tells_what_consumers_report_of_their_lag_as_the_clients_metrics_do() -> None:
    report = simulate(SCENARIO, Random(1))
    last = report.samples[-1].partitions[0]
    lines = rendered(report).splitlines()
    place = next(number for number, line in enumerate(lines) if "RECORDS-LAG-MAX" in line)

    assert lines[place].split() == ["PARTITION", "MAX", "LAG", "LAG", "RECORDS-LAG", "RECORDS-LAG-MAX", "BURROW"]
    assert lines[place + 1].split()[3:5] == [f"{last.records_lag:,}", f"{last.records_lag_max:,}"]


def test_who_reports_nothing_has_a_dash() -> None:
    stuck = Scenario(arrival_rate_per_s=100, processing_ms=5, events=(Stuck(0, 10**9),))
    row = next(line for line in rendered(simulate(stuck, Random(1))).splitlines() if line.startswith("        0"))

    assert row.split()[3:5] == ["-", "-"]


def test_numbers_that_are_too_long_for_their_column_are_rounded() -> None:
    flood = Scenario(arrival_rate_per_s=1e9, processing_ms=5, duration_ms=60_000)
    text = rendered(simulate(flood, Random(1)))

    assert " 6.01e+10 " in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_same_seed_gives_the_same_text() -> None:
    assert rendered(simulate(SCENARIO, Random(4))) == rendered(simulate(SCENARIO, Random(4)))
