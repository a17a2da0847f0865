"""Verdicts that theorems cover, and what they say."""

import io
import json
from pathlib import Path

import attrs
import pytest
from rich.console import Console

from ackproof.config.inquiries import inquiries
from ackproof.config.reading import BadConfiguration, Overrides, read_pipeline
from ackproof.config.systems import as_bounded
from ackproof.judging.hearing import Hearing
from ackproof.judging.inductive import induction, theorems_of
from ackproof.judging.judge import judge
from ackproof.properties.claims import basics_of
from ackproof.properties.verdict import Judgement, Verdict
from ackproof.reports.document import as_json
from ackproof.reports.markdown import as_markdown
from ackproof.reports.text import show_verdict

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SURE = """
[topic]
"replication.factor" = 3
"min.insync.replicas" = 2
[producer]
[producer.config]
acks = "all"
{producer}
{rest}
[faults]
at_most = 2
kinds = [{kinds}]
[claims]
expect = ["{claim}"]
"""


def judged(folder: Path, claim: str, *kinds: str, producer: str = "", rest: str = "") -> Judgement:
    path = folder / "sure.ackproof.toml"
    named = ", ".join(f'"{kind}"' for kind in kinds)
    path.write_text(SURE.format(claim=claim, kinds=named, producer=producer, rest=rest), encoding="utf-8")
    return judge(read_pipeline(path, overrides=Overrides()))


def the_verdict(judgement: Judgement) -> Verdict:
    (verdict,) = judgement.verdicts
    return verdict


def told(verdict: Verdict) -> str:
    printed = io.StringIO()
    show_verdict(Console(width=100, file=printed, highlight=False), verdict)
    return printed.getvalue()


def test_what_theorems_cover_holds_by_induction_and_has_no_bounds(tmp_path: Path) -> None:
    found = the_verdict(judged(tmp_path, "no-loss", "broker-crash", "leader-change"))

    assert (found.answer, found.evidence, dict(found.bounds)) == ("holds", "inductive", {})
    assert "any number of records and any number of faults (broker-crash or leader-change): proved" in " ".join(
        told(found).split()
    )


def test_brokers_that_lose_data_are_counted(tmp_path: Path) -> None:
    limited = SURE.replace("kinds = [{kinds}]", 'kinds = [{kinds}]\nlimits = {{ "power-loss" = 1 }}')
    path = tmp_path / "sure.ackproof.toml"
    path.write_text(limited.format(claim="no-loss", kinds='"power-loss"', producer="", rest=""), encoding="utf-8")

    found = the_verdict(judge(read_pipeline(path, overrides=Overrides())))

    assert (found.answer, found.evidence) == ("holds", "inductive")
    assert dict(found.bounds) == {"faults": 2, "power-loss": 1}


def test_two_power_losses_are_more_than_two_in_sync_replicas_stand(tmp_path: Path) -> None:
    found = the_verdict(judged(tmp_path, "no-loss", "power-loss"))

    assert found.evidence != "inductive"
    assert found.inductions == ()


def test_no_duplicates_is_proved_while_nothing_makes_the_producer_give_up(tmp_path: Path) -> None:
    found = the_verdict(judged(tmp_path, "no-duplicates", "response-lost", "request-delayed"))

    assert found.evidence == "inductive"
    assert found.inductions[0].theorems[0].startswith("an-idempotent-partition")


@pytest.mark.parametrize(
    ("kinds", "producer"),
    [
        (("response-lost", "send-timeout"), ""),
        (("response-lost", "producer-crash"), ""),
        (("response-lost", "broker-crash"), ""),
        (("response-lost",), '"max.in.flight.requests.per.connection" = 1\n"enable.idempotence" = "false"'),
        (("response-lost",), "retries = 3"),
    ],
)
def test_just_outside_the_theorem_no_duplicates_is_searched_within_bounds(
    tmp_path: Path, kinds: tuple[str, ...], producer: str
) -> None:
    found = the_verdict(judged(tmp_path, "no-duplicates", *kinds, producer=producer))

    assert found.inductions == ()
    assert found.evidence != "inductive"


def test_a_part_that_is_proved_is_named_in_a_verdict_that_is_not(tmp_path: Path) -> None:
    consumer = '[consumer]\n[consumer.config]\n"group.id" = "g"\n"auto.offset.reset" = "earliest"'

    judgement = judged(tmp_path, "no-loss", "broker-crash", rest=consumer)
    found = the_verdict(judgement)

    assert (found.answer, found.evidence) == ("holds", "exhaustive")
    assert dict(found.bounds) == {"records": 3, "faults": 2}
    assert "no-loss of the produce half, for any number of records and faults: " in " ".join(told(found).split())
    assert "; proved no-loss of the produce half, for any number of records and faults: " in as_markdown([judgement])
    (claim,) = json.loads(as_json("0", [judgement]))["pipelines"][0]["claims"]
    assert claim["theorems"][0] == {"name": "a-number-names-one-batch", "claim": "no-loss", "half": "produce"}


def covered_examples() -> list[tuple[Path, str]]:
    """Each example with a claim of which theorems cover a part."""
    return [(path, claim) for path in sorted(EXAMPLES.rglob("*.ackproof.toml")) for claim in covered_claims(path)]


def covered_claims(path: Path) -> list[str]:
    try:
        pipeline = read_pipeline(path, overrides=Overrides())
    except BadConfiguration:
        return []
    return [claim for claim in pipeline.claims if is_covered(Hearing(as_bounded(pipeline, claim), claim))]


def is_covered(hearing: Hearing) -> bool:
    asked = [inquiry for basic in basics_of(hearing.claim) for inquiry in inquiries(hearing.pipeline, basic)]
    return any(theorems_of(inquiry) for inquiry in asked)


@pytest.mark.slow
def test_the_search_finds_nothing_against_what_theorems_say_of_the_examples() -> None:
    covered = covered_examples()

    assert len(covered) > 10
    for path, claim in covered:
        pipeline = attrs.evolve(read_pipeline(path, overrides=Overrides()), claims=(claim,))
        hearing = Hearing(as_bounded(pipeline, claim), claim)

        hearing.hear()

        for finding in hearing.findings:
            if induction(finding):
                assert finding.exploration.violation is None, path
