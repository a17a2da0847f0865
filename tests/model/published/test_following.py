"""What a follower does."""

from ackproof.model.published.following import become_follower, fetch, truncate
from ackproof.model.published.leadership import LeaderAndIsr, Leadership
from ackproof.model.published.log import Log, Record
from ackproof.model.published.rules import Variant, admits, fenced
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import Next

UNFENCED, DRAFT, FENCED = VARIANTS["kip-279"], VARIANTS["kip-320-first-try"], VARIANTS["kip-320"]
LEADER = Leadership(1, leader=1)
R1, R2 = Record(0, 0), Record(1, 1)


def followed(variant: Variant, leader_log: Log, follower_log: Log, high_watermark: int = 0) -> list[Next]:
    """How broker 2 can begin to follow broker 1 in epoch 1."""
    request, before = LeaderAndIsr(LEADER, frozenset({1})), Leadership(0, leader=2)
    return list(
        become_follower.outcomes(
            variant, 1, 2, 1, request, None, leader_log, follower_log, high_watermark, before, frozenset({2})
        )
    )


def test_a_new_follower_takes_over_the_request_and_truncates() -> None:
    (outcome,) = followed(FENCED, (R1,), (R1, Record(2, 0)), high_watermark=2)

    assert outcome.says == "broker 2 follows broker 1 in epoch 1 and truncates to offset 1"
    assert outcome.changes == {
        "follower_log": (R1,),
        "follower_high_watermark": 1,
        "follower_leadership": LEADER,
        "follower_in_sync_replicas": frozenset({1}),
    }


def test_the_high_watermark_stays_where_the_log_does() -> None:
    for variant in VARIANTS.values():
        (outcome,) = followed(variant, (R1, R2), (R1, R2), high_watermark=2)

        assert outcome.says == "broker 2 follows broker 1 in epoch 1"
        assert outcome.changes["follower_high_watermark"] == 2


def test_who_would_truncate_beyond_its_end_does_not_follow() -> None:
    assert followed(VARIANTS["kip-101"], (R1, Record(1, 0)), (R1,)) == []


def test_the_draft_truncates_later() -> None:
    (outcome,) = followed(DRAFT, (R1,), (Record(2, 0),))

    assert outcome.changes["follower_log"] == (Record(2, 0),)


def test_only_kip_320_asks_whether_the_leader_knows_that_it_leads() -> None:
    for leadership in (Leadership(), Leadership(0, leader=1), Leadership(1, leader=3)):
        assert admits(leadership, UNFENCED, 1, 1)
        assert admits(leadership, DRAFT, 1, 1)
        assert not admits(leadership, FENCED, 1, 1)
    assert admits(LEADER, FENCED, 1, 1)


def fetched(
    variant: Variant,
    leader_log: Log,
    follower_log: Log,
    *,
    leader_high_watermark: int = 0,
    high_watermark: int = 0,
    follower: Leadership = LEADER,
) -> list[dict[str, object]]:
    """What broker 2 can fetch from broker 1."""
    outcomes = fetch.outcomes(
        variant,
        2,
        1,
        2,
        leader_log,
        leader_high_watermark,
        fenced(LEADER, variant, 1),
        follower_log,
        high_watermark,
        fenced(follower, variant, 1),
    )
    return [dict(outcome.changes) for outcome in outcomes]


def test_a_follower_fetches_one_record_with_the_high_watermark() -> None:
    for variant in VARIANTS.values():
        assert fetched(variant, (R1, R2), (), leader_high_watermark=2) == [
            {"follower_log": (R1,), "follower_high_watermark": 1}
        ]


def test_a_fetch_can_lower_the_high_watermark() -> None:
    assert fetched(FENCED, (R1, R2), (R1,), leader_high_watermark=0, high_watermark=1) == [
        {"follower_log": (R1, R2), "follower_high_watermark": 0}
    ]


def test_there_is_nothing_to_fetch_at_the_end_of_the_leaders_log() -> None:
    for variant in VARIANTS.values():
        assert fetched(variant, (R1,), (R1,)) == []
        assert fetched(variant, (R1,), (R1, R2)) == []


def test_only_a_fence_refuses_a_fetch_in_another_epoch() -> None:
    earlier = Leadership(0, leader=1)

    assert fetched(UNFENCED, (R1,), (), follower=earlier) != []
    assert fetched(DRAFT, (R1,), (), follower=earlier) != []
    assert fetched(FENCED, (R1,), (), follower=earlier) == []


def test_only_the_draft_refuses_a_fetch_behind_a_record_of_another_epoch() -> None:
    diverged = (Record(2, 3),)

    assert fetched(UNFENCED, (R1, R2), diverged) != []
    assert fetched(DRAFT, (R1, R2), diverged) == []


def truncated(leader_log: Log, follower_log: Log, high_watermark: int) -> list[dict[str, object]]:
    """What broker 2 keeps if it finds that it differs from broker 1."""
    outcomes = truncate.outcomes(1, 2, leader_log, None, follower_log, high_watermark, None)
    return [dict(outcome.changes) for outcome in outcomes]


def test_a_follower_of_the_draft_truncates_where_its_last_record_is_of_another_epoch() -> None:
    assert truncated((R1, R2), (R1, Record(2, 2)), 2) == [{"follower_log": (R1,), "follower_high_watermark": 1}]


def test_a_follower_of_the_draft_truncates_where_it_is_longer() -> None:
    assert truncated((), (R1,), 0) == [{"follower_log": (), "follower_high_watermark": 0}]


def test_a_follower_of_the_draft_keeps_what_the_leader_has() -> None:
    assert truncated((R1, R2), (R1,), 0) == []


def test_only_the_draft_truncates_while_it_follows() -> None:
    assert [name for name, variant in VARIANTS.items() if truncate in variant.while_following] == ["kip-320-first-try"]
