"""Executions in which requests of transactional clients and their answers are steps of their own are taken."""

from itertools import product

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2
from ackproof.properties.transactions import no_record_is_read_twice, transactions_are_atomic
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


def done(asks: str) -> tuple[str, ...]:
    """Something is asked for, done, and heard of."""
    return asks, f"decided: {asks}: done", f"heard: {asks}: done"


def test_a_commit_that_was_not_heard_is_done_again() -> None:
    resending = attrs.evolve(ALONE, on_restart="resend")
    of = system(resending, TRANSACTION_VERSION_2, "producer-crash", records=1, is_fine=True)

    assert outcome(of, no_record_is_read_twice).findings("no-duplicates") == (
        "r1 is given to the reader twice (offsets 0 and 2)",
    )


def test_a_batch_of_an_aborted_transaction_is_committed_with_the_next_one() -> None:
    resending = attrs.evolve(ALONE, on_send_failure="resend")
    of = system(resending, TRANSACTION_VERSION_1, "request-delayed", is_fine=True)

    assert outcome(of, transactions_are_atomic).findings("atomic") == (
        "r2 (offset 3) of instance-1-t2 is committed by the marker at offset 4, while its application has aborted it",
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


@pytest.mark.parametrize("kind", ["broker-crash", "power-loss", "coordinator-failover"])
def test_a_leader_that_asks_in_vain_takes_nothing_that_is_newer(kind: str) -> None:
    """``VerificationStateEntry.maybeUpdateLowestSequenceAndEpoch``, ``ProducerAppendInfo.checkSequence``."""
    of = system(ALONE, TRANSACTION_VERSION_1, "request-delayed", kind, is_fine=True)
    adds = done("the producer asks to add the output partition to its transaction")
    trace = along(
        of,
        "the producer begins a transaction with r1",
        *adds,
        "the producer sends r1",
        "held back by the network: the producer sends r1",
        "decided: the producer sends r1: done",
        "heard: the producer sends r1: done",
        *done("the producer asks to commit its transaction"),
        "the commit marker of the producer is written to the output",
        "the producer begins a transaction with r2",
        *adds,
        "arrives late, and the coordinator can not be asked: the producer sends r1",
        "the producer sends r2",
        "decided: the producer sends r2: OUT_OF_ORDER_SEQUENCE_NUMBER",
    )

    assert transacted(of, trace).steps == len(trace)


def test_a_coordinator_that_dies_reads_its_log_be_it_that_the_network_holds_back_something_for_it() -> None:
    """``TransactionMetadata.lastProducerEpoch`` is not written down."""
    kinds = frozenset({"send-timeout", "request-delayed", "broker-crash"})
    dropping = attrs.evolve(ALONE, on_send_failure="drop")
    of = transactional(dropping, TRANSACTION_VERSION_1, records=1, faults=Faults(3), kinds=kinds, is_fine=True)
    adds = "the producer asks to add the output partition to its transaction"
    asks = "the producer asks for the next producer epoch"
    trace = along(
        of,
        "the producer begins a transaction with r1",
        adds,
        f"held back by the network: {adds}",
        *done(adds),
        "the producer sends r1; it times out",
        *done("the producer asks to abort its transaction"),
        "the abort marker of the producer is written to the output",
        asks,
        f"decided: {asks}: done",
        f"the answer is lost: {asks}",
        asks,
        f"decided: {asks}: PRODUCER_FENCED",
        f"arrives late: {adds}: PRODUCER_FENCED",
        f"heard: {asks}: PRODUCER_FENCED",
    )

    assert transacted(of, trace).steps == len(trace)


def test_of_two_copies_of_a_batch_that_for_the_present_leader_arrives() -> None:
    kinds = frozenset({"request-delayed", "leader-change"})
    of = transactional(ALONE, TRANSACTION_VERSION_2, records=1, faults=Faults(3), kinds=kinds, is_fine=True)
    sends = "the producer sends r1"
    trace = along(
        of,
        "the producer begins a transaction with r1",
        sends,
        f"held back by the network: {sends}",
        f"the request is lost: {sends}",
        f"held back by the network: {sends}",
        f"arrives late: {sends}: done",
    )

    assert transacted(of, trace).steps == len(trace)


def test_offsets_are_held_back_once_as_a_batch_is_to_be_sent_again() -> None:
    of = system(PIPE, TRANSACTION_VERSION_2, "request-delayed", records=1, is_fine=True)
    sends, commits = "instance 1 sends r1", "instance 1 asks to commit offset 1 with its transaction"
    trace = along(
        of,
        "r1 is appended",
        "instance 1 starts at the earliest offset, 0",
        "instance 1 begins a transaction with r1",
        sends,
        commits,
        f"held back by the network: {sends}",
        f"decided: {sends}: done",
        f"held back by the network: {commits}",
        f"heard: {sends}: done",
        *done(commits),
    )

    assert transacted(of, trace).steps == len(trace)


def test_members_are_put_out_one_after_the_other_before_their_group_rebalances() -> None:
    of = system(attrs.evolve(PIPE, instances=3), TRANSACTION_VERSION_1, "consumer-pause", is_fine=True)
    trace = along(
        of,
        "instance 1 pauses for too long and is put out of the group",
        "instance 3 pauses for too long and is put out of the group",
        "the group rebalances; instance 2 is assigned the partition",
    )

    assert transacted(of, trace).steps == len(trace)


def test_an_owner_goes_on_until_its_group_rebalances_for_a_member_that_was_put_out() -> None:
    """``AbstractCoordinator.HeartbeatResponseHandler``: until a heartbeat is answered it does not know."""
    of = system(attrs.evolve(PIPE, instances=3), TRANSACTION_VERSION_1, "consumer-pause", is_fine=True)
    trace = along(
        of,
        "r1 is appended",
        "instance 3 pauses for too long and is put out of the group",
        "instance 1 starts at the earliest offset, 0",
        "instance 1 begins a transaction with r1",
        *done("instance 1 asks to add the output partition to its transaction"),
        *done("instance 1 sends r1"),
        "instance 2 pauses for too long and is put out of the group",
        *done("instance 1 asks to add the group's offsets to its transaction"),
    )

    assert transacted(of, trace).steps == len(trace)


def test_a_partition_may_be_added_before_offsets_are_sent_again() -> None:
    """``TransactionManager.pendingRequests`` is a queue in which what came last is first once another one is gone."""
    of = system(PIPE, TRANSACTION_VERSION_1, "request-lost", records=1, is_fine=True)
    offsets = "instance 1 asks to commit offset 1 with its transaction"
    trace = along(
        of,
        "r1 is appended",
        "instance 1 starts at the earliest offset, 0",
        "instance 1 begins a transaction with r1",
        *done("instance 1 asks to add the group's offsets to its transaction"),
        offsets,
        f"the request is lost: {offsets}",
        *done("instance 1 asks to add the output partition to its transaction"),
        *done(offsets),
        *done("instance 1 sends r1"),
    )

    assert transacted(of, trace).steps == len(trace)


@pytest.mark.slow
def test_who_pauses_and_hears_then_stays_in_its_group_with_others() -> None:
    """A batch that passes its deadline later than a transaction times out leaves time to go on."""
    of = system(attrs.evolve(PIPE, instances=2), UNVERIFIED, "producer-pause", "send-timeout", records=1, is_fine=True)
    output, aborts = (
        "instance 1 asks to add the output partition to its transaction",
        "instance 1 asks to abort its transaction",
    )
    starts, initialises = "instance 1 starts at the earliest offset, 0", "instance 1 initialises transactions"
    trace = along(
        of,
        "r1 is appended",
        starts,
        "instance 1 begins a transaction with r1",
        *(output, f"decided: {output}: done"),
        "instance 1 pauses for too long; the coordinator aborts its transaction",
        f"heard: {output}: done",
        "instance 1 sends r1; it times out",
        *(aborts, f"decided: {aborts}: PRODUCER_FENCED", f"heard: {aborts}: PRODUCER_FENCED"),
        "the abort marker of instance 1 is written to the output",
        *done(initialises),
        starts,
    )

    assert transacted(of, trace).steps == len(trace)


@pytest.mark.parametrize("sends_meanwhile", [False, True], ids=["kafka-python", "librdkafka"])
def test_offsets_may_be_added_before_a_partition_is_asked_for_again(sends_meanwhile: bool) -> None:
    client = attrs.evolve(TRANSACTION_VERSION_1, adds_again_first=False, sends_meanwhile=sends_meanwhile)
    of = system(PIPE, client, "response-lost", "producer-pause", records=1, is_fine=True)
    output, offsets = (
        f"instance 1 asks to add the {what} to its transaction" for what in ("output partition", "group's offsets")
    )
    trace = along(
        of,
        "r1 is appended",
        "instance 1 starts at the earliest offset, 0",
        "instance 1 begins a transaction with r1",
        *(output, f"decided: {output}: done", f"the answer is lost: {output}"),
        *(offsets, f"decided: {offsets}: done"),
        "instance 1 pauses for too long; the coordinator aborts its transaction",
        f"heard: {offsets}: done",
        output,
        *(f"the abort marker of instance 1 is written to the {where}" for where in ("offsets", "output")),
        *(f"{how}: {output}: PRODUCER_FENCED" for how in ("decided", "heard")),
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
