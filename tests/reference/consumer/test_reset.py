import pytest

from ackproof.reference.consumer.reset import EARLIEST, LATEST, NONE, Reset, duration_ms_of, reset_of


@pytest.mark.parametrize(
    ("words", "reset"),
    [
        ("earliest", EARLIEST),
        ("latest", LATEST),
        ("none", NONE),
        ("by_duration:PT1H", Reset("by_duration", 3_600_000)),
        ("by_duration:P1DT2H3M4.5S", Reset("by_duration", 93_784_500)),
    ],
)
def test_strategies_have_names(words: str, reset: Reset) -> None:
    assert reset_of(words) == reset


@pytest.mark.parametrize(
    "words", ["", "error", "Earliest", "by_duration", "by_duration:", "by_duration:1h", "by_duration:P"]
)
def test_anything_else_is_none_of_them(words: str) -> None:
    with pytest.raises(ValueError, match="offset reset strategy"):
        reset_of(words)


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="Unable to parse"):
        duration_ms_of("-PT1H")


def test_each_is_asked_for_by_a_timestamp() -> None:
    assert EARLIEST.timestamp_ms(1_000) == -2
    assert LATEST.timestamp_ms(1_000) == -1
    assert Reset("by_duration", 400).timestamp_ms(1_000) == 600
    assert NONE.timestamp_ms(1_000) is None
