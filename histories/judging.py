"""What is to be said of a history: its anomalies, which of them may be, and how its groups processed records."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal, cast

import attrs

from ackproof.histories.allowed import Judged, by_jepsen, by_settings
from ackproof.histories.anomalies.aborted import aborted_reads, precommitted_reads
from ackproof.histories.anomalies.appended import appended
from ackproof.histories.anomalies.cycles import cycles
from ackproof.histories.anomalies.lost import lost_writes, unseen
from ackproof.histories.anomalies.order import between_polls, between_sends, within_polls, within_sends
from ackproof.histories.anomalies.stored import duplicates, inconsistent_offsets, phantoms
from ackproof.histories.anomaly import Anomaly
from ackproof.histories.deliveries import Delivery, deliveries
from ackproof.histories.evidence import Evidence, evidence
from ackproof.histories.history import History
from ackproof.histories.operation import TRANSACTIONS

Answer = Literal["valid", "invalid", "unknown"]
CHECKS = (
    inconsistent_offsets,
    duplicates,
    lost_writes,
    phantoms,
    aborted_reads,
    precommitted_reads,
    within_polls,
    between_polls,
    within_sends,
    between_sends,
    unseen,
)


@attrs.frozen
class Finding:
    """
    What was found in a history.

    Attributes:
        operations: How many there are.
        reason: Why the answer is unknown, or invalid without an anomaly; empty otherwise.
    """

    answer: Answer
    anomalies: Sequence[Judged]
    deliveries: Sequence[Delivery]
    operations: int
    reason: str = ""


def judged(history: History, *, with_ww: bool) -> Finding:
    """
    What is to be said of *history*.

    Args:
        history: What was recorded.
        with_ww: Whether an operation depends on whoever wrote the record in front of one of its own.
    """
    known = evidence(history.operations, by_offset=not history.is_jepsen)
    groups = [] if history.is_jepsen else deliveries(history, known)
    judge = by_jepsen if history.is_jepsen else by_settings
    found = chain(anomalies(history, known, with_ww=with_ww), broken(history, groups))
    results = [judge(anomaly, history, with_ww=with_ww) for anomaly in found]
    return concluded(history, results, groups)


def anomalies(history: History, known: Evidence, *, with_ww: bool) -> Iterator[Anomaly]:
    """All anomalies, kind by kind."""
    for check in CHECKS:
        for anomaly in check(known):
            yield anomaly if history.is_jepsen else told_apart(anomaly)
    yield from cycles(known, with_ww=with_ww)
    yield from appended(history)


def told_apart(anomaly: Anomaly) -> Anomaly:
    """A duplicate of which only one place was ever read may be an acknowledgement that named the wrong one."""
    is_one_place = len(cast("list[int]", anomaly.details.get("polled", []))) <= 1
    return (
        attrs.evolve(anomaly, kind="wrong-acknowledgement") if anomaly.kind == "duplicate" and is_one_place else anomaly
    )


def broken(history: History, groups: Sequence[Delivery]) -> Iterator[Anomaly]:
    """What a group did that its history says it was not to do."""
    for group in groups:
        for expected in history.expects:
            if group.semantics.get(expected) is False:
                values = (*group.repeated, *group.missed)
                says = f"{group.group} did not process {group.key} {expected.replace('-', ' ')}"
                yield Anomaly(f"not-{expected}", group.key, values, (), says, {"group": group.group})


def concluded(history: History, results: Sequence[Judged], groups: Sequence[Delivery]) -> Finding:
    """The answer that the *results* come to."""
    operations = sum(operation.kind in TRANSACTIONS for operation in history.operations)
    open_ones = [result for result in results if result.is_allowed is None]
    if not operations:
        return Finding("invalid", results, groups, 0, "nothing was sent or polled")
    if any(result.is_allowed is False for result in results):
        return Finding("invalid", results, groups, operations)
    if open_ones:
        return Finding("unknown", results, groups, operations, f"{open_ones[0].anomaly.kind}: {open_ones[0].why}")
    return Finding("valid", results, groups, operations)
