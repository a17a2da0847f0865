"""Transactions where requests and answers are steps of their own."""

from typing import cast

import attrs
import pytest

from ackproof.model.transactions import output as partition
from ackproof.model.transactions.client import Client, next_kinds
from ackproof.model.transactions.coordinator import NO_EPOCH, Transaction
from ackproof.model.transactions.hearing import heard
from ackproof.model.transactions.in_steps import LOSSES, asking, drop, hear, moving, producer_crash, send_timeout
from ackproof.model.transactions.instance import Instance, Instances
from ackproof.model.transactions.output import Marker, Output, Writer
from ackproof.model.transactions.request import Answer, Kind, Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, ApplicationRules, Detail, TransactionRules
from ackproof.model.transactions.wire import Sent, Wire

CLIENT = Client(ApplicationRules(), TransactionRules(), Detail(is_fine=True))


def wires_after_a_crash(instance: Instance, *sent: Sent) -> list[object]:
    return [step.changes["wire"] for step in producer_crash.outcomes(CLIENT, (instance,), sent)]


def test_what_a_process_that_dies_as_it_starts_has_asked_for_is_lost_or_seen_all_the_same() -> None:
    starting, asked = Instance("out", "initialising"), Sent(Request("initialise", 0, 0))

    orphan: Wire = (Sent(asked.request, is_orphan=True),)
    assert wires_after_a_crash(starting, asked) == [(), orphan]


def test_a_process_that_starts_and_has_asked_for_nothing_may_as_well_not_die() -> None:
    assert wires_after_a_crash(Instance("out", "initialising")) == []


ABORTS, BROKEN = Instance(phase="aborting"), Instance(phase="initialising")
BATCH, OFFSETS = Request("produce", 0, 0), Request("add-offsets", 0, 0)
FENCED, CONCURRENT = Answer("PRODUCER_FENCED"), Answer("CONCURRENT_TRANSACTIONS")


def after_hearing(client: Client, *sent: Sent) -> list[tuple[object, object]]:
    """The only instance, which aborts, and the wire, after it has heard one answer."""
    steps = [step.changes for step in hear.outcomes(client, (ABORTS,), sent, 0)]
    return [(step["instances"], step["wire"]) for step in steps]


@pytest.mark.parametrize(
    ("fault", "last_epoch"),
    [("response-lost", 0), ("broker-crash", NO_EPOCH), ("power-loss", NO_EPOCH), ("coordinator-failover", NO_EPOCH)],
)
def test_an_answer_is_lost_with_what_only_its_coordinator_knew(fault: str, last_epoch: int) -> None:
    given, sent = Transaction(epoch=1, last_epoch=0), Sent(Request("bump", 0, 0), Answer(epoch=1))
    (lose,) = (act for act in LOSSES if act.fault == fault)

    (step,) = lose.outcomes(CLIENT, (ABORTS,), (sent,), (given,))
    known = Transaction(epoch=1, last_epoch=last_epoch)
    assert step.changes == {"instances": (ABORTS,), "wire": (), "coordinator": (known,)}


IN_TURN = Client(ApplicationRules(), TRANSACTION_VERSION_1, Detail(is_fine=True, sends_beside=True))
BEGUN = Instance(phase="in-transaction", upto=1)
OUTPUT_ADDED = Sent(Request("add-output", 0, 0), Answer())


def after_a_loss(client: Client, fault: str, sent: Sent, sender: Instance = BEGUN) -> tuple[Kind, ...]:
    """What the only instance asks for next once what it has *sent* is lost."""
    (lose,) = (act for act in LOSSES if act.fault == fault)
    (step,) = lose.outcomes(client, (sender,), (sent,), (Transaction(),))
    return next_kinds(client, cast("Instances", step.changes["instances"])[0])


ANYTHING = ("add-output", "add-offsets")


def test_java_adds_the_output_again_before_the_offsets() -> None:
    """``TransactionManager.TxnRequestHandler.onComplete``, ``nextRequest``."""
    others = attrs.evolve(IN_TURN, rules=attrs.evolve(IN_TURN.rules, adds_again_first=False))

    assert after_a_loss(IN_TURN, "response-lost", OUTPUT_ADDED) == ("add-output",)
    assert next_kinds(IN_TURN, BEGUN) == after_a_loss(others, "response-lost", OUTPUT_ADDED) == ANYTHING
    # The application may send its first record while it waits for what becomes of its offsets.
    assert after_a_loss(IN_TURN, "request-lost", Sent(OFFSETS)) == ANYTHING
    # Nobody waits for the answer to what a former process has asked for.
    assert after_a_loss(IN_TURN, "request-lost", Sent(OUTPUT_ADDED.request, is_orphan=True)) == ANYTHING
    assert after_a_loss(IN_TURN, "coordinator-failover", Sent(OUTPUT_ADDED.request)) == ANYTHING
    adding = attrs.evolve(BEGUN, adds_again=True)
    assert after_a_loss(IN_TURN, "broker-crash", Sent(OUTPUT_ADDED.request), sender=adding) == ANYTHING


@pytest.mark.parametrize(("answer", "following"), [(CONCURRENT, ANYTHING), (Answer(), ("produce", "add-offsets"))])
def test_who_is_put_off_as_it_adds_the_output_again_may_add_offsets_first(
    answer: Answer, following: tuple[Kind, ...]
) -> None:
    (after,) = heard(IN_TURN, attrs.evolve(BEGUN, adds_again=True), OUTPUT_ADDED.request, answer, 1)

    assert next_kinds(IN_TURN, after) == following


def test_who_aborts_and_hears_that_it_is_fenced_can_not_go_on() -> None:
    """``TransactionManager.State.isTransitionValid``: to FATAL_ERROR from anywhere."""
    asked = (Sent(OFFSETS, FENCED), Sent(BATCH))

    assert after_hearing(CLIENT, *asked) == [((BROKEN,), (Sent(BATCH, is_orphan=True),))]


def test_who_aborts_goes_on_with_that_whatever_its_batches_are_refused_for() -> None:
    refused = Sent(BATCH, Answer("INVALID_PRODUCER_EPOCH"))
    before_2_7 = attrs.evolve(CLIENT, rules=attrs.evolve(CLIENT.rules, fenced_by_timeout_is_abortable=False))

    assert after_hearing(CLIENT, refused) == [((ABORTS,), ())]
    assert after_hearing(before_2_7, refused) == [((BROKEN,), ())]


def test_who_aborts_sends_a_batch_again_that_is_put_off() -> None:
    assert after_hearing(CLIENT, Sent(BATCH, CONCURRENT)) == [((ABORTS,), (Sent(BATCH),))]
    assert after_hearing(CLIENT, Sent(OFFSETS, CONCURRENT)) == [((ABORTS,), ())]


def test_who_aborts_may_drop_what_waits_to_be_sent_and_nothing_else() -> None:
    asked = (Sent(BATCH), Sent(BATCH, is_orphan=True), Sent(BATCH, Answer()), Sent(OFFSETS))

    (dropped,) = drop.outcomes(CLIENT, (ABORTS,), asked)
    assert dropped.changes["wire"] == asked[1:]
    assert not list(drop.outcomes(CLIENT, (Instance(phase="in-transaction"),), asked))


HAD_ASKED = Output(writers=(Writer(0, (0, 1), asked_elsewhere=True),))
KNOWS, HAS_ASKED = (Output(writers=(Writer(0, (0, 1), asked_about_older=asked),)) for asked in (False, True))


def test_another_leader_has_not_asked_about_the_batches_that_one_before_it_has() -> None:
    moves, dies = moving("leader-change"), moving("broker-crash")

    assert [step.changes["output"] for step in moves.outcomes(HAS_ASKED)] == [HAD_ASKED]
    assert KNOWS in [step.changes["output"] for step in dies.outcomes(HAS_ASKED)]
    assert [*moves.outcomes(KNOWS), *dies.outcomes(KNOWS)] == []


def test_a_leader_that_comes_back_remembers_what_it_has_asked_about_as_it_led() -> None:
    after = [step.changes["output"] for step in moving("leader-change").outcomes(HAD_ASKED)]

    assert HAS_ASKED in after
    assert partition.mark(CLIENT.detail, HAD_ASKED, Marker(0, 0, is_commit=True, ended_by=0)) == KNOWS


def test_a_leader_has_asked_about_an_older_batch_also_where_nobody_can_say() -> None:
    older, newer = (Request("produce", 0, epoch=0, sequence=sequence) for sequence in (1, 2))
    asks, verifying = asking("coordinator-failover"), attrs.evolve(CLIENT, rules=TRANSACTION_VERSION_1)

    assert [step.changes["output"] for step in asks.outcomes(verifying, KNOWS, (older,))] == [HAS_ASKED]
    assert list(asks.outcomes(verifying, KNOWS, (newer,))) == []
    unverified = attrs.evolve(CLIENT, rules=attrs.evolve(TRANSACTION_VERSION_1, verifies_partitions=False))
    assert list(asks.outcomes(unverified, KNOWS, (older,))) == []


BEFORE_2_5 = attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_after_failed_batch=False, ends_where_unresolved=True)
OLD = attrs.evolve(CLIENT, application=ApplicationRules(source="application", on_send_failure="drop"), rules=BEFORE_2_5)
SENDING = Instance(phase="in-transaction", upto=1, added=frozenset({"output"}))
FIRST = Request("produce", 0, 0, record=0, sequence=0)


def wires_after_a_deadline(sent: Sent) -> list[object]:
    """What is on the wire of an old client after a batch was too old, and not as its connection broke."""
    steps = send_timeout.outcomes(OLD, (SENDING,), (sent,))
    return [step.changes["wire"] for step in steps if step.says.endswith("it times out")]


def test_a_batch_that_was_sent_again_does_not_pass_its_deadline_as_if_it_had_not_been() -> None:
    """``Sender.sendProducerData``: a batch ``inRetry`` leaves its sequence unresolved, which ends the producer."""
    sent, stored = Sent(FIRST), Answer()

    assert wires_after_a_deadline(sent) == [(), (Sent(FIRST, is_orphan=True),)]
    assert wires_after_a_deadline(Sent(FIRST, stored)) == [()]
    # Its sender may not have noticed yet that it is lost, and then there is no other one.
    assert wires_after_a_deadline(Sent(FIRST, losses=1)) == [()]
    assert wires_after_a_deadline(Sent(FIRST, stored, losses=1)) == wires_after_a_deadline(Sent(FIRST, losses=2)) == []


def test_it_is_remembered_that_a_batch_was_lost_or_put_off_where_that_ends_its_producer() -> None:
    (lose,) = (act for act in LOSSES if act.fault == "response-lost")
    sent = (Sent(FIRST, Answer(), losses=1),)

    assert [step.changes["wire"] for step in lose.outcomes(OLD, (SENDING,), sent, ())] == [(Sent(FIRST, losses=2),)]
    assert [step.changes["wire"] for step in lose.outcomes(CLIENT, (SENDING,), sent, ())] == [(Sent(FIRST),)]
    put_off = hear.outcomes(OLD, (SENDING,), (Sent(FIRST, CONCURRENT),), 0)
    assert [step.changes["wire"] for step in put_off] == [(Sent(FIRST, losses=2),)]
