"""Known bugs as the search finds them are taken by the reference step by step, and break there what they break."""

import time

import pytest

from ackproof.bugs.bug import Bug
from ackproof.bugs.hunting import searched
from ackproof.bugs.record import BUGS
from ackproof.properties.claims import CLAIMS
from ackproof.reference.refinement.replaying.consume import read_again
from ackproof.reference.refinement.replaying.findings import findings
from ackproof.reference.refinement.replaying.produce import replayed
from ackproof.reference.refinement.replaying.transaction_outcome import outcome_of_transactions
from ackproof.reference.refinement.replaying.transactions import transacted
from ackproof.reference.refinement.replaying.whole import taken_in_one_piece
from ackproof.traces.trace import Trace

JUDGED = {*CLAIMS, "an_offset_has_one_record", "what_a_reader_saw_stays"}
"""What an execution on the reference is judged by; what groups break has its own tests."""

QUICK = {
    "KAFKA-17754": (
        "r2 (offset 2) of instance-1-t2 is committed by the marker at offset 3, while its application has not asked "
        "for its end, and the group is at offset 1",
    ),
    "KAFKA-14704": ("r1 was read at offset 0, where the leader has r2",),
    "KAFKA-9835": ("r1 was read at offset 0, where the leader has nothing",),
    "KAFKA-9807": ("r1 (offset 0) is given to the reader, and the marker at offset 1 aborts it",),
    "KIP-890 (part 2)": ("r1 (offset 1) is given to the reader, and its application has aborted instance-1-t1",),
    "KAFKA-6361": ("offset 0 is committed with r1, and broker 2, in sync, has r2 there",),
    "KAFKA-14024": ("r1 (offset 0) is processed twice",),
    "KIP-91": ("the send of r1 has no outcome after 4 requests, and so it goes on",),
    "librdkafka #4953": ("r1 is stored twice (offsets 0 and 1)",),
}
"""What is told of some of them."""


def traced(bug: Bug) -> Trace:
    """The execution that the search finds."""
    found = searched(bug, bug.had(), None, time.monotonic).violation
    assert found is not None
    return found


def told(bug: Bug) -> tuple[str, ...]:
    """What comes of a bug's execution on the reference."""
    system, trace = bug.had(), traced(bug)
    names = set(trace.names)
    if {"connection", "consumers"} <= names:
        return taken_in_one_piece(system, trace).findings(bug.breaks)
    if "connection" in names:
        return findings(replayed(system, trace), bug.breaks)
    if "instances" in names:
        return outcome_of_transactions(transacted(system, trace), waits=bug.is_goal).findings(bug.breaks)
    return read_again(system, trace).findings(bug.breaks)


def named(number: str) -> Bug:
    """A bug of the record."""
    return next(bug for bug in BUGS if bug.number == number)


@pytest.mark.parametrize("number", QUICK)
def test_a_bug_that_the_search_finds_is_told_of_the_reference(number: str) -> None:
    assert told(named(number)) == QUICK[number]


def test_logs_diverge_as_a_follower_goes_by_its_high_watermark() -> None:
    assert told(named("KIP-101 (divergence)")) == (
        "offset 0 is committed with r2, and broker 1, in sync, has r1 there",
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [bug.number for bug in BUGS if bug.breaks in JUDGED and bug.number not in QUICK])
def test_a_bug_breaks_what_it_breaks_on_the_reference_step_by_step(number: str) -> None:
    assert told(named(number))
