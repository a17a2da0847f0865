"""What brokers of a version do, and what consumers ask them."""

from collections.abc import Mapping

import attrs
import pytest

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.config.rules import broker_rules, brokers_of, reads_from_followers, validates_positions
from ackproof.config.systems import system_for, unmodelled, unmodelled_in_one_piece
from ackproof.model.produce.truncation import (
    Truncation,
    by_leader_epoch,
    by_leader_epochs,
    to_end_of_agreement,
    to_own_high_watermark,
)

Given = Mapping[str, object]


def pipeline(kafka: str, consumer: Given | None = None, topic: Given | None = None) -> Pipeline:
    """A pipeline with brokers of that version."""
    client = {"client": "java", "config": {"group.id": "g"}, **(consumer or {})}
    return pipeline_in(
        {"kafka": kafka, "topic": {"replication.factor": 3, **(topic or {})}, "producer": {}, "consumer": client}
    )


@pytest.mark.parametrize(
    ("version", "truncation"),
    [
        ((0, 10, 2, 2), to_own_high_watermark),
        ((0, 11, 0, 3), by_leader_epoch),
        ((1, 1, 1), by_leader_epoch),
        ((2, 0, 0), by_leader_epochs),
        ((2, 0, 1), to_end_of_agreement),
        ((4, 3, 1), to_end_of_agreement),
    ],
)
def test_where_followers_truncate_to(version: tuple[int, ...], truncation: Truncation) -> None:
    assert brokers_of(version).truncation is truncation


@pytest.mark.parametrize(
    ("rule", "had", "fixed"),
    [
        ("joins_below_leader_epoch", [(0, 10, 2), (2, 0, 0)], [(2, 0, 1), (4, 3)]),
        ("misses_quick_restarts", [(0, 10, 2), (2, 1, 1)], [(2, 2, 2), (4, 3)]),
        ("shows_beyond_high_watermark", [(1, 1, 1), (2, 5, 0)], [(0, 10, 2), (1, 0, 2), (2, 5, 1), (4, 3)]),
        ("counts_diverging_fetches", [(2, 7, 0), (2, 7, 1), (2, 8, 0)], [(2, 6, 3), (2, 7, 2), (2, 8, 1), (3, 0, 0)]),
        ("takes_high_watermark_before_truncating", [(2, 7, 2), (3, 4, 0)], [(2, 6, 3), (3, 4, 1), (3, 5, 2)]),
    ],
)
def test_a_bug_is_in_the_versions_that_had_it(
    rule: str, had: list[tuple[int, ...]], fixed: list[tuple[int, ...]]
) -> None:
    assert all(getattr(brokers_of(version), rule) for version in had)
    assert not any(getattr(brokers_of(version), rule) for version in fixed)


def test_a_leader_asks_the_controller_from_2_7_on_which_compares_broker_epochs_from_3_5_on() -> None:
    rules = [brokers_of(version) for version in ((2, 6, 3), (2, 7, 2), (3, 4, 1), (3, 5, 2))]

    assert [rule.asks_controller_to_join for rule in rules] == [False, True, True, True]
    assert [rule.checks_broker_epochs for rule in rules] == [False, False, False, True]


def test_unclean_election_is_the_default_before_0_11() -> None:
    assert broker_rules(pipeline("0.10")).elects_uncleanly
    assert not broker_rules(pipeline("0.11")).elects_uncleanly


@pytest.mark.parametrize("kafka", ["0.10", "0.11", "1.1", "2.4"])
def test_brokers_from_0_10_2_on_are_modelled(kafka: str) -> None:
    assert not [what for what in unmodelled(pipeline(kafka), "no-loss") if "brokers before" in what.reason]


def test_brokers_before_0_10_2_are_not() -> None:
    reasons = [what.reason for what in unmodelled(pipeline("0.10.1"), "no-loss")]

    assert "brokers before 0.10.2 are not modelled yet" in reasons


@pytest.mark.parametrize(
    ("kafka", "client", "validates"),
    [
        ("2.2", "java 2.3.1", False),
        ("2.3", "java 2.2.2", False),
        ("2.3", "java 2.3.1", True),
        ("4.3", "librdkafka 2.0.2", False),
        ("4.3", "librdkafka 2.1.0", True),
        ("4.3", "kafka-python 2.3.1", False),
        ("4.3", "kafka-python 3.0.0", True),
        ("4.3", "aiokafka 0.14.0", False),
    ],
)
def test_who_detects_that_a_log_was_truncated(kafka: str, client: str, validates: bool) -> None:
    """KIP-320."""
    key = "group_id" if client.startswith(("kafka-python", "aiokafka")) else "group.id"
    given = pipeline(kafka, {"client": client, "config": {key: "g"}})

    assert validates_positions(given) == validates
    assert system_for(given, "whole", "no-loss", rolls_back=True).rules["validates_positions"] == validates
    assert not system_for(given, "whole", "no-loss").rules["validates_positions"]


def test_what_keeps_the_whole_from_being_explored_in_one_piece() -> None:
    plain = pipeline("4.3")
    deleting = attrs.evolve(plain, faults=attrs.evolve(plain.faults, kinds=("retention",)))
    moving = attrs.evolve(plain, names_faults=True, faults=attrs.evolve(plain.faults, kinds=("partitions-added",)))

    assert (
        unmodelled_in_one_piece(plain, "no-loss", rolls_back=True) == unmodelled_in_one_piece(deleting, "no-loss") == ()
    )
    assert len(unmodelled_in_one_piece(deleting, "no-loss", rolls_back=True)) == 1
    assert len(unmodelled_in_one_piece(moving, "no-loss")) == 1
    with pytest.raises(ValueError, match="the key moves"):
        system_for(moving, "whole", "in-order")


def test_consumers_read_from_followers_only_where_brokers_and_clients_are_told_to() -> None:
    """KIP-392."""
    selector = {"replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector"}
    racked = {"config": {"group.id": "g", "client.rack": "a"}}

    assert reads_from_followers(pipeline("4.3", racked, selector))
    assert not reads_from_followers(pipeline("4.3", topic=selector))
    assert not reads_from_followers(pipeline("4.3", racked))
    assert not reads_from_followers(pipeline("2.3", {"client": "java 4.0.0", **racked}, selector))
