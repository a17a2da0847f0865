from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.config.document import as_document
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.repair.change import value_at
from ackproof.repair.learning import Happens, Learner
from ackproof.repair.lever import options
from ackproof.repair.levers import LEVERS

BASE = pipeline_in(
    {
        "topic": {"flush.messages": 5},
        "consumer": {
            "commit": "async",
            "processing": "handed-off",
            "commit_when": "before-processing",
            "config": {"group.id": "g"},
        },
    },
    file="p",
)
KEYS = (
    *("topic.min.insync.replicas", "topic.flush.messages", "consumer.processing", "consumer.on_revoke"),
    *("consumer.sink", "consumer.commit_when"),
)
OPTIONS = {option.change.key: option for option in options(BASE, LEVERS) if option.change.key in KEYS}


def made(pipeline: Pipeline) -> frozenset[str]:
    """Which of the changes a pipeline has."""
    document = as_document(pipeline)
    return frozenset(
        key for key, option in OPTIONS.items() if str(value_at(document, option.change)) == str(option.change.value)
    )


def happening(rule: Callable[[frozenset[str]], bool]) -> Happens:
    return lambda pipeline: rule(made(pipeline))


def learner() -> Learner:
    return Learner(BASE, tuple(OPTIONS.values()), {})


def test_only_what_prevents_an_execution_is_learned() -> None:
    lesson = learner().lesson((), happening(lambda keys: "consumer.sink" not in keys))

    assert (lesson.given, lesson.one_of) == ((), (OPTIONS["consumer.sink"],))


def test_changes_that_it_does_not_depend_on_are_no_condition() -> None:
    tried = (OPTIONS["topic.flush.messages"], OPTIONS["consumer.on_revoke"])
    lesson = learner().lesson(tried, happening(lambda keys: "consumer.on_revoke" in keys))

    assert (lesson.given, lesson.one_of) == ((OPTIONS["consumer.on_revoke"],), ())


def test_what_prevents_only_beside_another_is_learned_too() -> None:
    together = {"consumer.processing", "consumer.commit_when"}
    lesson = learner().lesson((), happening(lambda keys: not together <= keys))

    assert lesson.one_of
    assert {option.change.key for option in lesson.one_of} <= together


some = st.frozensets(st.sampled_from(KEYS))


@settings(max_examples=50)
@given(some, some, some)
def test_a_lesson_rules_out_nothing_that_would_prevent_it(
    tried: frozenset[str], all_of: frozenset[str], other: frozenset[str]
) -> None:
    """An execution that any of the changes *all_of* prevents."""
    happens = happening(lambda keys: not keys & all_of)
    chosen = tuple(option for key, option in OPTIONS.items() if key in tried - all_of)
    lesson = learner().lesson(chosen, happens)
    is_ruled_out = {option.change.key for option in lesson.given} <= other and not (
        other & {option.change.key for option in lesson.one_of}
    )

    assert lesson.given == ()
    assert is_ruled_out == (not other & all_of)
