"""Which of the parts in a file are meant."""

import pytest

from ackproof.config.pipeline import Setting
from ackproof.config.sources.choosing import WHAT_IS_READ, NotClearError, chosen
from ackproof.config.sources.part import Part, Side

TOPIC: tuple[Side, ...] = ("broker", "topic")


def part(side: Side, name: str | None, **settings: str) -> Part:
    return Part(side, name, tuple(Setting(key.replace("_", "."), value) for key, value in settings.items()))


BROKERS = (part("broker", "one", node_id="1", flush_ms="5"), part("broker", "two", node_id="2", flush_ms="5"))
TOPICS = (part("topic", "a", flush_ms="1"), part("topic", "b", flush_ms="2"))


def test_brokers_that_are_alike_are_all_meant() -> None:
    assert chosen(BROKERS, TOPIC, None) == BROKERS


def test_a_name_chooses_and_what_there_is_one_of_comes_with_it() -> None:
    assert chosen((*BROKERS, *TOPICS), TOPIC, "b") == (*BROKERS, TOPICS[1])


def test_a_name_leaves_out_of_another_side_what_is_not_clear() -> None:
    other = part("broker", "two", flush_ms="6")

    assert chosen((BROKERS[0], other, *TOPICS), TOPIC, "b") == (TOPICS[1],)
    assert chosen((BROKERS[0], other), TOPIC, "two") == (other,)


def test_all_that_is_said_of_one_topic_counts() -> None:
    again = part("topic", "a", retention_ms="1")

    assert chosen((TOPICS[0], again), TOPIC, None) == (TOPICS[0], again)
    assert chosen((*TOPICS, again), TOPIC, "a") == (TOPICS[0], again)


def test_what_has_no_name_goes_for_everything() -> None:
    base, profile = part("producer", None, acks="1"), part("producer", "test", acks="0")

    assert chosen((base, profile), ("producer",), None) == (base,)
    assert chosen((base, profile), ("producer",), "test") == (profile,)


@pytest.mark.parametrize(
    ("parts", "sides", "name", "said"),
    [
        (TOPICS, TOPIC, None, "has the topics a and b: say which, as in FILE#a"),
        (TOPICS, TOPIC, "c", "has no broker or topic c; known are a, b"),
        (TOPICS, ("producer",), None, "says nothing of a producer, only of a topic"),
        ((), TOPIC, None, f"says nothing of a broker or a topic{WHAT_IS_READ}"),
        ((part("producer", None),), ("producer",), "x", "has no producer x; it has one"),
    ],
)
def test_what_is_not_clear_is_said(parts: tuple[Part, ...], sides: tuple[Side, ...], name: str, said: str) -> None:
    with pytest.raises(NotClearError) as problem:
        chosen(parts, sides, name)

    assert str(problem.value) == said
