"""Every step of a group of several members and partitions is one of the model's."""

from collections import Counter
from itertools import product

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from ackproof.model.groups.assignors import COOPERATIVE_STICKY, ROUND_ROBIN, STICKY, ranges, sticky
from ackproof.model.groups.claims import latest_claim_of_each_partition
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, ClassicRules, ConsumerRules
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.groups.beside import TwoOwnersError, run_group_beside
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

JAVA = attrs.evolve(CONSUMER, finishes_what_it_began=True)
WAITING = attrs.evolve(JAVA, waits_to_assign=True)
CLASSIC = [EAGER, ClassicRules(ROUND_ROBIN), ClassicRules(STICKY), COOPERATIVE]
BY_COORDINATOR = [JAVA, attrs.evolve(JAVA, assign=ranges), attrs.evolve(JAVA, reconcile=once_released)]
STATIC = [attrs.evolve(rules, is_static=True) for rules in (EAGER, COOPERATIVE, JAVA)]


def dynamic_or_static(*rules: ClassicRules | ConsumerRules) -> st.SearchStrategy[ClassicRules | ConsumerRules]:
    """Some of these, as their members have an instance id or not."""
    return st.sampled_from([attrs.evolve(each, is_static=is_static) for each in rules for is_static in (False, True)])


sizes = {"members": st.integers(1, 3), "partitions": st.integers(1, 4)}
groups = st.one_of(
    st.builds(GroupSetting, dynamic_or_static(*CLASSIC, *BY_COORDINATOR), **sizes),
    st.builds(GroupSetting, dynamic_or_static(WAITING), **sizes, assignment_interval_ms=st.sampled_from([100, 500])),
)
LONG_MS = 1_200
"""Long enough for a session to expire, and for who has died to be back."""

FORGETS_MS = st.integers(900, 1_050)
"""About as long as it takes who stands still to give up its membership."""

WHEN = st.one_of(st.integers(0, 400), FORGETS_MS, st.just(LONG_MS))

ONE_OF_ALL = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), WHEN, st.integers(0, 99))
disturbances = st.lists(ONE_OF_ALL, max_size=4)
SEEDS = st.integers(0, 2**32)
IN_ITS_OWN_TIME = [HealthCheck.too_slow]


@given(groups, SEEDS, disturbances)
@settings(max_examples=10, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: GroupSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_group_beside(setting, seed, disturbed)


@pytest.mark.slow
@given(groups, SEEDS, disturbances)
@settings(max_examples=300, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model_in_many_runs(
    setting: GroupSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_group_beside(setting, seed, disturbed)


OF_CLASSIC = {
    "ask again",
    "assign",
    "begin generation",
    "hear of removal",
    "join",
    "learn",
    "notice partitions",
    "rejoin",
}
OF_CONSUMER = {"follow", "hear of error", "heartbeat", "join"}
UNSEEN = {"coordinator failover"}
"""It leaves a consumer group as it was: no heartbeat is on its way meanwhile."""

NEWS = {"response-lost": [Disturbance("partitions-added", 20, 0)]}
"""What has to happen besides, so that there is something to hear."""


@pytest.mark.slow
@pytest.mark.parametrize(("rules", "own"), [(COOPERATIVE, OF_CLASSIC), (JAVA, OF_CONSUMER)], ids=["classic", "new"])
def test_the_runs_take_all_that_the_model_has_but_what_is_static(
    rules: ClassicRules | ConsumerRules, own: set[str]
) -> None:
    taken = Counter[str]()
    for kind, seed, after_ms in product(FAULTS, range(4), (250, 600)):
        disturbed = [Disturbance(kind, after_ms + 30 * seed, 17 * seed), *NEWS.get(kind, [])]
        trace = run_group_beside(GroupSetting(rules), seed, disturbed)
        taken.update(step.action.name for step in trace.steps)

    faults = {kind.replace("-", " ") for kind in FAULTS} - (UNSEEN if rules is JAVA else set())
    assert set(taken) == own | {"session expires"} | faults


HASTY = attrs.evolve(COOPERATIVE_STICKY, assign=sticky(latest_claim_of_each_partition))
"""It gives a partition to the next member while its owner has not given it up (KIP-429)."""

JOINS = [Disturbance("member-joins", 700, 0)]


def test_a_cooperative_assignor_that_withholds_nothing_is_noticed() -> None:
    hasty = GroupSetting(attrs.evolve(COOPERATIVE, assignor=HASTY), members=1)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_group_beside(hasty, 1, JOINS, model=GroupSetting(COOPERATIVE, members=1))


IN_3_7 = attrs.evolve(CONSUMER, partition_epochs=moved_one_by_one, reconcile=at_each_target)
GIVEN_BACK = [
    Disturbance("consumer-pause", 300, 0),
    Disturbance("member-joins", 40, 0),
    Disturbance("member-leaves", 120, 1),
    Disturbance("member-joins", 450, 0),
]
"""The owner is to revoke something for another, which leaves before it has, and comes again."""


def test_a_coordinator_that_loses_an_epoch_is_noticed() -> None:
    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_group_beside(GroupSetting(IN_3_7, members=1), 4, GIVEN_BACK, model=GroupSetting(CONSUMER, members=1))


def test_beside_the_model_of_that_coordinator_two_members_own_the_same() -> None:
    """KAFKA-16147."""
    with pytest.raises(TwoOwnersError, match="two members own the same"):
        run_group_beside(GroupSetting(IN_3_7, members=1), 4, GIVEN_BACK)


def test_with_the_epochs_of_today_what_is_given_back_has_one_owner() -> None:
    trace = run_group_beside(GroupSetting(CONSUMER, members=1), 4, GIVEN_BACK)

    assert trace.faults == ("member-joins", "member-leaves", "member-joins", "consumer-pause")


IN_3_8 = attrs.evolve(CONSUMER, reconcile=once_released)


def test_what_a_member_has_revoked_itself_is_free_as_its_rules_say() -> None:
    """KAFKA-19449."""
    run_group_beside(GroupSetting(IN_3_8, members=1), 10, GIVEN_BACK[:3])

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_group_beside(GroupSetting(IN_3_8, members=1), 10, GIVEN_BACK[:3], model=GroupSetting(CONSUMER, members=1))


@pytest.mark.parametrize(
    ("runs", "model"),
    [
        (GroupSetting(EAGER, partitions=4), GroupSetting(ClassicRules(ROUND_ROBIN), partitions=4)),
        (GroupSetting(COOPERATIVE), GroupSetting(attrs.evolve(COOPERATIVE, is_cooperative=False))),
        (GroupSetting(WAITING, assignment_interval_ms=500), GroupSetting(JAVA)),
    ],
    ids=["another assignor", "eager", "at once"],
)
def test_rules_that_differ_from_what_runs_are_noticed(runs: GroupSetting, model: GroupSetting) -> None:
    with pytest.raises(NotRefinedError):
        run_group_beside(runs, 1, JOINS, model=model)


def test_who_was_put_out_does_not_take_what_it_was_about_to_take() -> None:
    """It has left as its application did not poll; what waited for that is void."""
    disturbed = [
        Disturbance("consumer-pause", 700, 0),
        Disturbance("member-leaves", 40, 1),
        Disturbance("member-joins", 500, 0),
    ]

    trace = run_group_beside(GroupSetting(CONSUMER, partitions=3), 0, disturbed)

    assert {"hear of error", "consumer pause", "member leaves", "member joins"} <= {s.action.name for s in trace.steps}


def test_what_a_member_has_begun_to_take_it_takes_though_it_is_told_more_since() -> None:
    disturbed = [Disturbance("partitions-added", 375, 13), Disturbance("partitions-added", 46, 88)]
    setting = GroupSetting(JAVA, members=1, partitions=3)

    run_group_beside(setting, 2_916_508_365, disturbed)
    with pytest.raises(NotRefinedError):
        run_group_beside(setting, 2_916_508_365, disturbed, model=attrs.evolve(setting, rules=CONSUMER))


def test_a_leader_may_assign_the_first_of_two_partitions_that_were_added() -> None:
    """Its metadata is older than the second one."""
    disturbed = [Disturbance("partitions-added", 129, 0), Disturbance("partitions-added", 58, 0)]

    trace = run_group_beside(GroupSetting(ClassicRules(STICKY), members=1, partitions=3), 1_053_390_165, disturbed)

    assert any("sees more partitions (but not all)" in step.says for step in trace.steps)


@pytest.mark.parametrize("rules", STATIC, ids=["eager", "cooperative", "new"])
def test_a_static_member_takes_the_place_that_it_had(rules: ClassicRules | ConsumerRules) -> None:
    trace = run_group_beside(GroupSetting(rules), 1, [Disturbance("member-leaves", 700, 0)])

    assert [step.action.name for step in trace.steps].count("return as the same") == 1


@pytest.mark.parametrize("rules", STATIC[:2], ids=["eager", "cooperative"])
def test_who_has_its_instance_id_taken_goes_on_until_it_hears_so(rules: ClassicRules) -> None:
    """KIP-345: it is fenced, and the other process has its place and its partitions."""
    trace = run_group_beside(GroupSetting(rules), 1, [Disturbance("consumer-pause", 700, 0)])

    assert [step.says for step in trace.steps[-4:]] == [
        "consumer 1 stands still; consumer 3 is started with its instance id",
        "consumer 3 returns under its instance id; nothing else changes",
        "consumer 3 learns that it owns partition 0",
        "consumer 1 hears that another process has its instance id, and ends",
    ]


def unknown(group: ClassicGroup, member_id: str, instance_id: str | None) -> None:
    """Who has lost its instance id is told no more than who is no member."""
    if member_id not in group.members:
        raise KafkaError(ErrorCode.unknown_member_id)


def test_a_coordinator_that_does_not_fence_who_is_replaced_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClassicGroup, "validate_member", unknown)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_group_beside(GroupSetting(STATIC[0]), 1, [Disturbance("consumer-pause", 700, 0)])


def test_who_leaves_while_it_waits_for_others_to_join_is_still_in_the_next_generation() -> None:
    """Its broker serves the requests of a connection one after the other, and has its JoinGroup to answer first."""
    trace = run_group_beside(GroupSetting(EAGER), 1, [Disturbance("member-leaves", 60, 0)])

    assert [step.says for step in trace.steps[2:5]] == [
        "consumer 1 leaves; the coordinator hears so once all have joined",
        "generation 1 begins; consumer 1 leads it; consumer 1 left",
        "consumer 2 joins again",
    ]


def test_who_misses_an_answer_while_its_group_rebalances_asks_again() -> None:
    trace = run_group_beside(GroupSetting(EAGER), 1, [Disturbance("response-lost", 60, 0)])

    assert [step.says for step in trace.steps if step.action.name in {"response lost", "ask again"}] == [
        "consumer 1 loses the answer to its JoinGroup",
        "consumer 1 sends its JoinGroup again and hears of generation 1",
    ]


def test_who_misses_its_assignment_has_all_join_again() -> None:
    """Its JoinGroup is of another generation than the one before, so that it is not answered at once."""
    trace = run_group_beside(GroupSetting(EAGER), 3, [Disturbance("response-lost", 305, 1)])
    says = [step.says for step in trace.steps]

    lost = says.index("consumer 1 loses the answer to its SyncGroup and will join again")
    assert says[lost + 1] == "consumer 1 joins again; the group prepares to rebalance"


def test_claims_of_the_generation_that_assigned_are_noticed() -> None:
    """KIP-792: a client claims for the generation that it has heard of."""
    disturbed = [*JOINS, Disturbance("member-leaves", 8, 1)]
    setting = GroupSetting(COOPERATIVE, members=3, partitions=3)
    before = attrs.evolve(setting, rules=attrs.evolve(COOPERATIVE, claims_heard_generation=False))

    run_group_beside(setting, 1, disturbed)
    with pytest.raises(NotRefinedError):
        run_group_beside(setting, 1, disturbed, model=before)


def test_a_run_tells_what_the_model_has_taken_part_in() -> None:
    with pytest.raises(NotRefinedError) as failure:
        run_group_beside(
            GroupSetting(EAGER, partitions=4), 1, JOINS, model=GroupSetting(ClassicRules(ROUND_ROBIN), partitions=4)
        )

    assert "consumer 1 joins; the group prepares to rebalance" in str(failure.value)
