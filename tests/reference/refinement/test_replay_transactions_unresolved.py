"""Batches of clients that know no next epoch pass their deadline, sent again or not, as their client remembers it."""

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1
from ackproof.reference.refinement.replaying.transactions import transacted
from tests.reference.refinement.transacting import ALONE, LIBRDKAFKA_BEFORE_2_5, along, paths

DROPPING = attrs.evolve(ALONE, on_send_failure="drop")
VERIFIED = attrs.evolve(
    TRANSACTION_VERSION_1,
    bumps_epoch_after_failed_batch=False,
    ends_where_unresolved=True,
    fenced_by_timeout_is_abortable=False,
)
UNVERIFIED = attrs.evolve(VERIFIED, verifies_partitions=False)
SENDS, SENDS_NEXT = "the producer sends r1", "the producer sends r2"
STARTS = "the producer initialises transactions"
ABORTS = "the producer asks to abort its transaction"
MARKED = "the abort marker of the producer is written to the output"
LOST_AND_STORED = (f"the request is lost: {SENDS}", f"decided: {SENDS}: done")
STORED_AND_LOST = (f"decided: {SENDS}: done", f"the answer is lost: {SENDS}")


def done(asks: str) -> tuple[str, ...]:
    return asks, f"decided: {asks}: done", f"heard: {asks}: done"


BEGINS = (
    "the producer begins a transaction with r1",
    *done("the producer asks to add the output partition to its transaction"),
)
NEXT = tuple(each.replace("r1", "r2") for each in BEGINS)


def fine(*kinds: str, verifies: bool = False) -> System:
    rules = VERIFIED if verifies else UNVERIFIED
    found = frozenset({"send-timeout", *kinds})
    return transactional(DROPPING, rules, records=2, faults=Faults(4), kinds=found, is_fine=True)


@pytest.mark.parametrize("happens", [(), (f"the request is lost: {SENDS}",), STORED_AND_LOST, LOST_AND_STORED])
def test_librdkafka_ends_where_brokers_have_no_next_epoch_for_it(happens: tuple[str, ...]) -> None:
    """``rd_kafka_idemp_pid_fsm``, ``rd_kafka_txn_endtxn_complete``: sent again or not, and once all is aborted."""
    kinds = frozenset({"send-timeout", "request-lost", "response-lost"})
    of = transactional(DROPPING, LIBRDKAFKA_BEFORE_2_5, records=2, faults=Faults(4), kinds=kinds, is_fine=True)
    says = (*BEGINS, SENDS, *happens, f"{SENDS}; it times out", *done(ABORTS), MARKED, *done(STARTS), *NEXT, SENDS_NEXT)

    assert transacted(of, along(of, *says)).steps == len(says)


@pytest.mark.parametrize("happens", [(f"the request is lost: {SENDS}",), STORED_AND_LOST])
def test_a_batch_whose_loss_nobody_has_noticed_passes_its_deadline(happens: tuple[str, ...]) -> None:
    of = fine("request-lost", "response-lost")
    says = (*BEGINS, SENDS, *happens, f"{SENDS}; it times out", *done(ABORTS))

    assert transacted(of, along(of, *says)).steps == len(says)


@pytest.mark.parametrize("happens", [LOST_AND_STORED, (*STORED_AND_LOST, f"decided: {SENDS}: done")])
def test_a_batch_that_was_sent_again_ends_its_producer_at_its_deadline(happens: tuple[str, ...]) -> None:
    """``Sender.runOnce``: ``TransactionManager.hasUnresolvedSequences``."""
    of = fine("request-lost", "response-lost")
    says = (*BEGINS, SENDS, *happens)
    trace = along(of, *says, f"{SENDS}; it times out after it was sent again")

    assert transacted(of, trace).steps == len(trace)
    assert not list(paths(of, *says, f"{SENDS}; it times out"))


@pytest.mark.parametrize(
    "happens",
    [
        (
            MARKED,
            f"decided: {SENDS_NEXT}: TRANSACTION_ABORTABLE",
            f"heard: {SENDS_NEXT}: TRANSACTION_ABORTABLE",
            *done(ABORTS),
        ),
        (f"{SENDS_NEXT}; it times out after it was sent again",),
    ],
)
def test_a_batch_that_is_put_off_is_sent_again(happens: tuple[str, ...]) -> None:
    of, asked = fine("request-delayed", verifies=True), SENDS_NEXT
    says = (
        *BEGINS,
        f"{SENDS}; it times out",
        ABORTS,
        f"held back by the network: {ABORTS}",
        *done(ABORTS),
        MARKED,
        *NEXT,
        asked,
        f"arrives late: {ABORTS}: done",
        f"decided: {asked}: CONCURRENT_TRANSACTIONS",
        f"heard: {asked}: CONCURRENT_TRANSACTIONS",
        *happens,
    )

    assert transacted(of, along(of, *says)).steps == len(says)
