"""Answers: examples that are examples, thresholds that are exact, and what is missing."""

from fractions import Fraction
from functools import cache
from random import Random

import attrs
import pytest

from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.question import Answer, Question
from ackproof.proofs.timing.record import QUESTIONS
from ackproof.proofs.timing.setting import Behaviour, Setting
from tests.proofs.timing.numbers import CONSUMER, MEASURED, PRODUCER, consumer, producer

BY_NAME = {question.name: question for question in QUESTIONS}
WITH_LIMITS = [question.name for question in QUESTIONS if question.decided_by]

LARGEST = {
    "processing_ms": 700,
    "arrival_per_s": 4_000,
    "pause_ms": 60_000,
    "outage_ms": 150_000,
    "request_ms": 2_000,
    "record_bytes": 20_000,
}


def moved(setting: Setting, name: str, value: int) -> Setting:
    """*setting* with another value of one key."""
    key = attrs.evolve(setting.keys[name], value=value)
    return attrs.evolve(setting, keys={**setting.keys, name: key})


@cache
def drawn(name: str, seed: int) -> tuple[Setting, Answer]:
    """A client that the question is about, with ranges drawn at random, and the answer."""
    question = BY_NAME[name]
    rng = Random(seed)
    ends = {name: sorted(rng.randint(1, most) for _ in range(2)) for name, most in LARGEST.items()}
    behaviour = Behaviour(round_trips=rng.randrange(3), blocks_heartbeats=rng.random() < 0.5)
    side = consumer if question.of in CONSUMER else producer
    setting = side(measured={name: (low, high) for name, (low, high) in ends.items()}, behaviour=behaviour)
    return setting, answered(question, setting)


SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("question", WITH_LIMITS)
def test_at_a_threshold_it_can_not_happen_and_one_beyond_it_can(question: str, seed: int) -> None:
    setting, answer = drawn(question, seed)

    for threshold in answer.thresholds:
        name = next(name for name in BY_NAME[question].decided_by if setting.keys[name].name == threshold.key)
        key, side = setting.keys[name], 1 if threshold.direction == "up to" else -1
        if threshold.value is None:
            best = key.least if threshold.direction == "up to" else key.most
            assert decided(BY_NAME[question], moved(setting, name, best)) == "can happen"
            continue
        assert decided(BY_NAME[question], moved(setting, name, threshold.value)) == "cannot happen"
        if key.least <= threshold.value + side <= key.most:
            assert decided(BY_NAME[question], moved(setting, name, threshold.value + side)) == "can happen"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("question", BY_NAME)
def test_a_decision_is_that_of_the_full_answer(question: str, seed: int) -> None:
    setting, answer = drawn(question, seed)

    assert decided(BY_NAME[question], setting) == answer.decision


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("question", WITH_LIMITS)
def test_an_example_stays_within_what_was_measured(question: str, seed: int) -> None:
    setting, answer = drawn(question, seed)

    for name, value in answer.values.items():
        measured = setting.ranges.get(name)
        if measured is not None:
            is_event = name in ("pause_ms", "outage_ms")
            assert measured.low <= value <= measured.high or (is_event and value == 0)


def test_each_question_with_a_limit_is_drawn_with_both_answers() -> None:
    decisions = {drawn(question, seed)[1].decision for question in WITH_LIMITS for seed in SEEDS}

    assert decisions == {"can happen", "cannot happen"}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_what_nobody_measured_is_asked_for(question: Question) -> None:
    side = consumer if question.of in CONSUMER else producer
    assert question.of in CONSUMER or question.of in PRODUCER

    answer = answered(question, side(measured=dict.fromkeys(MEASURED)))

    assert answer.decision == "unknown"
    assert answer.missing
    assert set(answer.missing) <= set(MEASURED)


def without(setting: Setting, *names: str) -> Setting:
    """*setting* where nobody measured these."""
    return attrs.evolve(setting, ranges={name: it for name, it in setting.ranges.items() if name not in names})


def test_what_happens_by_processing_alone_needs_no_other_time() -> None:
    setting = consumer(measured={"processing_ms": (2, 800)}, behaviour=Behaviour(round_trips=1))

    answer = answered(BY_NAME["polls-too-late"], without(setting, "outage_ms", "pause_ms", "request_ms"))

    assert answer.decision == "can happen"
    assert answer.tells.startswith("500 records that take 600 ms each: 300,000 ms")
    assert answer.missing == ("outage_ms", "pause_ms", "request_ms")
    assert answer.thresholds == ()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("question", WITH_LIMITS)
def test_what_can_happen_without_a_time_can_also_happen_with_it(question: str, seed: int) -> None:
    setting, answer = drawn(question, seed)
    needed = {each.partition(" = ")[0] for each in answer.rests_on} & set(LARGEST)

    for name in needed:
        found = decided(BY_NAME[question], without(setting, name))
        assert found == "unknown" or found == answer.decision == "can happen"


def test_a_rate_that_nobody_measured_is_not_taken_for_none() -> None:
    setting = producer(behaviour=Behaviour(processes_in_loop=False), measured={"arrival_per_s": None})

    assert decided(BY_NAME["transaction-outlives-its-timeout"], setting) == "unknown"


def test_a_question_says_what_it_rests_on() -> None:
    setting = consumer(measured={"processing_ms": (2.5, 2.5)})

    answer = answered(BY_NAME["polls-too-late"], setting)

    assert answer.values == {"at_most": Fraction(2_150)}
    assert answer.rests_on == (
        "pause_ms = [0, 900]",
        "max.poll.records = 500",
        "processing_ms = 2.5",
        "max.poll.interval.ms = 300,000",
    )
