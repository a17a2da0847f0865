"""Elections: facts D.4."""

import pytest

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.image import NO_LEADER
from tests.reference.controller.commanding import TOPIC, Commanding

MIN_ISR_2 = {"min.insync.replicas": "2"}
UNCLEAN = {"unclean.leader.election.enable": "true"}
WITHOUT_ELR = BrokerRules(has_eligible_leader_replicas=False)


def test_the_first_replica_of_a_new_partition_leads() -> None:
    partition = Commanding().create(2, 3, 1)

    assert (partition.leader, partition.in_sync_replicas, partition.leader_epoch) == (2, (2, 3, 1), 0)


def test_the_next_replica_in_order_of_assignment_leads_after_the_leader() -> None:
    cluster = Commanding()
    cluster.create(2, 3, 1)

    cluster.crash(2)

    assert (cluster.partition.leader, cluster.partition.in_sync_replicas) == (3, (3, 1))
    assert cluster.partition.leader_epoch == 1


def test_who_is_not_in_sync_does_not_lead() -> None:
    cluster = Commanding()
    cluster.create(2, 3, 1)
    cluster.alter(2, 1)

    cluster.crash(2)

    assert cluster.partition.leader == 1


def test_a_follower_that_goes_does_not_change_the_leader_epoch() -> None:
    cluster = Commanding()
    before = cluster.create(2, 3, 1)

    cluster.crash(3)

    after = cluster.partition
    assert (after.leader_epoch, after.partition_epoch) == (before.leader_epoch, before.partition_epoch + 1)


def test_without_eligible_replicas_the_last_one_in_sync_stays_listed() -> None:
    cluster = Commanding(rules=WITHOUT_ELR)
    cluster.create(1, 2)

    cluster.crash(2)
    cluster.crash(1)

    after = cluster.partition
    assert (after.leader, after.in_sync_replicas, after.eligible_leader_replicas) == (NO_LEADER, (1,), ())


def test_without_eligible_replicas_only_the_last_one_in_sync_leads_again() -> None:
    cluster = Commanding(rules=WITHOUT_ELR)
    cluster.create(1, 2)
    cluster.crash(2)
    cluster.crash(1)

    cluster.restart(2)
    led_by_2 = cluster.partition.leader
    cluster.restart(1)

    assert (led_by_2, cluster.partition.leader) == (NO_LEADER, 1)


def test_who_leaves_while_too_few_are_in_sync_is_eligible() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)

    cluster.alter(1, 2)
    enough = cluster.partition.eligible_leader_replicas
    cluster.alter(1)

    assert (enough, cluster.partition.eligible_leader_replicas) == ((), (2,))


def test_nobody_is_eligible_once_enough_are_in_sync() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)
    cluster.alter(1)

    cluster.alter(1, 3)

    assert cluster.partition.eligible_leader_replicas == ()


def test_an_eligible_replica_leads_once_nobody_is_in_sync() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)
    cluster.alter(1)

    cluster.crash(1)

    after = cluster.partition
    assert (after.leader, after.in_sync_replicas, after.eligible_leader_replicas) == (2, (2,), (1, 3))
    assert not after.is_recovering


def test_who_fell_behind_and_stayed_up_is_elected_rather_than_who_led_last() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)
    cluster.crash(2)
    cluster.alter(1)

    cluster.crash(1)

    assert (cluster.partition.leader, cluster.partition.is_recovering) == (3, False)


def test_two_crashes_and_a_power_loss_make_a_leader_that_lacks_what_is_acknowledged() -> None:
    """Seen on 4.1.1 and 4.3.1: broker 1 had lost the record that 3 still has, and 3 truncates."""
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)

    cluster.crash(2)
    acknowledged_on = cluster.partition.in_sync_replicas
    cluster.crash(3)
    eligible = cluster.partition.eligible_leader_replicas
    cluster.crash(1)
    all_gone = cluster.partition
    cluster.restart(3)
    still_nobody = cluster.partition
    cluster.restart(1)

    assert acknowledged_on == (1, 3)
    assert eligible == (3,)
    assert (all_gone.in_sync_replicas, all_gone.eligible_leader_replicas) == ((), (1, 3))
    assert all_gone.last_known_leader == 1
    assert (still_nobody.leader, still_nobody.eligible_leader_replicas) == (NO_LEADER, (1,))
    assert (cluster.partition.leader, cluster.partition.in_sync_replicas) == (1, (1,))
    assert cluster.partition.is_recovering


def test_who_stopped_cleanly_is_elected_rather_than_who_led_last() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3, settings=MIN_ISR_2)
    cluster.crash(2)
    epoch = cluster.stop(3)
    cluster.crash(1)

    cluster.restart(3, epoch)

    assert (cluster.partition.leader, cluster.partition.is_recovering) == (3, False)


def test_with_two_replicas_one_crash_and_one_power_loss_are_enough() -> None:
    cluster = Commanding(brokers=2)
    cluster.create(1, 2, settings=MIN_ISR_2)
    cluster.crash(2)
    cluster.crash(1)

    cluster.restart(2)
    cluster.restart(1)

    assert (cluster.partition.leader, cluster.partition.is_recovering) == (1, True)


def test_who_led_last_is_not_elected_while_it_is_down() -> None:
    """KAFKA-19522."""
    cluster = Commanding()
    cluster.create(1, 2, settings=MIN_ISR_2)
    cluster.crash(2)
    cluster.crash(1)

    cluster.restart(2)
    cluster.restart(3)

    assert cluster.partition.leader == NO_LEADER


@pytest.mark.parametrize("rules", [BrokerRules(), WITHOUT_ELR])
def test_an_unclean_election_takes_the_first_replica_that_is_up(rules: BrokerRules) -> None:
    cluster = Commanding(rules=rules)
    cluster.create(1, 2, 3, settings=UNCLEAN)
    cluster.alter(1)

    cluster.crash(1)

    after = cluster.partition
    assert (after.leader, after.in_sync_replicas, after.eligible_leader_replicas) == (2, (2,), ())
    assert after.is_recovering


def test_the_rule_of_unclean_elections_stands_for_topics_that_do_not_say() -> None:
    cluster = Commanding(rules=BrokerRules(elects_uncleanly=True))
    cluster.create(1, 2)
    cluster.alter(1)

    cluster.crash(1)

    assert cluster.partition.leader == 2


def test_a_controlled_move_makes_another_replica_the_first_and_the_leader() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)

    has_moved = cluster.controller.move_leader(TOPIC, 0, 3)

    after = cluster.partition
    assert has_moved
    assert (after.leader, after.replicas, after.leader_epoch) == (3, (3, 1, 2), 1)
    assert after.in_sync_replicas == (1, 2, 3)


def test_a_controlled_move_to_who_is_not_in_sync_leaves_the_leader() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)
    cluster.alter(1, 2)

    assert not cluster.controller.move_leader(TOPIC, 0, 3)
    assert cluster.partition.leader == 1


def test_leadership_goes_back_to_the_first_replica_when_leaders_are_balanced() -> None:
    cluster = Commanding()
    cluster.create(1, 2, 3)
    cluster.crash(1)
    cluster.restart(1)
    cluster.alter(2, 3, 1)

    cluster.controller.balance()

    assert cluster.partition.leader == 1
