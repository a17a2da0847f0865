"""The controller: it decides on leader and in-sync replicas, each time in a new epoch, and tells the replicas."""

from collections.abc import Iterator

from ackproof.model.published.leadership import Brokers, LeaderAndIsr, Leadership, broker, brokers
from ackproof.model.system import Next, action


def is_just_before(quorum: LeaderAndIsr, leader_epoch: int) -> bool:
    """Whether *leader_epoch* is the next one."""
    return quorum.leadership.leader_epoch == leader_epoch - 1


@action(when={"quorum": is_just_before}, writes=("quorum", "request"))
def elect(quorum: LeaderAndIsr, request: LeaderAndIsr | None, leader_epoch: int) -> Iterator[Next]:
    """
    Any other in-sync replica becomes the leader.

    Source: ``PartitionLeaderElectionAlgorithms``.
    """
    for leader in sorted(quorum.in_sync_replicas - {quorum.leader}):
        says = f"makes {broker(leader)} the leader"
        yield decided(says, LeaderAndIsr(Leadership(leader_epoch, leader), quorum.in_sync_replicas))


@action(when={"quorum": is_just_before}, writes=("quorum", "request"))
def remove_replica(quorum: LeaderAndIsr, request: LeaderAndIsr | None, leader_epoch: int) -> Iterator[Next]:
    """
    A replica seems to be gone and leaves the in-sync replicas; if it leads, there is no leader.

    Source: ``KafkaController.onReplicasBecomeOffline``, ``ReplicaStateMachine.removeReplicasFromIsr``.
    """
    for removed in sorted(quorum.in_sync_replicas):
        is_leader = removed == quorum.leader
        says = f"finds {broker(removed)}, the leader, gone" if is_leader else f"removes {broker(removed)}"
        leadership = Leadership(leader_epoch, None if is_leader else quorum.leader)
        yield decided(says, LeaderAndIsr(leadership, without(quorum, removed)))


def without(quorum: LeaderAndIsr, removed: int) -> Brokers:
    """The in-sync replicas without *removed*; a leader that is alone stays, so that it can be elected again."""
    is_last = removed == quorum.leader and quorum.in_sync_replicas <= {removed}
    return quorum.in_sync_replicas if is_last else quorum.in_sync_replicas - {removed}


def decided(says: str, decision: LeaderAndIsr) -> Next:
    """What ZooKeeper keeps, and the request that tells the replicas."""
    epoch, members = decision.leadership.leader_epoch, brokers(decision.in_sync_replicas)
    return Next(f"the controller {says} in epoch {epoch}; in sync: {members}", quorum=decision, request=decision)
