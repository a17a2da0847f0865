"""A simulated pipeline: what its lag did, and why."""

from collections.abc import Iterator
from random import Random
from textwrap import fill

import attrs

from ackproof.reference.lag.causes import diagnosed
from ackproof.reference.lag.finding import Finding, count
from ackproof.reference.lag.pipeline import Pipeline
from ackproof.reference.lag.plot import WIDTH, plotted
from ackproof.reference.lag.sample import Sample
from ackproof.reference.lag.scenario import Scenario

TOO_LONG = 100_000_000
"""Numbers that no column of the table has room for."""


@attrs.frozen
class Report:
    """What was simulated, what was seen of it, and what that tells, worst first."""

    scenario: Scenario
    samples: tuple[Sample, ...]
    findings: tuple[Finding, ...]


def simulate(scenario: Scenario, rng: Random) -> Report:
    """Run *scenario*; the same seed gives the same report."""
    samples = Pipeline(scenario, rng).run()
    return Report(scenario, samples, diagnosed(samples, scenario.max_poll_interval_ms))


def rendered(report: Report) -> str:
    """*report* as text of 80 columns."""
    return "\n".join([*_head(report.scenario), "", *_curve(report), "", *_table(report), "", *_findings(report)]) + "\n"


def _head(scenario: Scenario) -> Iterator[str]:
    reader = "read_committed consumer" if scenario.isolation == "read_committed" else "consumer"
    takes = "takes" if scenario.consumers == 1 else "take"
    yield fill(
        f"{scenario.arrival_rate_per_s:,.10g} records/s arrive in {count(scenario.partitions, 'partition')}; "
        f"{count(scenario.consumers, reader)} {takes} "
        f"{scenario.processing_ms:,.10g} ms for each: {scenario.utilisation:,.0%} busy.",
        WIDTH,
    )


def _curve(report: Report) -> Iterator[str]:
    yield "Lag of the group"
    yield plotted([(sample.at_ms, sample.lag) for sample in report.samples])


def _table(report: Report) -> Iterator[str]:
    """What is seen from outside, and what consumers report of themselves: as they last fetched, and of late."""
    yield _line("PARTITION", "MAX LAG", "LAG", "RECORDS-LAG", "RECORDS-LAG-MAX", "BURROW")
    for number, last in enumerate(report.samples[-1].partitions):
        lags = [sample.partitions[number].lag for sample in report.samples]
        worst = max(sample.partitions[number].status for sample in report.samples)
        was = f" (was {worst.name})" if worst > last.status else ""
        outside, own = (_cell(max(lags)), _cell(last.lag)), (_cell(last.records_lag), _cell(last.records_lag_max))
        yield _line(str(number), *outside, *own, f"{last.status.name}{was}")


def _line(number: str, greatest: str, lag: str, own: str, own_greatest: str, burrow: str) -> str:
    return f"{number:>9} {greatest:>10} {lag:>10} {own:>11} {own_greatest:>15}  {burrow}"


def _cell(lag: int | None) -> str:
    """A number as its column has room for it; a dash where nothing is reported."""
    if lag is None:
        return "-"
    return f"{lag:,}" if abs(lag) < TOO_LONG else f"{lag:.3g}"


def _findings(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield f"{finding.cause[0].upper()}{finding.cause[1:]}"
        yield fill(finding.evidence, WIDTH, initial_indent="  ", subsequent_indent="  ")
        yield fill(f"→ {finding.advice}", WIDTH, initial_indent="  ", subsequent_indent="    ")
