"""What the client asks for next, and what it makes of answers."""

import attrs
import pytest

from ackproof.model.transactions.client import Client, next_kinds, unanswered, who
from ackproof.model.transactions.hearing import begun, heard, past_deadline, paused, restarted, without_batch
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.request import Answer, Error, Kind, Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1 as ONE
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2 as TWO
from ackproof.model.transactions.rules import ApplicationRules, Detail, TransactionRules

ALONE = ApplicationRules(source="application")
RUNNING = Instance(phase="in-transaction", upto=1)
SENT = attrs.evolve(RUNNING, next=1, sequence=1)


def client(
    rules: TransactionRules = TWO, application: ApplicationRules = ALONE, detail: Detail | None = None
) -> Client:
    """A transactional producer by itself, unless something else is said."""
    return Client(application, rules, detail or Detail())


def after(who_asks: Client, instance: Instance, kind: Kind, error: Error, epoch: int | None = None) -> list[Instance]:
    """What it may be once it has heard."""
    return list(heard(who_asks, instance, Request(kind, 0, instance.epoch), Answer(error, epoch), 2))


def test_people_know_the_only_producer_and_number_instances() -> None:
    assert [who(client(), 0), who(client(application=ApplicationRules()), 1)] == ["the producer", "instance 2"]


def test_partitions_are_added_first_unless_that_is_implied() -> None:
    assert next_kinds(client(ONE), RUNNING) == ("add-output",)
    assert next_kinds(client(ONE), attrs.evolve(RUNNING, added=frozenset({"output"}))) == ("produce",)
    assert next_kinds(client(TWO), RUNNING) == ("produce",)


def test_offsets_come_last_or_beside_the_batches() -> None:
    log = ApplicationRules()

    assert next_kinds(client(application=log), RUNNING) == ("produce",)
    assert next_kinds(client(application=log), SENT) == ("commit-offsets",)
    beside = client(application=log, detail=Detail(sends_beside=True))
    assert next_kinds(beside, RUNNING) == ("produce", "commit-offsets")


def test_after_a_record_another_one_may_follow() -> None:
    assert [(more.phase, more.upto) for more in after(client(), RUNNING, "produce", "NONE")] == [
        ("committing", 1),
        ("in-transaction", 2),
    ]


def test_each_end_gives_the_next_epoch_and_sequences_start_anew() -> None:
    (done,) = after(client(), attrs.evolve(SENT, phase="committing"), "commit", "NONE", epoch=1)

    assert (done.phase, done.epoch, done.sequence, done.position) == ("idle", 1, 0, 1)
    assert done.acknowledged == {0}


@pytest.mark.parametrize(
    ("application", "phase", "position"),
    [
        (attrs.evolve(ALONE, on_send_failure="stop"), "finished", None),
        (attrs.evolve(ALONE, on_send_failure="drop"), "idle", 1),
        (attrs.evolve(ALONE, on_send_failure="resend"), "idle", 0),
    ],
    ids=["stop", "drop", "resend"],
)
def test_what_follows_an_abort(application: ApplicationRules, phase: str, position: int | None) -> None:
    (done,) = after(client(application=application), attrs.evolve(RUNNING, phase="aborting"), "abort", "NONE", epoch=1)

    assert (done.phase, done.position) == (phase, position)


def test_a_failed_batch_asks_for_an_epoch_unless_the_application_was_committing() -> None:
    failing = after(client(ONE), RUNNING, "produce", "TRANSACTION_ABORTABLE")

    assert [(instance.phase, instance.needs_bump) for instance in failing] == [("aborting", True), ("aborting", False)]
    always = attrs.evolve(ONE, bumps_epoch_while_committing=True)
    assert len(after(client(always), RUNNING, "produce", "TRANSACTION_ABORTABLE")) == 1
    assert len(after(client(TWO), RUNNING, "produce", "TRANSACTION_ABORTABLE")) == 1


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, "aborting"),
        ({"fenced_by_timeout_is_abortable": False}, "initialising"),
    ],
)
def test_an_old_epoch_is_abortable_for_a_batch_or_fatal(changes: dict[str, bool], phase: str) -> None:
    rules = attrs.evolve(ONE, **changes)
    application = attrs.evolve(ALONE, on_send_failure="drop")

    assert after(client(rules, application), RUNNING, "produce", "INVALID_PRODUCER_EPOCH")[0].phase == phase
    (ending,) = after(client(rules, application), SENT, "commit", "PRODUCER_FENCED")
    assert ending.phase == "initialising"


def test_a_gap_is_fatal_without_another_epoch() -> None:
    old = attrs.evolve(ONE, bumps_epoch_after_failed_batch=False)
    gap: Error = "OUT_OF_ORDER_SEQUENCE_NUMBER"
    behind_it = attrs.evolve(RUNNING, has_gap=True)

    assert [one.needs_bump for one in after(client(ONE), behind_it, "produce", gap)] == [True]
    assert [one.phase for one in after(client(old), behind_it, "produce", gap)] == ["finished"]
    assert [one.phase for one in after(client(TWO), behind_it, "produce", gap)] == ["aborting"]


def test_who_is_out_of_order_without_a_gap_aborts_at_once() -> None:
    """``TransactionManager.canRetry``: the next sequence is not tried again."""
    failing = after(client(ONE), RUNNING, "produce", "OUT_OF_ORDER_SEQUENCE_NUMBER")

    assert [(one.phase, one.needs_bump) for one in failing] == [("aborting", True), ("aborting", False)]


def test_a_gap_is_over_once_another_batch_is_stored_or_an_epoch_begins() -> None:
    behind_it = without_batch(client(ONE), RUNNING)

    assert (behind_it.sequence, behind_it.has_gap) == (1, True)
    assert not without_batch(client(TWO), RUNNING).has_gap
    assert not after(client(ONE), behind_it, "produce", "NONE")[0].has_gap
    assert not after(client(ONE), attrs.evolve(behind_it, phase="bumping"), "bump", "NONE", epoch=1)[0].has_gap


BATCH = Request("produce", 0, 0)


def test_a_batch_that_fails_late_gives_its_sequence_to_the_next_one_in_java_only() -> None:
    """``Sender.completeBatch``, KAFKA-8805."""
    others = attrs.evolve(ONE, reuses_sequences_after_deadline=False)

    assert {failing.sequence for _, failing in past_deadline(client(ONE), RUNNING, BATCH)} == {0, 1}
    assert {failing.sequence for _, failing in past_deadline(client(others), RUNNING, BATCH)} == {1}


def test_a_batch_of_unknown_fate_ends_a_producer_that_can_not_have_another_epoch() -> None:
    old = attrs.evolve(ONE, bumps_epoch_after_failed_batch=False, ends_where_unresolved=True)
    ends = [why for why, failing in past_deadline(client(old), RUNNING, BATCH) if failing.phase == "finished"]

    assert ends == ["times out after it was sent again"]


def test_whoever_needs_an_epoch_that_brokers_do_not_give_ends_after_the_abort() -> None:
    """``rd_kafka_txn_endtxn_complete``, ``rd_kafka_idemp_pid_fsm``."""
    rules = attrs.evolve(
        ONE, bumps_epoch_after_failed_batch=False, ends_after_failed_batch=True, bumps_epoch_while_committing=True
    )
    ending = client(rules, attrs.evolve(ALONE, on_send_failure="drop"))

    for _, failing in past_deadline(ending, RUNNING, BATCH):
        (ended,) = after(ending, failing, "abort", "NONE")
        assert (failing.phase, ended.phase, ended.has_gap) == ("aborting", "initialising", False)


def test_a_batch_of_unknown_fate_is_resolved_before_the_abort() -> None:
    aborting = attrs.evolve(RUNNING, phase="aborting", has_unresolved_batch=True)

    assert next_kinds(client(ONE), aborting) == ("produce",)
    (stored,) = after(client(ONE), aborting, "produce", "NONE")
    assert (stored.sequence, next_kinds(client(ONE), stored)) == (1, ("abort",))


def test_librdkafka_gives_the_sequence_of_what_an_abort_drops_to_the_next_batch() -> None:
    """``rd_kafka_toppar_purge_queues``, ``epoch_base_msgid``."""
    drops = client(attrs.evolve(ONE, reuses_sequences_after_abort=True), ApplicationRules())
    unresolved = attrs.evolve(RUNNING, added=frozenset({"output"}), has_unresolved_batch=True)
    aborting = paused(drops, unresolved)

    assert (aborting.phase, next_kinds(drops, aborting)) == ("aborting", ("abort",))
    (aborted,) = after(drops, aborting, "abort", "NONE")
    assert aborted.sequence == RUNNING.sequence


def test_after_a_crash_the_application_forgets_or_sends_again() -> None:
    forgetting, resending = client(), client(application=attrs.evolve(ALONE, on_restart="resend"))

    assert [restarted(rules, RUNNING).position for rules in (forgetting, resending)] == [1, 0]
    assert restarted(resending, Instance(position=3)).position == 3


def test_who_is_put_out_aborts_at_once_what_would_be_refused() -> None:
    group = ApplicationRules()

    assert paused(client(TWO, group), RUNNING).phase == "aborting"
    assert paused(client(TWO, group), Instance(position=1)).position is None
    assert paused(client(ONE, group), RUNNING).phase == "idle"
    old = client(attrs.evolve(ONE, sends_group_metadata=False), group)
    assert paused(old, RUNNING) == attrs.evolve(RUNNING, status="stale")


def test_who_is_put_out_aborts_what_the_coordinator_may_have_begun_for_it() -> None:
    """``TransactionManager.nextRequest`` asks again before the end; librdkafka counts it, ``txn_req_cnt``."""
    who_asks = client(ONE, ApplicationRules())
    asking = unanswered(who_asks, RUNNING, Request("add-output", 0, 0))

    assert paused(who_asks, asking).phase == "aborting"
    (added,) = after(who_asks, asking, "add-output", "NONE")
    assert (added.added, added.adds_again) == (frozenset({"output"}), False)
    assert unanswered(client(ONE), RUNNING, Request("add-output", 0, 0)) == RUNNING


def test_a_transaction_begins_where_there_are_records() -> None:
    waiting = Instance(position=1)

    assert not list(begun(client(), waiting, Log(0, 1)))
    assert not list(begun(client(), waiting, Log(2, 3)))
    assert [new.upto for new in begun(client(), waiting, Log(0, 3))] == [2]
    assert [new.upto for new in begun(client(detail=Detail(is_fine=True)), waiting, Log(0, 3))] == [2, 3]
