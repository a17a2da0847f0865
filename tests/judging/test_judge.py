"""Verdicts are composed of halves and basic claims, and say what they rest on."""

from pathlib import Path

import attrs
import pytest

import ackproof
from ackproof.config.pipeline import Bounds
from ackproof.config.reading import read_pipeline
from ackproof.judging.effort import Effort
from ackproof.judging.judge import judge
from ackproof.properties.verdict import Verdict
from ackproof.search.engines import How

BOTH = """
[topic]
"replication.factor" = 2
"min.insync.replicas" = 1
[producer]
client = "java"
[consumer]
client = "java"
commit = "sync"
[consumer.config]
"group.id" = "g"
"auto.offset.reset" = "earliest"
"""
FAULTS = '[faults]\nat_most = {at_most}\nkinds = {kinds}\n[claims]\nexpect = ["{claim}"]\n[bounds]\nrecords = 2\n'


def verdict(folder: Path, text: str, claim: str, *kinds: str, at_most: int = 1) -> Verdict:
    """The verdict on a pipeline."""
    file = folder / "p.ackproof.toml"
    file.write_text(text + FAULTS.format(at_most=at_most, kinds=list(kinds), claim=claim), encoding="utf-8")
    (found,) = ackproof.verify(file).verdicts
    return found


def test_a_claim_holds_if_it_holds_in_both_halves(tmp_path: Path) -> None:
    found = verdict(tmp_path, BOTH, "at-least-once", "broker-crash", "consumer-crash")

    assert (found.answer, found.half, found.evidence) == ("holds", "whole", "exhaustive")
    assert found.bounds == {"records": 2, "faults": 1}
    assert found.fault_kinds == ("broker-crash", "consumer-crash")
    assert {"append", "poll", "broker crash", "consumer crash"} <= found.coverage.keys()
    assert "the two halves share nothing but the log" in found.assumptions


def test_a_violation_of_the_consume_half_is_one_of_the_pipeline(tmp_path: Path) -> None:
    found = verdict(tmp_path, BOTH, "at-most-once", "broker-crash", "consumer-crash")

    assert (found.answer, found.half, found.broken) == ("violated", "consume", ("no-duplicates",))
    assert found.counterexample is not None
    assert found.counterexample.trace.faults == ("consumer-crash",)


def test_the_shorter_counterexample_is_shown(tmp_path: Path) -> None:
    text = BOTH.replace("[consumer.config]", 'commit_when = "before-processing"\n[consumer.config]').replace(
        'client = "java"\n[consumer]', 'client = "java"\n[producer.config]\n"acks" = "1"\n[consumer]'
    )

    found = verdict(tmp_path, text, "exactly-once", "leader-change", "response-lost", "consumer-crash")

    assert found.broken == ("no-loss", "no-duplicates")
    assert found.half == "produce"
    assert found.counterexample is not None
    assert len(found.counterexample.trace) == 4


UNCLEAN = BOTH.replace(
    '"min.insync.replicas" = 1', '"min.insync.replicas" = 1\n"unclean.leader.election.enable" = true'
)


def test_where_a_readers_records_can_disappear_the_whole_decides(tmp_path: Path) -> None:
    found = verdict(tmp_path, UNCLEAN, "no-duplicates", "follower-lag", "broker-crash", at_most=2)

    assert (found.answer, found.evidence, found.half) == ("violated", "exhaustive", "whole")
    assert found.counterexample is not None
    assert "what consumers could read is gone from offset 0 on" in [
        step.says for step in found.counterexample.trace.steps
    ]
    assert verdict(tmp_path, UNCLEAN, "in-order", "follower-lag", "broker-crash", at_most=2).answer == "holds"


def test_where_records_can_disappear_and_the_whole_is_not_modelled_the_verdict_is_unknown(tmp_path: Path) -> None:
    found = verdict(tmp_path, UNCLEAN, "drains", "follower-lag", "broker-crash", at_most=2)

    assert (found.answer, found.evidence) == ("unknown", "searched")
    assert found.reason is not None
    assert "a record that consumers could read can disappear from the log" in found.reason


def test_where_a_reader_may_miss_the_first_of_two_copies_the_whole_decides_order(tmp_path: Path) -> None:
    text = BOTH.replace('"auto.offset.reset" = "earliest"', '"auto.offset.reset" = "latest"').replace(
        'client = "java"\n[consumer]', 'client = "java"\n[producer.config]\n"enable.idempotence" = false\n[consumer]'
    )

    found = verdict(tmp_path, text, "in-order", "response-lost")

    assert (found.answer, found.half) == ("violated", "whole")
    assert found.counterexample is not None
    assert found.counterexample.trace.steps[-1].says == "consumer 1 processes r1"
    one_in_flight = '"enable.idempotence" = false\n"max.in.flight.requests.per.connection" = 1'
    slower = text.replace('"enable.idempotence" = false', one_in_flight)
    assert verdict(tmp_path, slower, "in-order", "response-lost").answer == "holds"


def test_an_idempotent_sink_absorbs_what_the_log_holds_twice(tmp_path: Path) -> None:
    text = BOTH.replace('commit = "sync"', 'commit = "sync"\nsink = "idempotent"').replace(
        'client = "java"\n[consumer]', 'client = "java"\n[producer.config]\n"enable.idempotence" = false\n[consumer]'
    )

    found = verdict(tmp_path, text, "no-duplicates", "response-lost")

    assert found.answer == "holds"
    assert found.vacuous == ()
    assert "the idempotent sink absorbs what the log holds twice" in found.assumptions


def test_claims_about_transactions_are_empty_without_one(tmp_path: Path) -> None:
    found = verdict(tmp_path, BOTH, "atomic", "broker-crash")

    assert (found.answer, found.vacuous) == ("holds", ("atomic: there is no transaction in this pipeline",))


def test_what_transactions_decide_is_decided_by_them(tmp_path: Path) -> None:
    text = BOTH.replace(
        'client = "java"\n[consumer]', 'client = "java"\n[producer.config]\n"transactional.id" = "t"\n[consumer]'
    )

    found = verdict(tmp_path, text, "atomic", "producer-crash")

    assert (found.answer, found.half, found.vacuous) == ("holds", "whole", ())
    assert found.coverage["begin"] > 0


TRANSACTIONS = """
kafka = "4.3"
[producer]
client = "java"
[producer.config]
"transactional.id" = "t"
[consumer]
client = "java"
commit = "transaction"
sink = "kafka"
[consumer.config]
"group.id" = "g"
"auto.offset.reset" = "earliest"
"""


def test_what_is_asked_of_one_system_is_searched_for_together(tmp_path: Path) -> None:
    whole = verdict(tmp_path, TRANSACTIONS, "exactly-once", "consumer-crash")

    assert whole.answer == "holds"
    apart = [verdict(tmp_path, TRANSACTIONS, claim, "consumer-crash") for claim in ("no-loss", "atomic")]
    assert whole.distinct_states == sum(part.distinct_states for part in apart)
    assert whole.coverage["begin"] == sum(part.coverage["begin"] for part in apart)


def test_of_what_is_searched_for_together_each_violation_is_told(tmp_path: Path) -> None:
    torn = verdict(tmp_path, TRANSACTIONS.replace("4.3", "3.9"), "exactly-once", "request-delayed")

    assert set(torn.broken) == {"no-loss", "no-duplicates", "no-aborted-reads", "atomic"}
    assert torn.counterexample is not None
    assert torn.counterexample.claim == "atomic"
    atomic = verdict(tmp_path, TRANSACTIONS.replace("4.3", "3.9"), "atomic", "request-delayed")
    assert atomic.counterexample is not None
    assert len(torn.counterexample.trace) == len(atomic.counterexample.trace)


def test_of_transactions_in_a_group_that_is_not_modelled_nothing_is_said(tmp_path: Path) -> None:
    """Not even what a group of another kind would break."""
    static = TRANSACTIONS.replace("4.3", "3.9").replace('"group.id"', '"group.instance.id" = "i"\n"group.id"')

    found = verdict(tmp_path, static, "atomic", "request-delayed")

    assert (found.answer, found.distinct_states) == ("unknown", 0)
    assert "static membership" in str(found.reason)


@pytest.mark.parametrize(("on_failure", "is_idle"), [("retry", True), ("dead-letter", True), ("crash", False)])
def test_a_failure_that_a_transaction_tries_again_is_told_to_have_no_effect(
    tmp_path: Path, on_failure: str, is_idle: bool
) -> None:
    file = tmp_path / "p.ackproof.toml"
    text = TRANSACTIONS.replace('sink = "kafka"', f'sink = "kafka"\non_processing_failure = "{on_failure}"')
    file.write_text(text + FAULTS.format(at_most=1, kinds='["processing-fails"]', claim="atomic"), encoding="utf-8")

    judgement = judge(read_pipeline(file))

    told = "the fault processing-fails has nothing to act on here" in [notice.message for notice in judgement.notices]
    assert told is is_idle
    assert judgement.verdicts[0].answer == "holds"


def test_how_large_a_group_is_searched_is_told(tmp_path: Path) -> None:
    file = BOTH.replace('commit = "sync"', 'commit = "sync"\ninstances = 3')

    found = verdict(tmp_path, file, "no-duplicates", "coordinator-failover")

    assert found.answer == "holds"
    assert "who owns what: 2 instances at the start, 2 partitions" in found.assumptions


def test_what_is_violated_stays_so_whatever_else_is_not_modelled(tmp_path: Path) -> None:
    """Brokers of 0.10 refuse the producer, so that nothing is known of that half."""
    text = 'kafka = "0.10"\n' + BOTH.replace('client = "java"\n[consumer]', 'client = "java 3.9"\n[consumer]')

    found = verdict(tmp_path, text, "no-duplicates", "consumer-crash")

    assert (found.answer, found.evidence) == ("violated", "searched")
    assert verdict(tmp_path, text, "no-duplicates", "consumer-crash", at_most=0).answer == "unknown"


def test_a_fault_that_can_never_happen_is_reported(tmp_path: Path) -> None:
    text = '[topic]\n"replication.factor" = 1\n[producer]\nclient = "java"\n'

    found = verdict(tmp_path, text, "no-loss", "follower-lag", "request-lost")

    assert (found.answer, found.idle_faults) == ("holds", ("follower-lag",))


def test_a_fault_that_nothing_here_can_suffer_is_a_notice(tmp_path: Path) -> None:
    file = tmp_path / "p.ackproof.toml"
    producer = '[producer]\nclient = "java"\n'
    file.write_text(producer + FAULTS.format(at_most=1, kinds=["offsets-expired"], claim="no-loss"), encoding="utf-8")

    messages = [notice.message for notice in ackproof.verify(file).notices]

    assert "the fault offsets-expired has nothing to act on here" in messages


def test_no_time_left_is_unknown_and_not_holds(tmp_path: Path) -> None:
    file = tmp_path / "p.ackproof.toml"
    file.write_text(BOTH, encoding="utf-8")
    pipeline = attrs.evolve(read_pipeline(str(file)), claims=("no-loss",))
    seconds = iter(range(0, 10**6, 100))

    (found,) = judge(pipeline, clock=lambda: next(seconds)).verdicts

    assert found.answer == "unknown"
    assert found.reason is not None
    assert "ran out of time" in found.reason


def test_an_interrupt_ends_all_searches_and_nothing_is_said_to_hold(tmp_path: Path) -> None:
    file = tmp_path / "p.ackproof.toml"
    file.write_text(BOTH, encoding="utf-8")

    def interrupt(_what: str, _progress: object) -> None:
        raise KeyboardInterrupt

    first, second = judge(
        attrs.evolve(read_pipeline(file), claims=("no-loss", "in-order")), on_progress=interrupt
    ).verdicts

    assert (first.answer, second.answer) == ("unknown", "unknown")
    assert "was interrupted after" in str(first.reason)
    assert second.reason == "interrupted before it was searched"


def test_random_walks_tell_how_far_they_are(tmp_path: Path) -> None:
    file = tmp_path / "p.ackproof.toml"
    file.write_text(BOTH, encoding="utf-8")
    pipeline = attrs.evolve(read_pipeline(file), claims=("no-loss",), bounds=Bounds(4, 60.0))
    told: list[str] = []

    effort = Effort(How("plain"), walks=1000, megabytes=1)

    judge(pipeline, on_progress=lambda what, _at: told.append(what), effort=effort)

    assert any("1,000 random steps in search of a violation of no-loss" in what for what in told)


def test_there_is_nothing_else_at_the_front_door() -> None:
    with pytest.raises(AttributeError, match="no attribute 'falsify'"):
        _ = ackproof.falsify  # type: ignore[attr-defined]  # the point of the test
