"""
A real Kafka 4.3.1 and the reference answer the same requests alike, mistakes included.

What is compared is all of every answer but names that a broker chooses (producer ids, member ids, topic ids, which are
told apart by their order of appearance), times, wording, and the order of what Kafka keeps in hash maps.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conformance.playing import Pair
from tests.conformance.sequences import SEQUENCES
from tests.conformance.story import Step

ENOUGH = 10_000
"""Requests that are answered alike in one run; a sequence that is found wanting is made shorter in further ones."""

Meet = Callable[[], AbstractContextManager[Pair]]

slow_to_draw = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@settings(slow_to_draw, max_examples=30)
@given(steps=SEQUENCES)
def test_both_brokers_answer_alike(meet: Meet, steps: Sequence[Step]) -> None:
    with meet() as pair:
        pair.play(steps)


@pytest.mark.slow
def test_both_brokers_answer_ten_thousand_requests_alike(meet: Meet) -> None:
    asked = list[int]()

    @settings(slow_to_draw, max_examples=1_000)
    @given(steps=SEQUENCES)
    def play(steps: Sequence[Step]) -> None:
        if sum(asked) < ENOUGH:
            with meet() as pair:
                pair.play(steps)
            asked.append(pair.asked)

    play()

    assert sum(asked) >= ENOUGH
