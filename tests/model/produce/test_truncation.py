"""Where a follower truncates to, by version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.produce.batch import Batch
from ackproof.model.produce.truncation import (
    Log,
    Truncation,
    by_leader_epoch,
    by_leader_epochs,
    end_of_epoch,
    to_end_of_agreement,
    to_own_high_watermark,
)
from ackproof.model.published import truncation as published
from ackproof.model.published.log import Record

EVERY_WAY: tuple[Truncation, ...] = (to_own_high_watermark, by_leader_epoch, by_leader_epochs, to_end_of_agreement)


def log(*records: tuple[int, int]) -> Log:
    """A log of (record, leader epoch)."""
    return tuple(Batch(record, partition_leader_epoch=epoch) for record, epoch in records)


def test_before_0_11_a_follower_keeps_what_is_below_its_own_high_watermark_and_nothing_else() -> None:
    equal = log((0, 0), (1, 0))

    assert to_own_high_watermark(equal, equal, 1) == 1
    assert to_own_high_watermark(log((0, 0)), log((1, 1)), 1) == 1


def test_with_one_round_the_answer_may_lie_beyond_where_logs_differ() -> None:
    """KAFKA-6361: the leader of epochs 0 and 2 does not have the follower's epoch 1, which ends at 2 for it."""
    leader, follower = log((0, 0), (1, 0), (3, 2)), log((0, 0), (2, 1))

    assert by_leader_epoch(follower, leader, 0) == 2
    assert by_leader_epochs(follower, leader, 0) == 1
    assert to_end_of_agreement(follower, leader, 0) == 1


def test_where_leader_and_follower_share_no_epoch_asking_again_did_not_help() -> None:
    leader, follower = log((1, 0), (3, 2)), log((2, 1))

    assert by_leader_epochs(follower, leader, 0) == 1
    assert to_end_of_agreement(follower, leader, 0) == 0


@pytest.mark.parametrize("truncation", [by_leader_epoch, by_leader_epochs])
def test_a_leader_that_has_not_appended_does_not_know_and_the_high_watermark_decides(truncation: Truncation) -> None:
    """KAFKA-7415."""
    leader, follower = log((0, 0)), log((0, 0), (1, 1))

    assert truncation(follower, leader, 0) == 0
    assert to_end_of_agreement(follower, leader, 0) == 1


@pytest.mark.parametrize("truncation", [by_leader_epoch, by_leader_epochs])
def test_a_leader_without_records_of_an_epoch_or_of_an_earlier_one_does_not_know(truncation: Truncation) -> None:
    assert truncation(log((0, 0)), log((1, 1)), 1) == 1
    assert truncation(log((0, 0)), (), 1) == 1


@pytest.mark.parametrize("truncation", EVERY_WAY)
def test_an_empty_log_stays_empty(truncation: Truncation) -> None:
    assert truncation((), log((0, 0)), 0) == 0


def test_an_epoch_ends_where_a_later_one_begins() -> None:
    epochs = log((0, 1), (1, 1), (2, 3))

    assert end_of_epoch(epochs, 1) == (1, 2)
    assert end_of_epoch(epochs, 2) == (1, 2)
    assert end_of_epoch(epochs, 3) == (3, 3)
    assert end_of_epoch(epochs, 0) is None
    assert end_of_epoch(epochs, 4) is None


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Records with leader epochs that do not go down."""
    epochs = sorted(draw(st.lists(st.integers(0, 3), max_size=4)))
    return [(draw(st.integers(0, 2)), epoch) for epoch in epochs]


@given(logs(), logs(), st.integers(0, 4))
def test_the_published_protocol_agrees(
    mine: list[tuple[int, int]], its: list[tuple[int, int]], high_watermark: int
) -> None:
    """
    Where logs match up to the last record that both have, and the leader has no later first epoch than the follower's
    last: an epoch before its first one it answers as brokers do from 2.0.1 on.
    """
    follower, leader = tuple(Record(*record) for record in mine), tuple(Record(*record) for record in its)
    agreed = published.to_end_of_agreement(follower, leader, high_watermark)
    once = published.by_leader_epoch(follower, leader, high_watermark)

    if mine[:agreed] == its[:agreed]:
        assert to_end_of_agreement(log(*mine), log(*its), high_watermark) == agreed
    if not mine or not its or mine[-1][1] >= its[0][1]:
        assert by_leader_epoch(log(*mine), log(*its), high_watermark) == min(once, len(mine))


@given(logs(), logs(), st.integers(0, 4))
def test_a_follower_never_keeps_less_in_several_rounds_than_both_logs_share(
    mine: list[tuple[int, int]], its: list[tuple[int, int]], high_watermark: int
) -> None:
    follower, leader = log(*mine), log(*its)
    kept = by_leader_epochs(follower, leader, high_watermark)

    assert 0 <= kept <= len(follower)
    if high_watermark >= len(follower):
        assert kept >= to_end_of_agreement(follower, leader, high_watermark)
