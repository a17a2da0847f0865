"""Executions in which requests of transactional clients and their answers are steps of their own are taken."""

from itertools import product

import attrs
import pytest

from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2
from ackproof.properties.transactions import no_record_is_read_twice
from ackproof.reference.refinement.replaying.transactions import transacted
from tests.reference.refinement.transacting import ALONE, PIPE, TWICE, UNVERIFIED, along, outcome, system, walk

APPLICATIONS = (ALONE, PIPE, attrs.evolve(PIPE, instances=2), attrs.evolve(PIPE, reset="latest"))
PROTOCOLS = (TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, UNVERIFIED, TWICE)
KINDS = (
    ("request-lost", "response-lost"),
    ("request-delayed", "producer-crash"),
    ("send-timeout",),
    ("leader-change", "response-lost"),
    ("power-loss", "member-leaves"),
    ("consumer-crash", "member-joins"),
)


def test_a_commit_that_was_not_heard_is_done_again() -> None:
    resending = attrs.evolve(ALONE, on_restart="resend")
    of = system(resending, TRANSACTION_VERSION_2, "producer-crash", records=1, is_fine=True)

    assert outcome(of, no_record_is_read_twice).findings("no-duplicates") == (
        "r1 is given to the reader twice (offsets 0 and 2)",
    )


def test_a_batch_waits_until_its_client_hears_what_else_it_has_asked_for() -> None:
    """``Sender.maybeSendAndPollTransactionalRequest``; in the model it does not."""
    of = system(PIPE, UNVERIFIED, "response-lost", records=1, is_fine=True)
    offsets = "instance 1 asks to add the group's offsets to its transaction"
    output = "instance 1 asks to add the output partition to its transaction"
    trace = along(
        of,
        "r1 is appended",
        "instance 1 starts at the earliest offset, 0",
        "instance 1 begins a transaction with r1",
        output,
        f"decided: {output}: done",
        f"heard: {output}: done",
        "instance 1 sends r1",
        "decided: instance 1 sends r1: done",
        offsets,
        "the answer is lost: instance 1 sends r1",
        "decided: instance 1 sends r1: done",
        f"decided: {offsets}: done",
        f"heard: {offsets}: done",
        "heard: instance 1 sends r1: done",
    )

    assert transacted(of, trace).steps == len(trace)


@pytest.mark.parametrize("kind", ["response-lost", "producer-crash", "send-timeout"])
def test_a_walk_in_steps_is_taken(kind: str) -> None:
    of = system(PIPE, TRANSACTION_VERSION_1, kind, is_fine=True)
    trace = next(each for each in (walk(of, seed, 40) for seed in range(100)) if each.faults)

    assert transacted(of, trace).steps == len(trace)


@pytest.mark.slow
@pytest.mark.parametrize("kinds", KINDS, ids=" and ".join)
def test_whatever_happens_in_steps_is_taken(kinds: tuple[str, ...]) -> None:
    for seed, (application, rules) in enumerate(product(APPLICATIONS, PROTOCOLS)):
        of = system(application, rules, *kinds, is_fine=True)
        trace = walk(of, seed, 60)

        assert transacted(of, trace).steps == len(trace)
