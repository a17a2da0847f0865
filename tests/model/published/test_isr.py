"""How a leader changes the in-sync replicas."""

from ackproof.model.published.isr import expand_isr, shrink_isr
from ackproof.model.published.leadership import LeaderAndIsr, Leadership, has_member, lacks_member
from ackproof.model.published.log import Log, Record
from ackproof.model.published.rules import Variant, compared, fenced
from ackproof.model.published.variants import VARIANTS

UNFENCED, DRAFT, FENCED = VARIANTS["kip-279"], VARIANTS["kip-320-first-try"], VARIANTS["kip-320"]
LEADER, EARLIER = Leadership(1, leader=1), Leadership(0, leader=1)
BOTH, ALONE = frozenset({1, 2}), frozenset({1})
OLD, NEW = (Record(0, 0),), (Record(0, 1),)


def shrinks(
    variant: Variant, leader_log: Log, follower_log: Log, follower: Leadership = LEADER, quorum: Leadership = LEADER
) -> bool:
    """Whether broker 1 can remove broker 2; then leader and ZooKeeper agree, without a new epoch."""
    outcomes = shrink_isr.outcomes(
        variant,
        1,
        2,
        LeaderAndIsr(quorum, BOTH),
        LEADER,
        BOTH,
        compared(leader_log, variant),
        compared(follower_log, variant),
        fenced(follower, variant, 1),
    )
    return [outcome.changes for outcome in outcomes] == [
        {"quorum": LeaderAndIsr(quorum, ALONE), "leader_in_sync_replicas": ALONE}
    ]


def expands(
    variant: Variant,
    leader_log: Log,
    follower_log: Log,
    *,
    high_watermark: int = 0,
    follower: Leadership = LEADER,
    quorum: Leadership = LEADER,
) -> bool:
    """Whether broker 1 can add broker 2."""
    outcomes = expand_isr.outcomes(
        variant,
        1,
        2,
        LeaderAndIsr(quorum, ALONE),
        LEADER,
        ALONE,
        leader_log,
        high_watermark,
        compared(follower_log, variant),
        fenced(follower, variant, 1),
    )
    return [outcome.changes for outcome in outcomes] == [
        {"quorum": LeaderAndIsr(quorum, BOTH), "leader_in_sync_replicas": BOTH}
    ]


def test_a_member_is_told_by_the_replicas_and_by_the_quorum() -> None:
    assert has_member(BOTH, 2)
    assert has_member(LeaderAndIsr(LEADER, BOTH), 2)
    assert lacks_member(ALONE, 2)


def test_a_follower_behind_the_log_end_offset_is_removed() -> None:
    for variant in VARIANTS.values():
        assert shrinks(variant, NEW, ())
        assert not shrinks(variant, NEW, NEW)


def test_who_follows_another_leader_is_removed() -> None:
    for variant in VARIANTS.values():
        assert shrinks(variant, (), (), follower=Leadership(1, leader=2))


def test_only_a_fence_removes_a_follower_in_another_epoch() -> None:
    assert not shrinks(UNFENCED, NEW, NEW, follower=EARLIER)
    assert not shrinks(DRAFT, NEW, NEW, follower=EARLIER)
    assert shrinks(FENCED, NEW, NEW, follower=EARLIER)


def test_only_the_draft_removes_a_follower_whose_last_record_is_of_another_epoch() -> None:
    assert not shrinks(UNFENCED, NEW, OLD)
    assert shrinks(DRAFT, NEW, OLD)
    assert not shrinks(FENCED, NEW, OLD)


def test_who_is_not_the_leader_any_more_changes_nothing() -> None:
    later = Leadership(2, leader=1)

    for variant in VARIANTS.values():
        assert not shrinks(variant, NEW, (), quorum=later)
        assert not expands(variant, NEW, NEW, quorum=later)


def test_a_follower_that_has_reached_the_high_watermark_is_added() -> None:
    for variant in VARIANTS.values():
        assert expands(variant, NEW, NEW, high_watermark=1)
        assert expands(variant, NEW, (), high_watermark=0)
        assert not expands(variant, NEW, (), high_watermark=1)


def test_only_a_fence_keeps_out_a_follower_in_another_epoch() -> None:
    assert expands(UNFENCED, NEW, NEW, high_watermark=1, follower=EARLIER)
    assert not expands(FENCED, NEW, NEW, high_watermark=1, follower=EARLIER)


def test_since_kip_320_a_leader_first_raises_its_high_watermark_into_its_own_epoch() -> None:
    assert expands(UNFENCED, OLD, OLD)
    assert not expands(DRAFT, OLD, OLD)
    assert not expands(FENCED, OLD, OLD)
    assert expands(FENCED, OLD, OLD, high_watermark=1)
