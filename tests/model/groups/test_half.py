"""Groups as a whole: sizes, what holds under every protocol, and the oracle."""

from collections.abc import Iterable
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.claims import NONE
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.expiring import session_expires
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, GroupRules
from ackproof.model.system import Next, steps
from ackproof.properties.groups import (
    each_partition_has_one_owner,
    each_partition_is_assigned_once,
    no_assignment_is_ahead_of_the_group,
    of_assignment,
)
from ackproof.search.explorer import explore
from tests import oracle
from tests.model.groups.protocols import PROTOCOLS, group_of_two

NOTICES = "notice partitions"
INVARIANTS = (each_partition_has_one_owner, each_partition_is_assigned_once, no_assignment_is_ahead_of_the_group)


@pytest.mark.parametrize(
    ("protocol", "states"),
    [
        ("eager", (12, 400, 10_067)),
        pytest.param("cooperative", (12, 676, 24_746), marks=pytest.mark.slow),
        ("consumer", (14, 307, 3_924)),
        pytest.param("eager, static", (12, 722, 28_112), marks=pytest.mark.slow),
        ("cooperative, static", (12, 1_399)),
        ("consumer, static", (14, 305, 4_050)),
    ],
)
def test_no_two_members_own_the_same_whatever_happens_so_often(protocol: str, states: tuple[int, ...]) -> None:
    found = [explore(group_of_two(PROTOCOLS[protocol], faults), *INVARIANTS) for faults in range(len(states))]

    assert {exploration.ended for exploration in found} == {"exhausted"}
    assert tuple(exploration.distinct_states for exploration in found) == states


@pytest.mark.slow
def test_nor_do_static_members_that_die_while_others_join() -> None:
    system = group_of_two(PROTOCOLS["cooperative, static"], 2, frozenset({"consumer-crash", "member-joins"}))

    found = explore(system, *INVARIANTS)

    assert (found.ended, found.distinct_states) == ("exhausted", 8_224)


def test_nor_do_they_while_a_coordinator_waits_before_it_assigns_anew() -> None:
    """KIP-1263: meanwhile members go on towards the target before."""
    waiting = attrs.evolve(CONSUMER, waits_to_assign=True)

    found = explore(group_of_two(waiting, 1), *INVARIANTS)

    assert (found.ended, found.distinct_states) == ("exhausted", 601)


def test_a_client_that_finishes_what_it_began_takes_what_another_member_is_assigned() -> None:
    """It has said meanwhile that it does not own it (``AbstractMembershipManager.maybeAbortReconciliation``)."""
    hasty = attrs.evolve(CONSUMER, finishes_what_it_began=True)
    system = group_of_two(hasty, 1, frozenset({"partitions-added"}))

    found = {of: explore(system, of) for of in (each_partition_has_one_owner, each_partition_is_assigned_once)}

    assert [of.ended for of in found.values()] == ["violated", "exhausted"]


@pytest.mark.parametrize(("kind", "ended"), [("partitions-added", "exhausted"), ("response-lost", "violated")])
def test_one_that_begins_nothing_else_meanwhile_says_so_only_where_an_answer_is_lost(kind: str, ended: str) -> None:
    """librdkafka ``rd_kafka_cgrp_consumer_serve``: only a full heartbeat says what it owns while it waits."""
    one_by_one = attrs.evolve(CONSUMER, finishes_what_it_began=True, begins_one_by_one=True)

    assert explore(group_of_two(one_by_one, 1, frozenset({kind})), each_partition_has_one_owner).ended == ended


def test_one_that_waits_for_its_commit_alone_takes_the_first_partitions_at_once() -> None:
    hasty = attrs.evolve(CONSUMER, finishes_what_it_began=True)
    committing = attrs.evolve(hasty, waits_for_its_commit_alone=True)
    kinds = frozenset({"coordinator-failover"})

    found = [explore(group_of_two(rules, 1, kinds), each_partition_has_one_owner) for rules in (hasty, committing)]

    assert [of.ended for of in found] == ["violated", "exhausted"]


def test_a_leader_may_see_the_first_of_two_partitions_that_were_added() -> None:
    system = group_of_two(EAGER, 2, frozenset({"partitions-added"}))

    taken = [step for state in oracle.explore(system).states for step in steps(system, state)]
    after = [cast("ClassicGroup", system.named(step.state)["group"]) for step in taken if step.action.name == NOTICES]

    assert {(group.partitions, max(m.watched for m in group.members)) for group in after} == {(3, 3), (4, 3), (4, 4)}


def test_a_leader_may_assign_by_older_metadata() -> None:
    system = group_of_two(EAGER, 1, frozenset({"partitions-added"}))

    taken = [step for state in oracle.explore(system).states for step in steps(system, state)]
    after = [cast("ClassicGroup", system.named(step.state)["group"]) for step in taken if step.action.name == "assign"]

    assigned = {(group.partitions, len(NONE.union(*of_assignment(group)))) for group in after}
    assert assigned == {(2, 2), (3, 3), (3, 2)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "states"),
    [(EAGER, 1_804), (COOPERATIVE, 6_103), (CONSUMER, 7_098)],
    ids=["eager", "cooperative", "consumer"],
)
def test_nor_do_three_members_of_three_partitions(rules: GroupRules, states: int) -> None:
    system = group_half(rules, members=3, partitions=3, faults=Faults(1), kinds=KINDS)

    found = explore(system, *INVARIANTS)

    assert (found.ended, found.distinct_states) == ("exhausted", states)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_oracle_meets_the_same_states(protocol: str) -> None:
    system = group_of_two(PROTOCOLS[protocol], 1)

    assert len(oracle.explore(system).states) == explore(system).distinct_states


def test_each_action_of_a_group_can_happen() -> None:
    fired = [explore(group_of_two(rules, 1)).fired for rules in PROTOCOLS.values()]

    assert {name for names in fired for name in names} == {name for names in fired for name, n in names.items() if n}


def test_a_member_whose_instance_id_another_process_takes_reads_on_until_it_hears_that_it_is_fenced() -> None:
    """It is then no member any more (KIP-345), so that is no second owner."""
    system = group_of_two(PROTOCOLS["eager, static"], 1, frozenset({"consumer-pause"}))

    groups = [cast("ClassicGroup", system.named(state)["group"]) for state in oracle.explore(system).states]

    fenced = [(group, old) for group in groups for old in group.members if old.is_fenced]
    assert any(old.owned & new.owned for group, old in fenced for new in group.members if new is not old)
    assert all(is_true_of(group) for group in groups)


def test_nobody_hears_that_its_instance_id_is_taken_before_another_process_has_joined_with_it() -> None:
    """Nor once that one is gone again: then its group knows neither (``ClassicGroup.validateMember``)."""
    system = group_of_two(PROTOCOLS["eager, static"], 1, frozenset({"consumer-pause"}), is_fine=True)
    reached = oracle.explore(system).states

    heard, held = list[bool](), list[bool]()
    for state in reached:
        group = cast("ClassicGroup", system.named(state)["group"])
        if any(member.is_fenced for member in group.members):
            heard.append(any("has its instance id, and ends" in step.says for step in steps(system, state)))
            takes = next(member for member in group.members if member.has_taken)
            held.append(takes.registration is not None and not takes.is_to_take)

    assert heard == held
    assert {*heard} == {True, False}


def is_true_of(group: ClassicGroup) -> bool:
    return each_partition_has_one_owner({"group": group})


@pytest.mark.parametrize(("awaits_sync", "expires"), [(True, 1), (False, 0)])
def test_a_static_member_is_not_missed_while_its_sync_group_waits(*, awaits_sync: bool, expires: int) -> None:
    dead = Member("out", registration=Registration(is_static=True, awaits_sync=awaits_sync))
    leader = Member("syncing", generation=1, registration=Registration(is_leader=True, is_static=True))
    group = ClassicGroup((dead, leader), 2, "completing", 1)

    missed = list(cast("Iterable[Next]", session_expires.function(group)))
    later = list(cast("Iterable[Next]", session_expires.function(attrs.evolve(group, state="stable"))))

    assert (len(missed), len(later)) == (expires, 1)
