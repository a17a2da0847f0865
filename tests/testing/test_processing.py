"""What a schedule does to a processing function."""

import re
from collections.abc import Hashable, Iterable
from itertools import product
from pathlib import Path

import pytest

from ackproof.config.reading import BadConfiguration, pipeline_in
from ackproof.judging.judge import judge
from ackproof.testing import Process, Record, pipelines, workloads
from tests.testing.machines import Idempotent, Plain, finding, pipeline


def test_a_function_that_keeps_all_keeps_a_record_twice_after_a_crash() -> None:
    found = finding(Plain)

    assert found is not None
    assert re.match(r"no-duplicates does not hold: the sink keeps r\d more than once", found)
    assert "consumer 1 crashes  [consumer-crash]" in found


def test_one_that_keeps_a_record_once_survives() -> None:
    assert finding(Idempotent) is None


class Buffer:
    """Keeps records in memory, and two at a time in the sink."""

    def __init__(self, machine: Plain) -> None:
        self.machine = machine
        self.buffer: list[Record] = []

    def __call__(self, record: Record) -> None:
        self.buffer.append(record)
        if len(self.buffer) == 2:
            self.close()

    def close(self) -> None:
        self.machine.rows += [record.value for record in self.buffer if record.value not in self.machine.rows]
        self.buffer.clear()


class Buffered(Plain):
    def start(self) -> Process:
        return Buffer(self)


def test_what_is_only_in_memory_is_lost_with_the_process() -> None:
    found = finding(Buffered, examples=200)

    assert found is not None
    assert re.match(r"no-loss does not hold: r\d was never kept", found)
    assert "consumer 1 crashes  [consumer-crash]" in found


def test_what_is_in_memory_is_kept_when_the_process_ends_in_an_orderly_way() -> None:
    assert finding(Buffered, pipeline=pipeline("no-loss", "member-leaves")) is None


class TwoEffects(Plain):
    """Marks a record as seen, and keeps it after that."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = set[Hashable]()

    def process(self, record: Record) -> object:
        if record.value not in self.seen:
            self.seen.add(record.value)
            self.crash_point()
            self.rows.append(record.value)
        return None


def test_a_process_may_die_between_two_effects() -> None:
    found = finding(TwoEffects)

    assert found is not None
    assert re.search(r"consumer 1 processes (r\d) and dies within  \[consumer-crash\]", found)
    assert re.match(r"no-loss does not hold: r\d was never kept", found)


def test_a_process_dies_only_where_crashes_are_among_the_faults() -> None:
    assert finding(TwoEffects, pipeline=pipeline("exactly-once", "member-joins")) is None


class Poisoned(Plain):
    """Can not process the second record."""

    def process(self, record: Record) -> object:
        if record.value == "r2":
            raise ValueError("poison")
        return super().process(record)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("retry", "consumer 1 processes r2: ValueError('poison'); it tries again (× 11)"),
        ("skip", "consumer 1 processes r2: ValueError('poison'); it skips it"),
        ("crash", "consumer 1 processes r2: ValueError('poison') and crashes"),
    ],
)
def test_what_fails_for_ever_is_never_kept(answer: str, says: str) -> None:
    found = finding(Poisoned, pipeline=pipeline("no-loss", "member-joins", on_processing_failure=answer))

    assert found is not None
    assert found.startswith("no-loss does not hold: r2 was never kept")
    assert says in found


def test_what_is_in_the_dead_letter_topic_counts_as_kept() -> None:
    configured = pipeline("exactly-once", "member-joins", on_processing_failure="dead-letter")

    assert finding(Poisoned, pipeline=configured) is None


def test_a_failure_after_the_effect_leads_to_a_repeat() -> None:
    found = finding(Plain, pipeline=pipeline("no-duplicates", "processing-fails"))

    assert found is not None
    assert re.search(r"consumer 1 processes r\d, and takes it for failed; it tries again  \[processing-fails\]", found)


def test_threads_may_keep_records_out_of_order() -> None:
    found = finding(Plain, pipeline=pipeline("in-order", "member-joins", processing="handed-off"))

    assert found is not None
    assert found.startswith("in-order does not hold: r1 was kept for the first time after what was sent later")


class Strange(Plain):
    def kept(self) -> Iterable[Hashable]:
        return ["r7"]


def test_a_sink_that_keeps_what_nobody_sent_is_told() -> None:
    assert "it keeps r7, which nobody sent" in (finding(Strange) or "")


def test_the_story_says_which_record_has_which_value() -> None:
    found = finding(Plain, workload=["coffee", "tea"])

    assert found is not None
    assert "     r1 is 'coffee', r2 is 'tea'" in found.splitlines()
    assert re.match(r"no-duplicates does not hold: the sink keeps (coffee|tea) more than once", found)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"producer": {}}, "the pipeline has no consumer"),
        (pipeline("no-loss", "consumer-crash", commit="with-sink"), "can not be driven"),
        (pipeline("drains", "consumer-crash"), "a sink does not show drains"),
    ],
)
def test_a_pipeline_that_can_not_be_driven_is_refused(document: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        finding(Plain, pipeline=document)


def test_a_relative_pipeline_file_is_one_beside_the_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadConfiguration, match=str(Path(__file__).parent / "none.ackproof.toml")):
        finding(Plain, pipeline="none.ackproof.toml")


PIPELINES = [
    (claim, fault, {"commit": commit, "commit_when": when, "processing": processing})
    for claim, fault in product(("no-loss", "no-duplicates"), ("consumer-crash", "consumer-pause", "member-leaves"))
    for commit, when, processing in (
        ("sync", "after-processing", "in-poll-loop"),
        ("sync", "before-processing", "in-poll-loop"),
        ("async", "before-processing", "handed-off"),
    )
]


@pytest.mark.slow
@pytest.mark.parametrize(("claim", "fault", "consumer"), PIPELINES)
def test_a_schedule_is_found_just_where_the_search_finds_a_violation(
    claim: str, fault: str, consumer: dict[str, object]
) -> None:
    document = pipeline(claim, fault, **consumer)
    (verdict,) = judge(pipeline_in(document, file="pipeline")).verdicts

    assert (finding(Plain, pipeline=document, examples=150) is not None) == (verdict.answer == "violated")


def test_no_pipeline_repeats_what_the_sink_keeps_once() -> None:
    drawn = pipelines(producer=None, consumer={"on_processing_failure": "retry"}, claims=["no-duplicates"])

    assert finding(Idempotent, pipeline=drawn, workload=workloads(most=3), examples=30) is None
