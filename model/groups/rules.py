"""Rules: what differs between protocols, clients and brokers, as values that the actions are handed."""

from typing import Literal

import attrs

from ackproof.model.groups.assignors import COOPERATIVE_STICKY, RANGE, Assignor, ServerAssign, ranges, uniform
from ackproof.model.groups.epochs import PartitionEpochs, moved_at_once
from ackproof.model.groups.reconciling import Reconcile, once_revoked


@attrs.frozen
class ClassicRules:
    """
    The classic protocol: members join, the group's leader assigns, members learn it.

    Attributes:
        is_cooperative: Members keep what they own while the group rebalances, and give up only what moves (KIP-429);
            else they give up everything first.
        is_static: Members have a ``group.instance.id`` (KIP-345): they do not leave, and who returns replaces the
            member that it was.
        keeps_owned_without_membership: Who loses its member id while it rejoins goes on with what it owned
            (KAFKA-12983).
        gives_up_as_it_syncs: But not who loses it as it waits for its assignment (librdkafka
            ``rd_kafka_cgrp_handle_SyncGroup_memberstate``).
        claims_heard_generation: A JoinGroup tells the generation that its member has heard of last, be it that it has
            not heard its assignment (KIP-792): what it owns it claims for that, else for the one that assigned it.
            Where it does not, who has missed the answer to its SyncGroup says nothing new as it joins again.
        claims_what_was_lost: Who lost its partitions goes on claiming them (kafka-python's cooperative-sticky).
        tells_past_generation: Who lost its partitions claims nothing, but for the generation that assigned them: where
            only the latest one counts, that voids what others claim of an earlier one
            (``CooperativeStickyAssignor.subscriptionUserData`` since 2.8.1; since 3.4.1 it makes no difference).
        refuses_stale_claims: The leader checks an assignment against what members claim, whatever generation their
            claims are from, and assigns nothing if it moves a partition at once (KAFKA-13406).
        forgets_replaced_members: A static member that returns while the leader assigns has a new id, for which there
            is no assignment; a leader that does so sends none (KAFKA-9801).
        reads_no_assignment: Where a member is told no assignment at all its client takes that for one of nothing;
            else each poll fails of it until its generation is gone (``ConsumerCoordinator.onJoinComplete``).
        expires_awaited_syncs: The coordinator waits no longer than a rebalance timeout for the SyncGroup of each member
            (KAFKA-12890); else it does not look for those.
        returning_leader_follows: A static leader that returns is told that its former self leads (KAFKA-13435).
        all_watch_partitions: Each member joins again when it sees that the topic has more partitions, not the leader
            alone (librdkafka ``rd_kafka_cgrp_metadata_update_check``).
    """

    assignor: Assignor = RANGE
    is_cooperative: bool = False
    is_static: bool = False
    keeps_owned_without_membership: bool = False
    gives_up_as_it_syncs: bool = False
    claims_heard_generation: bool = True
    claims_what_was_lost: bool = False
    tells_past_generation: bool = False
    refuses_stale_claims: bool = False
    forgets_replaced_members: bool = False
    reads_no_assignment: bool = False
    expires_awaited_syncs: bool = True
    returning_leader_follows: bool = False
    all_watch_partitions: bool = False


Returning = Literal["as it was", "assigned anew", "left out"]
"""
What a static member comes back to that said that it would.

as it was: The target that it left (since 3.9).
assigned anew: The assignor runs again, and the epoch stays, so that who has what it was to have does not look again.
    Who comes back under the member id that it had is answered with an error, and ends (3.7).
left out: The same, but who comes back under the member id that it had is taken out of the target as its former self
    (``GroupMetadataManager.updateTargetAssignment`` of 3.8).
"""


@attrs.frozen
class ConsumerRules:
    """
    The consumer protocol (KIP-848): the coordinator assigns, and each member moves to the target by itself.

    Attributes:
        is_static: As for the classic protocol; who stops says that it will be back.
        partition_epochs: How the coordinator notes which partitions have an owner.
        reconcile: How it moves a member towards the target.
        acknowledges_what_it_has: A client that is told to own what it owns anyway says so, if it was told otherwise
            before (KAFKA-16185).
        waits_to_assign: The next target may be computed later than the epoch begins: meanwhile members go on towards
            the one before (``group.consumer.assignment.interval.ms``, KIP-1263).
        finishes_what_it_began: A client that is about to take partitions takes them, though it has been told something
            else since: it may say meanwhile that it does not own them, and another one is assigned them
            (``AbstractMembershipManager.maybeAbortReconciliation``).
        begins_one_by_one: And it begins to take nothing else before it has reported that (librdkafka
            ``rd_kafka_cgrp_consumer_handle_next_assignment``).
        waits_for_its_commit_alone: It takes partitions at once where it owns none yet, as there is nothing to commit;
            else it waits for the application's rebalance listener, too.
        is_silenced_by_errors: A client that is answered with an error sends no further heartbeat (KAFKA-16215).
        keeps_its_place: A static client whose application does not poll says that it will be back; else it leaves
            (``MembershipManagerImpl.transitionToStale`` of 3.7).
        takes_back_at_once: Who hears that its epoch is wrong is a member again as it joins with its id; else only once
            its session is over (KAFKA-19233).
        returning: What a static member comes back to.
        shares_places: Member ids may share a place of a hash table, so that the assignor meets them now in this order
            and now in that. Only executions of the reference have that (``orders_may_change``).
    """

    assign: ServerAssign = uniform
    is_static: bool = False
    partition_epochs: PartitionEpochs = moved_at_once
    reconcile: Reconcile = once_revoked
    acknowledges_what_it_has: bool = True
    waits_to_assign: bool = False
    finishes_what_it_began: bool = False
    begins_one_by_one: bool = False
    waits_for_its_commit_alone: bool = False
    is_silenced_by_errors: bool = False
    keeps_its_place: bool = True
    takes_back_at_once: bool = True
    returning: Returning = "as it was"
    shares_places: bool = False

    @property
    def orders_may_change(self) -> bool:
        """
        Whether members that keep their ids may come in another order than before.

        That of ids which share a place goes by who was there first, and by how many there have been (``HashMap``,
        ``BaseHashTable``), but where they are sorted: who is put out and joins again is the last one of them.
        """
        return self.shares_places and self.assign is not ranges

    @property
    def goes_by_instance_ids(self) -> bool:
        """Whether its assignor meets members by what is configured (``RangeAssignor.sortMemberIds``)."""
        return self.is_static and self.assign is ranges


GroupRules = ClassicRules | ConsumerRules

EAGER = ClassicRules()
COOPERATIVE = ClassicRules(COOPERATIVE_STICKY, is_cooperative=True)
CONSUMER = ConsumerRules()
