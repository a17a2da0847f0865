"""The table ``[timing]``: what it takes, and what is said of anything else."""

from fractions import Fraction

import pytest

from ackproof.config.document import as_document
from ackproof.config.reading import pipeline_in
from ackproof.proofs.timing.setting import Range
from tests.config.pipelines import NAME, messages, problems, read

CONSUMER = '[consumer]\n[consumer.config]\n"group.id" = "g"\n'


def text(measured: str) -> str:
    """A pipeline of which that was measured."""
    return f"{CONSUMER}[timing]\n{measured}\n"


def test_a_range_is_a_number_or_two() -> None:
    timing = read(text("processing_ms = [0.5, 40]\npause_ms = 900\npartitions = 12")).timing

    assert timing is not None
    assert timing.ranges == {
        "processing_ms": Range(Fraction(1, 2), Fraction(40)),
        "pause_ms": Range(Fraction(900), Fraction(900)),
    }
    assert timing.counts == {"partitions": 12}


def test_without_the_table_nothing_was_measured() -> None:
    assert read(CONSUMER).timing is None


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        ("procesing_ms = 4", "unknown key timing.procesing_ms; did you mean processing_ms?"),
        ("processing_s = 4", "unknown key timing.processing_s; did you mean processing_ms?"),
        (
            "pause_ms = [900, 0]",
            "timing.pause_ms goes from 900 down to 0: the lower end comes first",
        ),
        ("pause_ms = -1", "timing.pause_ms can not be below 0"),
        ("pause_ms = [-5, 1]", "timing.pause_ms can not be below 0"),
        ('pause_ms = "1 s"', "timing.pause_ms must be a number or a range [LOW, HIGH], not '1 s'"),
        ("pause_ms = true", "timing.pause_ms must be a number or a range [LOW, HIGH], not true"),
        ("pause_ms = nan", "timing.pause_ms must be a number or a range [LOW, HIGH], not nan"),
        ("pause_ms = [1, 2, 3]", "timing.pause_ms must be a number or a range [LOW, HIGH], not [1, 2, 3]"),
        ('pause_ms = [1, "x"]', "timing.pause_ms must be a number or a range [LOW, HIGH], not [1, 'x']"),
        ("pause_ms = [0, inf]", "timing.pause_ms must be a number or a range [LOW, HIGH], not [0, inf]"),
        ("partitions = 0", "timing.partitions must be a whole number of at least 1, not 0"),
        ("partitions = [1, 2]", "timing.partitions must be a whole number of at least 1, not a list"),
    ],
)
def test_anything_else_is_refused_with_its_line(measured: str, message: str) -> None:
    (problem,) = problems(text(measured))

    assert problem.message == message
    assert (problem.file or "").endswith(NAME)
    assert problem.line == 5


def test_the_table_has_to_be_one() -> None:
    assert messages(f"timing = 4\n{CONSUMER}") == ["timing must be a table, not 4"]


def test_a_document_has_the_table_again() -> None:
    pipeline = read(text("processing_ms = [0.5, 40]\npartitions = 12"))

    again = pipeline_in(as_document(pipeline))

    assert again.timing == pipeline.timing
