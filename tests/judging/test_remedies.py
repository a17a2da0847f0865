"""Repairs in verdicts."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ackproof import cli
from ackproof.config.reading import pipeline_in
from ackproof.judging.effort import Effort
from ackproof.judging.judge import verify
from ackproof.judging.oracle import Memory, Oracle
from ackproof.judging.remedies import judge_and_repair, outcome, reason
from ackproof.properties.verdict import Judgement
from ackproof.repair.repairing import Search
from ackproof.reports.text import show

ROOT = Path(__file__).parent.parent.parent
PAYMENTS = ROOT / "examples" / "payments.ackproof.toml"
FOLKLORE = ROOT / "examples" / "folklore"


def judged(**document: object) -> Judgement:
    return judge_and_repair(pipeline_in(document, file="p"), effort=Effort())


def text(judgement: Judgement) -> str:
    console = Console(width=200, highlight=False)
    with console.capture() as captured:
        show(console, judgement)
    return captured.get()


def test_every_violated_claim_has_its_repairs(capsys: pytest.CaptureFixture[str]) -> None:
    cli.verify((PAYMENTS,), format="json", claim=("at-least-once", "no-aborted-reads"))
    claims: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["pipelines"][0]["claims"]

    assert [claim["verdict"] for claim in claims] == ["violated", "holds"]
    assert [repair["set"] for repair in claims[0]["repairs"]] == [{"producer.config.acks": "all"}]
    assert all(repair["verified"] is True for repair in claims[0]["repairs"])
    assert "repairs" not in claims[1]


def test_a_verdict_says_what_repairs_it_behind_the_execution() -> None:
    said = text(verify(PAYMENTS, repairs=True))

    assert "repair     set producer.config.acks = all (" in said
    assert said.index("producer sends r1") < said.index("repair ") < said.index("covered")


def test_nothing_is_repaired_unless_somebody_asks(capsys: pytest.CaptureFixture[str]) -> None:
    (verdict,) = verify(PAYMENTS).verdicts
    cli.verify((PAYMENTS,), repair=False)

    assert (verdict.repairs, verdict.repair_reason) == ((), None)
    assert "repair" not in capsys.readouterr().out


def test_a_search_that_was_interrupted_is_not_one_that_found_nothing() -> None:
    oracle = Oracle(lambda: 1.0, Memory(is_interrupted=True))

    found = outcome(pipeline_in({"producer": {"config": {"acks": "1"}}}, file="p"), oracle, has_time=lambda: True)

    assert (found.repairs, found.is_out_of_time) == ((), True)
    assert (found.reason or "").startswith("the search was interrupted")


def test_two_runs_say_the_same() -> None:
    once, again = (verify(FOLKLORE / "33-a-failed-record-comes-again.ackproof.toml", repairs=True) for _ in range(2))

    assert [verdict.repairs for verdict in once.verdicts] == [verdict.repairs for verdict in again.verdicts]


def test_transactions_repair_what_is_processed_into_kafka() -> None:
    consumer = {"commit": "sync", "sink": "kafka", "config": {"group.id": "g", "auto.offset.reset": "earliest"}}
    judgement = judged(
        producer={},
        consumer=consumer,
        faults={"kinds": ["consumer-crash"], "at_most": 1},
        claims={"expect": ["exactly-once"]},
    )
    (verdict,) = judgement.verdicts

    assert verdict.repairs[0].changes == {
        "producer.config.transactional.id": "pipeline",
        "consumer.commit": "transaction",
    }
    assert verdict.repairs[0].where == "application"
    assert verdict.repair_reason is not None
    assert "the application has to change: the application begins and commits transactions" in verdict.repair_reason


def test_an_upgrade_repairs_what_brokers_do_wrong() -> None:
    (verdict,) = verify(FOLKLORE / "23-one-epoch-for-all-transactions.ackproof.toml", repairs=True).verdicts

    assert [(remedy.where, remedy.changes) for remedy in verdict.repairs] == [("upgrade", {"kafka": "4.3"})]
    assert verdict.repair_reason is not None
    assert "versions have to change: all brokers are upgraded" in verdict.repair_reason


def test_what_nothing_prevents_is_said() -> None:
    (verdict,) = verify(FOLKLORE / "26-retention-waits-for-consumers.ackproof.toml", repairs=True).verdicts

    assert verdict.repairs == ()
    assert verdict.repair_reason is not None
    assert "retention: keep records" in verdict.repair_reason


def test_repairs_end_with_what_is_left_of_the_budget_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ackproof.judging.remedies.STATES_A_SECOND", 1)
    (verdict,) = verify(PAYMENTS, repairs=True).verdicts

    assert (verdict.answer, verdict.repairs) == ("violated", ())
    assert verdict.repair_reason is not None
    assert "the budget ended after 3 configurations, before one was found" in verdict.repair_reason


def test_a_repair_breaks_no_claim_that_holds() -> None:
    consumer = {"commit": "sync", "config": {"group.id": "g", "auto.offset.reset": "earliest"}}
    judgement = judged(
        consumer=consumer,
        faults={"kinds": ["consumer-crash"], "at_most": 1},
        claims={"expect": ["no-duplicates", "no-loss"]},
    )
    duplicates, loss = judgement.verdicts

    assert (duplicates.answer, loss.answer) == ("violated", "holds")
    assert [dict(remedy.changes) for remedy in duplicates.repairs] == [
        {"consumer.sink": "idempotent"},
        {"consumer.commit": "with-sink"},
    ]


NO_CHANGE = "no change of up to 5 keys makes every claim hold, of settings, versions or the application"


@pytest.mark.parametrize(
    ("found", "ended", "said"),
    [
        (
            Search((), 9, 0, is_complete=True, faults=("retention", "consumer-crash", "broker-crash")),
            None,
            f"{NO_CHANGE}; retention: keep records (retention.ms, retention.bytes) for longer than their readers "
            "can be behind; what is left is to keep from happening: consumer-crash, broker-crash",
        ),
        (
            Search((), 4, 1, is_complete=True),
            None,
            f"{NO_CHANGE.replace('makes', 'was found that makes')}; "
            "1 of 4 configurations could not be decided in the budget or at all",
        ),
        (
            Search((), 2, 1, is_complete=False),
            "the budget ended",
            "the budget ended after 2 configurations, before one was found; "
            "ackproof repair --budget SECONDS looks further",
        ),
    ],
)
def test_where_there_is_no_repair_the_reason_is_told(found: Search, ended: str | None, said: str) -> None:
    assert reason(found, ended) == said
