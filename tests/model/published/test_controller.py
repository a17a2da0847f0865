"""What the controller decides."""

from ackproof.model.published.controller import elect, is_just_before, remove_replica
from ackproof.model.published.leadership import LeaderAndIsr, Leadership


def quorum(leader: int | None, *in_sync: int, leader_epoch: int = 0) -> LeaderAndIsr:
    """A decision."""
    return LeaderAndIsr(Leadership(leader_epoch, leader), frozenset(in_sync))


def test_each_decision_takes_the_next_epoch() -> None:
    assert is_just_before(quorum(1, 1, leader_epoch=2), 3)
    assert not is_just_before(quorum(1, 1, leader_epoch=2), 4)


def test_any_other_in_sync_replica_can_be_elected() -> None:
    elected = [outcome.changes["quorum"] for outcome in elect.outcomes(quorum(1, 1, 3), None, 1)]

    assert elected == [quorum(3, 1, 3, leader_epoch=1)]


def test_what_is_decided_is_requested() -> None:
    for act in (elect, remove_replica):
        for outcome in act.outcomes(quorum(1, 1, 2, 3), None, 1):
            assert outcome.changes["request"] == outcome.changes["quorum"]


def test_nobody_can_be_elected_where_nobody_is_in_sync() -> None:
    assert list(elect.outcomes(quorum(None), None, 1)) == []


def removed(before: LeaderAndIsr) -> dict[str, object]:
    """What can be removed, with what is told."""
    return {outcome.says: outcome.changes["quorum"] for outcome in remove_replica.outcomes(before, None, 1)}


def test_a_follower_leaves_and_the_leader_stays() -> None:
    says = "the controller removes broker 2 in epoch 1; in sync: broker 1"

    assert removed(quorum(1, 1, 2))[says] == quorum(1, 1, leader_epoch=1)


def test_without_its_leader_the_partition_has_none() -> None:
    says = "the controller finds broker 1, the leader, gone in epoch 1; in sync: broker 2"

    assert removed(quorum(1, 1, 2))[says] == quorum(None, 2, leader_epoch=1)


def test_the_last_in_sync_replica_stays_if_it_led() -> None:
    says = "the controller finds broker 1, the leader, gone in epoch 1; in sync: broker 1"

    assert removed(quorum(1, 1)) == {says: quorum(None, 1, leader_epoch=1)}


def test_the_last_in_sync_replica_leaves_if_it_did_not_lead() -> None:
    says = "the controller removes broker 2 in epoch 1; in sync: nobody"

    assert removed(quorum(None, 2)) == {says: quorum(None, leader_epoch=1)}
