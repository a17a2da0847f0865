"""What a leader does."""

from ackproof.model.published.leadership import Brokers, LeaderAndIsr, Leadership, appoints, is_older, led_by
from ackproof.model.published.leading import append, become_leader, is_left, may_rise, raise_high_watermark
from ackproof.model.published.log import Log, Record
from ackproof.model.published.rules import Variant, compared, fenced
from ackproof.model.published.variants import VARIANTS

UNFENCED, DRAFT, FENCED = VARIANTS["kip-279"], VARIANTS["kip-320-first-try"], VARIANTS["kip-320"]
LEADER = Leadership(1, leader=1)
ALL = frozenset({1, 2, 3})
ONE = (Record(0, 1),)


def test_a_request_appoints_its_leader_and_nobody_else() -> None:
    request = LeaderAndIsr(LEADER, ALL)

    assert appoints(request, 1)
    assert not appoints(request, 2)
    assert not appoints(None, 1)


def test_a_request_of_a_known_epoch_is_too_old() -> None:
    assert is_older(LEADER, 2)
    assert not is_older(LEADER, 1)


def test_a_new_leader_takes_over_what_the_request_says() -> None:
    request = LeaderAndIsr(LEADER, frozenset({1, 2}))

    (outcome,) = become_leader.outcomes(request, 1, 1, Leadership(), frozenset[int]())

    assert outcome.changes == {"leader_leadership": LEADER, "leader_in_sync_replicas": frozenset({1, 2})}


def test_a_leader_appends_in_its_own_epoch() -> None:
    (outcome,) = append.outcomes(1, 2, 2, 1, (Record(0, 0),), LEADER)

    assert outcome.says == "broker 1 appends r2 at offset 1 in epoch 1"
    assert outcome.changes == {"next_record": 2, "leader_log": (Record(0, 0), Record(1, 1))}


def test_only_who_presumes_to_lead_appends_what_is_left() -> None:
    assert led_by(LEADER, 1)
    assert not led_by(LEADER, 2)
    assert is_left(1, records=2)
    assert not is_left(2, records=2)


def raised(
    variant: Variant,
    leader_log: Log,
    *followers: tuple[Log, Leadership],
    high_watermark: int = 0,
    members: Brokers = ALL,
) -> list[object]:
    """What broker 1 can raise its high watermark to."""
    outcomes = raise_high_watermark.outcomes(
        variant,
        2,
        1,
        (2, 3),
        high_watermark,
        compared(leader_log, variant),
        fenced(LEADER, variant, 1),
        members,
        tuple(compared(log, variant) for log, _ in followers),
        tuple(fenced(leadership, variant, 1) for _, leadership in followers),
    )
    return [outcome.changes["leader_high_watermark"] for outcome in outcomes]


def test_the_high_watermark_rises_once_all_in_sync_replicas_have_the_record() -> None:
    for variant in VARIANTS.values():
        assert raised(variant, ONE, (ONE, LEADER), (ONE, LEADER)) == [1]
        assert raised(variant, ONE, (ONE, LEADER), ((), LEADER)) == []


def test_who_is_not_in_sync_does_not_count() -> None:
    for variant in VARIANTS.values():
        assert raised(variant, ONE, (ONE, LEADER), ((), Leadership()), members=frozenset({1, 2})) == [1]


def test_an_in_sync_replica_that_follows_another_leader_has_no_say() -> None:
    for variant in VARIANTS.values():
        assert raised(variant, ONE, (ONE, LEADER), (ONE, Leadership(1, leader=2))) == []


def test_only_a_fence_tells_a_follower_in_another_epoch() -> None:
    earlier = (ONE, Leadership(0, leader=1))

    assert raised(UNFENCED, ONE, (ONE, LEADER), earlier) == [1]
    assert raised(DRAFT, ONE, (ONE, LEADER), earlier) == [1]
    assert raised(FENCED, ONE, (ONE, LEADER), earlier) == []


def test_only_the_draft_compares_the_epochs_of_records() -> None:
    other = ((Record(1, 0),), LEADER)

    assert raised(UNFENCED, ONE, other, other) == [1]
    assert raised(DRAFT, ONE, other, other) == []
    assert raised(FENCED, ONE, other, other) == [1]


def test_the_high_watermark_stays_within_the_log() -> None:
    assert raised(FENCED, ONE, (ONE, LEADER), (ONE, LEADER), high_watermark=1) == []
    assert may_rise(1, log_size=2)
    assert not may_rise(2, log_size=2)
