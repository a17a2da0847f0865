"""What timing says of whole pipelines, and the faults that it rules out."""

import pytest

from ackproof.config.pipeline import Pipeline
from ackproof.judging.judge import judge
from ackproof.judging.oracle import Oracle
from ackproof.judging.timing import as_injected, timed
from tests.config.pipelines import read

CONSUMER = """
[consumer]
commit = "sync"
[consumer.config]
"group.id" = "ledger"
"""
PRODUCER = "[producer]\n"
TRANSACTIONS = """
[producer]
[producer.config]
"transactional.id" = "ledger"
[consumer]
commit = "transaction"
sink = "kafka"
[consumer.config]
"group.id" = "ledger"
"""
OUTPUTS = """
[producer]
[consumer]
commit = "sync"
sink = "kafka"
[consumer.config]
"group.id" = "ledger"
"""
MEASURED = {
    "processing_ms": "[2, 20]",
    "pause_ms": "[0, 900]",
    "outage_ms": "[0, 10_000]",
    "request_ms": "[1, 250]",
}
RATES = {"arrival_per_s": "[50, 120]", "record_bytes": "[200, 900]", "partitions": "12"}


def pipeline(text: str, **measured: str | None) -> Pipeline:
    """A pipeline and what was measured of it: those of the usual ranges that are not None."""
    lines = [f"{name} = {value}" for name, value in {**MEASURED, **measured}.items() if value is not None]
    return read("\n".join((text, "[timing]", *lines)))


def ruled_out(text: str, **measured: str | None) -> set[str]:
    """The kinds of fault that timing rules out there."""
    given = pipeline(text, **measured)
    return set(given.faults.kinds) - set(as_injected(given).faults.kinds)


def test_without_measures_nothing_is_asked_and_nothing_ruled_out() -> None:
    plain = read(CONSUMER)

    found = timed(plain)

    assert found.verdicts == ()
    assert found.pipeline is plain


def test_what_can_not_happen_is_not_injected() -> None:
    assert ruled_out(CONSUMER) == {"consumer-pause"}
    assert ruled_out(PRODUCER) == {"send-timeout", "producer-pause"}


@pytest.mark.parametrize(
    "worse",
    [
        {"processing_ms": "[2, 600]"},  # polls too late
        {"pause_ms": "[0, 50_000]"},  # its session expires
        {"outage_ms": "[0, 45_000]"},
        {"processing_ms": "[2, 590]"},  # only joins too late
    ],
)
def test_a_pause_is_injected_if_a_member_can_be_put_out_in_any_way(worse: dict[str, str]) -> None:
    assert ruled_out(CONSUMER, **worse) == set()


@pytest.mark.parametrize("missing", MEASURED)
def test_a_pause_is_injected_while_anything_is_unknown(missing: str) -> None:
    assert ruled_out(CONSUMER, **{missing: None}) == set()


def test_a_producer_that_pauses_in_a_transaction_may_outlive_it() -> None:
    assert ruled_out(TRANSACTIONS, **RATES) == {"consumer-pause", "send-timeout", "producer-pause"}
    assert "producer-pause" not in ruled_out(TRANSACTIONS, **RATES, records_per_transaction="5_000")


def test_the_send_of_an_output_also_fails_where_the_buffer_is_full() -> None:
    assert "send-timeout" in ruled_out(OUTPUTS, **RATES)
    assert "send-timeout" not in ruled_out(OUTPUTS)
    full = OUTPUTS.replace("[producer]", '[producer]\n[producer.config]\n"buffer.memory" = 40000\n"max.block.ms" = 100')
    assert "send-timeout" not in ruled_out(full, **RATES)


def test_the_send_of_an_output_also_fails_where_retries_are_used_up() -> None:
    few = OUTPUTS.replace("[producer]", '[producer]\n[producer.config]\n"retries" = 3')

    assert "send-timeout" not in ruled_out(few, **RATES)
    assert "send-timeout" in ruled_out(PRODUCER + '[producer.config]\n"retries" = 3\n')


def test_what_is_not_injected_is_what_is_told_to_be_ruled_out() -> None:
    given = pipeline(TRANSACTIONS, **RATES)

    found = timed(given)

    assert found.pipeline == as_injected(given)
    assert set(found.ruled_out) == {kind for verdict in found.verdicts for kind in verdict.rules_out}


def test_what_is_ruled_out_is_taken_from_kinds_and_limits() -> None:
    faults = '[faults]\nkinds = ["consumer-pause", "consumer-crash"]\nlimits = { "consumer-pause" = 1 }\n'

    left = as_injected(pipeline(faults + CONSUMER)).faults

    assert left.kinds == ("consumer-crash",)
    assert left.limits == {}


def test_a_verdict_says_what_it_owes_to_timing() -> None:
    text = f'{CONSUMER}[claims]\nexpect = ["no-loss"]\n[bounds]\nrecords = 1\n'

    judgement = judge(pipeline(text))

    (verdict,) = judgement.verdicts
    assert "consumer-pause" not in verdict.fault_kinds
    why = "consumer-pause is ruled out, and not injected: polls-too-late, misses-heartbeats, rebalance-feeds-itself"
    assert f"timing: {why} can none of them happen" in verdict.assumptions
    assert "timing: at most one pause and one outage fall into that time" in verdict.assumptions
    assert [notice.message for notice in judgement.notices if notice.key == "timing"] == [
        f"{why} can none of them happen"
    ]


PAUSED = """
[faults]
kinds = ["consumer-pause"]
at_most = 1
[consumer]
commit = "sync"
instances = 2
[consumer.config]
"group.id" = "ledger"
[claims]
expect = ["no-duplicates"]
"""


def test_a_fault_that_was_named_and_is_ruled_out_gets_a_notice_that_says_how_to_have_it() -> None:
    judgement = judge(pipeline(PAUSED))

    assert judgement.verdicts[0].bounds["faults"] == 0
    assert any("leave out [timing] to inject it all the same" in notice.message for notice in judgement.notices)


def test_a_violation_that_needs_what_is_ruled_out_is_gone() -> None:
    assert judge(pipeline(PAUSED, processing_ms="[2, 600]")).verdicts[0].answer == "violated"
    assert judge(pipeline(PAUSED)).verdicts[0].answer == "holds"


def test_repairs_are_judged_without_what_is_ruled_out() -> None:
    oracle = Oracle(lambda: 60.0)

    assert oracle(pipeline(PAUSED)) == "holds"
    assert oracle(pipeline(PAUSED, processing_ms="[2, 600]")) != "holds"
