"""Bugs of the classic group protocol that take several members or partitions to show."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.model.faults import Faults
from ackproof.model.groups.assignors import COOPERATIVE_STICKY, cooperative
from ackproof.model.groups.claims import (
    Settle,
    all_claims,
    claims_of_the_latest_generation,
    first_claim_but_last_owner,
)
from ackproof.model.groups.half import group_half
from ackproof.model.groups.rules import COOPERATIVE, EAGER, ClassicRules
from ackproof.model.system import System
from ackproof.properties.groups import (
    a_leader_watches_the_number_of_partitions,
    each_partition_has_one_owner,
    each_partition_is_assigned_once,
    every_partition_is_owned_at_last,
    no_leader_refuses_an_assignment,
)

BEFORE_KIP_792 = attrs.evolve(COOPERATIVE, claims_heard_generation=False, tells_past_generation=True)
"""Claims are of the generation that assigned what is claimed or lost, as in Java until 3.3."""


def settling(settle: Settle, rules: ClassicRules = BEFORE_KIP_792) -> ClassicRules:
    """Cooperative *rules* whose assignor makes that of what members claim."""
    return attrs.evolve(
        rules,
        assignor=attrs.evolve(COOPERATIVE_STICKY, assign=cooperative(settle)),
        tells_past_generation=settle is claims_of_the_latest_generation,
    )


WITHOUT_GENERATIONS = settling(all_claims, attrs.evolve(BEFORE_KIP_792, keeps_owned_without_membership=True))
"""The cooperative-sticky assignor and its client as in 2.8.0."""

BY_LATEST_GENERATION = settling(claims_of_the_latest_generation)
STATIC = attrs.evolve(EAGER, is_static=True)
IN_KAFKA_PYTHON = settling(first_claim_but_last_owner)


@bug(
    "KAFKA-12983",
    "A consumer that was removed while it rejoined goes on reading what others own by now",
    affected="Java consumer 2.4 to 2.7.1, 2.8.0",
    fixed_in="2.7.2, 2.8.1, 3.0.0",
    source="KAFKA-12983; PR #10986",
    breaks="each_partition_has_one_owner",
    statement=each_partition_has_one_owner,
    faults={"consumer-pause": 2},
    had=WITHOUT_GENERATIONS,
    fixed=attrs.evolve(WITHOUT_GENERATIONS, keeps_owned_without_membership=False),
)
def what_was_owned_is_kept_without_membership(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``AbstractCoordinator.joinGroupIfNeeded`` calls ``onJoinPrepare``, which gives up what is lost, once in a rebalance.

    ``resetStateAndRejoin`` did not ask for it again: the consumer joined as a new member with all that it had owned.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-12984",
    "The cooperative-sticky assignor gives a partition to two members that both claim it",
    affected="Java consumer 2.4 to 2.8.0",
    fixed_in="2.8.1, 3.0.0",
    source="KAFKA-12984; PR #10985",
    breaks="each_partition_is_assigned_once",
    statement=each_partition_is_assigned_once,
    faults={"consumer-pause": 2},
    had=WITHOUT_GENERATIONS,
    fixed=settling(claims_of_the_latest_generation, WITHOUT_GENERATIONS),
)
def claims_have_no_generation(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``CooperativeStickyAssignor.memberData`` told no generation of what a member claims.

    So ``AbstractStickyAssignor.constrainedAssign`` let every member keep what it claimed, whoever else did.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-13406",
    "The group's leader refuses each assignment, and the whole group stands still",
    affected="Java consumer 2.8.1, 3.0.0",
    fixed_in="2.8.2, 3.0.1, 3.1.0",
    source="KAFKA-13406; PR #11439",
    breaks="no_leader_refuses_an_assignment",
    statement=no_leader_refuses_an_assignment,
    faults={"member-joins": 1, "partitions-added": 1},
    had=attrs.evolve(BY_LATEST_GENERATION, refuses_stale_claims=True),
    fixed=BY_LATEST_GENERATION,
)
def stale_claims_are_taken_at_their_word(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``ConsumerCoordinator.validateCooperativeAssignment`` compared the assignment with all claims.

    Also with those of a member that had missed a generation, which the assignor ignored: the poll of the leader threw,
    each time.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-14639",
    "A partition is taken from one member and given to another one in the same rebalance",
    affected="Java consumer 2.8.2, 3.0.1 to 3.4.0",
    fixed_in="3.4.1, 3.5.0",
    source="KAFKA-14639; PR #13550",
    breaks="each_partition_has_one_owner",
    statement=each_partition_has_one_owner,
    faults={"member-joins": 1, "partitions-added": 1},
    had=BY_LATEST_GENERATION,
    fixed=BEFORE_KIP_792,
)
def who_missed_a_generation_owns_nothing(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``AbstractStickyAssignor.allSubscriptionsEqual`` took only members of the latest generation for owners.

    One that came too late with its SyncGroup still read its partitions, and they were given away as if nobody did. In
    3.4.0 its claim is of the generation that it has heard of (``ConsumerCoordinator.metadata``, KIP-792), and counts.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "kafka-python cooperative-sticky claims",
    "A consumer that was put out comes back claiming what another one owns, and gets it at once",
    affected="kafka-python 3.0.0 to 3.1.0.dev (a3b3836)",
    fixed_in="not fixed",
    source="kafka-python CooperativeStickyAssignor.metadata and assign, run with two such members",
    breaks="each_partition_has_one_owner",
    statement=each_partition_has_one_owner,
    faults={"consumer-pause": 1},
    had=attrs.evolve(IN_KAFKA_PYTHON, claims_what_was_lost=True),
    fixed=IN_KAFKA_PYTHON,
)
def what_was_lost_is_claimed(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``CooperativeStickyAssignor.metadata`` claims the last assignment, which ``on_partitions_lost`` does not clear.

    Its claims have no generation: ``assign`` takes the last member to claim a partition for its owner, and the first
    one for who keeps it.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "kafka-python cooperative rejoin",
    "A consumer that was removed while it rejoined goes on reading what others own by now, as in KAFKA-12983",
    affected="kafka-python 3.0.0 to 3.1.0.dev (a3b3836)",
    fixed_in="not fixed",
    source="kafka-python BaseCoordinator.join_group_async and reset_generation",
    breaks="each_partition_has_one_owner",
    statement=each_partition_has_one_owner,
    faults={"consumer-pause": 2},
    had=attrs.evolve(IN_KAFKA_PYTHON, keeps_owned_without_membership=True),
    fixed=IN_KAFKA_PYTHON,
)
def the_rejoining_flag_survives_a_reset(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``BaseCoordinator.join_group_async`` calls ``_on_join_prepare_async`` unless ``rejoining`` is set.

    ``reset_generation`` leaves it set: who hears UNKNOWN_MEMBER_ID in a rebalance joins as a new member and keeps what
    it had.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "librdkafka cooperative rejoin",
    "A consumer whose JoinGroup is refused goes on reading what others own by now, as in KAFKA-12983",
    affected="librdkafka 1.6 to 2.15, the last one read: static members, and with brokers before 2.2 all",
    fixed_in="not fixed",
    source="rdkafka_cgrp.c of 1.6.0 to 2.15.0; no ticket is known",
    breaks="each_partition_has_one_owner",
    statement=each_partition_has_one_owner,
    faults={"consumer-pause": 2},
    had=attrs.evolve(BEFORE_KIP_792, keeps_owned_without_membership=True, gives_up_as_it_syncs=True),
    fixed=BEFORE_KIP_792,
)
def a_refused_join_revokes_nothing(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``rd_kafka_cgrp_handle_JoinGroup`` has all revoked as lost after ILLEGAL_GENERATION or MEMBER_ID_REQUIRED.

    After UNKNOWN_MEMBER_ID it forgets its member id and joins again with what it has, which is all right only where the
    coordinator answers that with a member id to join with: brokers from 2.2 on, and no static member.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds)


@bug(
    "KAFKA-9801",
    "A static member that restarts while its group assigns is forgotten, and partitions are left without an owner",
    affected="brokers 2.3, 2.4",
    fixed_in="2.5.0",
    source="KAFKA-9801; PR #8405",
    breaks="every_partition_is_owned_at_last",
    statement=every_partition_is_owned_at_last,
    faults={"consumer-crash": 1},
    had=attrs.evolve(STATIC, forgets_replaced_members=True, expires_awaited_syncs=False),
    fixed=STATIC,
    is_goal=True,
)
def a_replaced_member_is_not_assigned(rules: ClassicRules, faults: Faults, kinds: frozenset[str]) -> System:
    """
    ``GroupCoordinator.doUnknownJoinGroup`` replaced the member id in CompletingRebalance and answered at once.

    It named the old id of the leader, so a leader that had restarted sent no assignment; another one's was for the old
    id of the member.
    """
    return group_half(rules, members=2, partitions=2, faults=faults, kinds=kinds, is_fine=True)


@bug(
    "KAFKA-13435",
    "After a static leader was restarted nobody notices that the topic gets more partitions",
    affected="2.3 to 3.1",
    fixed_in="3.2.0 (brokers and Java consumer)",
    source="KAFKA-13435; KIP-814; PR #11688",
    breaks="a_leader_watches_the_number_of_partitions",
    statement=a_leader_watches_the_number_of_partitions,
    faults={"member-leaves": 1},
    had=attrs.evolve(STATIC, returning_leader_follows=True),
    fixed=STATIC,
)
def a_returning_leader_takes_itself_for_a_follower(
    rules: ClassicRules, faults: Faults, kinds: frozenset[str]
) -> System:
    """
    ``GroupCoordinator.updateStaticMemberAndRebalance`` told a leader that returned that its old id leads.

    That was to keep it from assigning again; so ``ConsumerCoordinator`` compared no metadata. What is added while the
    leader is away is not noticed in any version.
    """
    return group_half(rules, members=1, partitions=1, faults=faults, kinds=kinds)
