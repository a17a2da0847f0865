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
        seen = (f"{max(lags):,}", f"{last.lag:,}", _reported(last.records_lag), _reported(last.records_lag_max))
        yield _line(str(number), *seen, f"{last.status.name}{was}")


def _line(number: str, greatest: str, lag: str, own: str, own_greatest: str, burrow: str) -> str:
    return f"{number:>9} {greatest:>10} {lag:>10} {own:>11} {own_greatest:>15}  {burrow}"


def _reported(lag: int | None) -> str:
    return "-" if lag is None else f"{lag:,}"


def _findings(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield f"{finding.cause[0].upper()}{finding.cause[1:]}"
        yield fill(finding.evidence, WIDTH, initial_indent="  ", subsequent_indent="  ")
        yield fill(f"→ {finding.advice}", WIDTH, initial_indent="  ", subsequent_indent="    ")
