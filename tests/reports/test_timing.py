"""What people and programs read of times and rates."""

import json
from functools import partial
from pathlib import Path

from rich.console import Console

from ackproof.config.reading import read_pipeline
from ackproof.judging.timing import timed
from ackproof.properties.timing import Threshold, TimingVerdict
from ackproof.properties.verdict import Judgement
from ackproof.reports.document import as_json
from ackproof.reports.text import rendered, show

EXAMPLES = Path(__file__).parents[2] / "examples" / "timing"

STORM = """\
storm  (Kafka 4.3)

timing
✗ polls-too-late: can happen
             Can a consumer be put out of its group because it does not poll for
             max.poll.interval.ms?
  such as    a round trip of 1 ms, 500 records that take 600 ms each: 300,001 ms
             from one poll to the next; max.poll.interval.ms = 300,000
  safe       up to max.poll.records = 334
             from max.poll.interval.ms = 432,501
✓ misses-heartbeats: cannot happen
             at most 38,700 ms from one heartbeat to the next;
             session.timeout.ms = 45,000
  safe       from session.timeout.ms = 38,701
             up to heartbeat.interval.ms = 6,149
✗ rebalance-feeds-itself: can happen
             Can a rebalance put a member out, whose return starts the next one:
             can a rebalance storm feed itself?
  such as    3,100 ms until a heartbeat tells of it, 3 round trips of 1 ms, 500
             records that take 594 ms each: 300,103 ms until a member joins
             again; max.poll.interval.ms = 300,000
  safe       up to max.poll.records = 325
             from max.poll.interval.ms = 439,701
✓ lag-grows: cannot happen
             at most 801 ms of work in each second; the limit is 1,000
  safe       from consumer.instances = 4
≤ lag-after-a-stall
             How much lag can build up in an outage and a pause?
             at most 128 records of lag
≤ lag-drains-within
             How long does it take until the lag of an outage and a pause is
             gone?
             at most 128,805 ms until the lag is gone

"""


def judged(name: str) -> Judgement:
    """What timing says of an example, without any search."""
    pipeline = read_pipeline(EXAMPLES / f"{name}.ackproof.toml")
    return Judgement(pipeline.name, None, pipeline.kafka, timing=timed(pipeline).verdicts)


def as_text(judgement: Judgement) -> str:
    """At a terminal of 80 columns."""
    console = Console(width=80, highlight=False, no_color=True)
    return rendered(console, partial(show, console, judgement))


def test_people_read_what_can_happen_and_where_it_is_safe() -> None:
    assert as_text(judged("storm")) == STORM


def test_the_readme_shows_a_part_of_that() -> None:
    readme = (EXAMPLES.parents[1] / "README.md").read_text(encoding="utf-8")

    shown = readme.partition("verify examples/timing/storm.ackproof.toml\n")[2].partition("```")[0]

    assert shown
    assert set(shown.splitlines()) <= set(STORM.splitlines())


def test_people_read_what_is_not_injected_as_it_can_not_happen() -> None:
    text = as_text(judged("ledger"))

    assert "  so         producer-pause, send-timeout: not injected\n" in text
    assert text.count("consumer-pause: not injected") == 3
    assert max(map(len, text.splitlines())) <= 80


def test_people_read_what_is_missing_and_what_no_key_helps_against() -> None:
    asked = TimingVerdict(
        question="q", asks="Can it?", answer="unknown", missing=("timing.pause_ms", "timing.outage_ms")
    )
    hopeless = TimingVerdict(
        question="r", asks="Can it?", answer="can happen", says="so.", thresholds=(Threshold("k", "up to", None),)
    )

    text = as_text(Judgement("p", None, None, timing=(asked, hopeless)))

    assert "? q: unknown\n             Can it?\n  needs      timing.pause_ms, timing.outage_ms\n" in text
    assert "  safe       at no value of k alone\n" in text


def test_people_read_what_a_safe_value_needs() -> None:
    asked = TimingVerdict(question="q", asks="Can it?", answer="can happen", missing=("timing.pause_ms",))

    text = as_text(Judgement("p", None, None, timing=(asked,)))

    assert "  needs      timing.pause_ms, to say from where on it is safe\n" in text


def test_programs_read_the_numbers() -> None:
    document = json.loads(as_json("0", [judged("storm")]))

    found = {verdict["question"]: verdict for verdict in document["pipelines"][0]["timing"]}
    assert found["polls-too-late"]["answer"] == "can happen"
    assert found["polls-too-late"]["values"] == {
        "outage_ms": 0,
        "pause_ms": 0,
        "request_ms": 1,
        "records": 500,
        "processing_ms": 600,
    }
    assert found["polls-too-late"]["thresholds"] == [
        {"key": "max.poll.records", "safe": "up to", "value": 334},
        {"key": "max.poll.interval.ms", "safe": "from", "value": 432_501},
    ]
    assert found["lag-after-a-stall"]["values"] == {"at_most": 128}


def test_without_measures_people_read_nothing_of_timing() -> None:
    judgement = Judgement("p", None, None)

    assert "timing" not in as_text(judgement)
    assert json.loads(as_json("0", [judgement]))["pipelines"][0]["timing"] == []
