"""Counterexamples that go on for ever, as people and programs see them."""

import io
import json
from typing import cast

import attrs
from rich.console import Console

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce import replicating
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.properties.liveness import every_send_is_resolved, the_lag_is_zero
from ackproof.properties.property import Property
from ackproof.properties.verdict import Counterexample, Judgement, Verdict
from ackproof.reports.document import as_json
from ackproof.reports.lasso import unresolved, waiting
from ackproof.reports.text import show, show_counterexample
from ackproof.search.liveness import explore_fairly

RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front)


def sending(min_insync_replicas: int, *kinds: str) -> System:
    """One record for one broker."""
    brokers = BrokerRules(replication_factor=1, min_insync_replicas=min_insync_replicas)
    return produce_half(RETRYING, brokers, records=1, faults=Faults(1), kinds=frozenset(kinds), is_fine=True)


REFUSED = sending(2)
CRASHED = sending(1, "broker-crash")
DOWN = attrs.evolve(
    CRASHED, actions=tuple(attrs.evolve(a, is_fair=a != replicating.come_back and a.is_fair) for a in CRASHED.actions)
)
WITHOUT_RESET = consume_half(
    ConsumerRules(reset="none"), records=1, faults=Faults(0), kinds=frozenset(), is_fine=True, counts_repeats=False
)


def found(system: System, claim: str, goal: Property) -> Counterexample:
    """A lasso that never reaches the goal."""
    trace = explore_fairly(system, goal).violation
    assert trace is not None
    return Counterexample(trace, claim, goal.says)


def shown(counterexample: Counterexample) -> list[str]:
    """The lines at the terminal."""
    console = Console(file=io.StringIO(), width=120)
    show_counterexample(console, counterexample)
    return [line.strip() for line in cast("io.StringIO", console.file).getvalue().splitlines()]


def test_the_text_tells_what_is_repeated_for_ever() -> None:
    assert shown(found(REFUSED, "completes", every_send_is_resolved)) == [
        "expected   At last every record is sent, and its send succeeds or fails.",
        "1 producer sends r1",
        "and then, for ever:",
        "2 broker 1, the leader, refuses r1: NOT_ENOUGH_REPLICAS",
        "3 producer hears NOT_ENOUGH_REPLICAS for r1",
        "4 producer sends r1 again",
        "for ever   the send of r1 neither succeeds nor fails",
        "broker 1 (leads): empty log",
    ]


def test_the_text_tells_that_nothing_more_happens() -> None:
    lines = shown(found(DOWN, "completes", every_send_is_resolved))

    assert lines[-3:] == [
        "and then nothing more happens",
        "for ever   the send of r1 neither succeeds nor fails",
        "broker 1 (down): empty log",
    ]


def test_a_record_may_never_be_sent() -> None:
    assert list(unresolved(Producer(next_record=1), Connection())) == ["r2 is never sent"]


def test_where_a_group_stands_for_ever() -> None:
    counterexample = found(WITHOUT_RESET, "drains", the_lag_is_zero)

    assert list(waiting(counterexample)) == [
        "the log reaches from offset 0 to 1, the group has committed nothing",
        "consumer 1 owns the partition",
    ]


def judgement(counterexample: Counterexample) -> Judgement:
    """A pipeline that breaks the claim."""
    verdict = Verdict(
        counterexample.claim,
        "violated",
        "produce",
        "exhaustive",
        {"records": 1, "faults": 1},
        distinct_states=7,
        counterexample=counterexample,
    )
    return Judgement("payments", None, None, verdicts=(verdict,))


def test_the_headline_counts_the_steps_before_it_goes_round() -> None:
    console = Console(file=io.StringIO(), width=120)

    show(console, judgement(found(REFUSED, "completes", every_send_is_resolved)))

    text = cast("io.StringIO", console.file).getvalue()
    assert "completes: violated after 1 step" in text
    assert "no shorter way leads there with 1 record and 1 fault: 7 states searched" in text


def test_the_document_says_where_the_loop_starts() -> None:
    document = json.loads(as_json("0", [judgement(found(REFUSED, "completes", every_send_is_resolved))]))

    counterexample = document["pipelines"][0]["claims"][0]["counterexample"]
    assert (counterexample["loop"], counterexample["length"]) == (1, 4)
    assert counterexample["trace"]["loop"] == 1


def test_an_execution_that_just_ends_has_no_loop() -> None:
    counterexample = found(REFUSED, "completes", every_send_is_resolved)
    ended = attrs.evolve(counterexample, trace=attrs.evolve(counterexample.trace, loop=None))

    document = json.loads(as_json("0", [judgement(ended)]))

    assert document["pipelines"][0]["claims"][0]["counterexample"]["loop"] is None
