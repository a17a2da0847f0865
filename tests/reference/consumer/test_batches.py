"""Batches, as librdkafka's consumers are handed them: ``rd_kafka_consume_batch_queue``."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import JAVA, LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import WakeupError
from tests.reference.consumer.scripted_group import ScriptedGroup, values
from tests.reference.consumer.scripted_leader import P0

A_WHILE_MS = 3_000


def reading(group: ScriptedGroup, *, collects: bool = False) -> Consumer:
    rules = ConsumerRules(attrs.evolve(LIBRDKAFKA, collects=collects), "auto")
    consumer = group.consumer(rules=rules, enable_auto_commit="true", auto_commit_interval_ms=600_000)
    consumer.subscribe(["t"])
    return consumer


def consumed(group: ScriptedGroup, consumer: Consumer, most: int) -> list[str]:
    return values(group.run(consumer.consume(most, A_WHILE_MS)))


def test_a_batch_has_as_many_records_as_are_asked_for() -> None:
    group = ScriptedGroup()
    group.append("a", "b", "c")
    consumer = reading(group)

    assert consumed(group, consumer, 2) == ["a", "b"]
    assert consumed(group, consumer, 2) == ["c"]


def test_a_batch_waits_for_what_comes_within_its_time() -> None:
    group = ScriptedGroup()
    group.append("a")
    batch = group.start(reading(group).consume(2, A_WHILE_MS))
    group.pass_time(A_WHILE_MS // 2)
    assert not batch.is_done

    group.append("b")
    group.pass_time(A_WHILE_MS // 2)

    assert values(batch.result()) == ["a", "b"]


@pytest.mark.parametrize("collects", [False, True])
def test_the_offset_of_what_is_in_a_batch_is_stored_as_it_joins_that_or_is_returned(*, collects: bool) -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = reading(group, collects=collects)
    batch = group.start(consumer.consume(2, A_WHILE_MS))
    group.pass_time(A_WHILE_MS // 2)

    assert consumer.view().stored == ({P0: 1} if collects else {})
    group.pass_time(A_WHILE_MS)
    assert batch.is_done
    assert consumer.view().stored == {P0: 1}


def test_what_is_revoked_and_assigned_again_is_in_the_batch_once() -> None:
    group = ScriptedGroup()
    group.append("a")
    batch = group.start(reading(group).consume(2, 3 * A_WHILE_MS))
    group.rebalance()

    group.pass_time(3 * A_WHILE_MS)

    assert group.generation == 2
    assert values(batch.result()) == ["a"]


def test_an_error_leaves_to_the_next_batch_what_was_collected() -> None:
    group = ScriptedGroup()
    group.append("a")
    consumer = reading(group)
    batch = group.start(consumer.consume(2, A_WHILE_MS))
    batch.may_fail()
    group.pass_time(A_WHILE_MS // 2)
    consumer.wakeup()
    group.pass_time(A_WHILE_MS)
    assert isinstance(batch.error, WakeupError)

    assert consumed(group, consumer, 1) == ["a"]


def test_a_client_that_commits_its_positions_has_no_batches() -> None:
    """It would commit what it has collected and not returned."""
    group = ScriptedGroup()
    consumer = group.consumer(rules=ConsumerRules(JAVA))
    consumer.subscribe(["t"])

    with pytest.raises(ValueError, match="returns records as it has them"):
        group.run(consumer.consume(1, A_WHILE_MS))
