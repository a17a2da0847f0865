"""Groups of other clients than Java's, and of those with known bugs: every step is one of the model's."""

from collections.abc import Mapping
from contextlib import suppress

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.bugs.rebalancing import IN_KAFKA_PYTHON, WITHOUT_GENERATIONS
from ackproof.config.group_rules import group_rules
from ackproof.model.groups.assignors import STICKY
from ackproof.model.groups.rules import CONSUMER, EAGER, ClassicRules, ConsumerRules, GroupRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.groups import beside
from ackproof.reference.refinement.groups.beside import TwoOwnersError, run_group_beside, run_once
from ackproof.reference.refinement.groups.faults import FAULTS
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.groups.stage import GroupStage
from ackproof.reference.refinement.produce.faults import Disturbance
from tests.config.pipelines import read, side

NEW = {"group.protocol": "consumer"}


def of(client: str, config: Mapping[str, str], kafka: str = "4.1") -> GroupRules:
    """The rules of a group of such a client, as pipelines have them."""
    return group_rules(read(side("consumer", config, client, kafka)))


LIBRDKAFKA = [
    of("librdkafka", config)
    for config in ({}, *({"partition.assignment.strategy": name} for name in ("roundrobin", "cooperative-sticky")), NEW)
]
KEPT_BY_LIBRDKAFKA = of("librdkafka", {"partition.assignment.strategy": "cooperative-sticky"}, "2.1")
"""What it has as its JoinGroup is refused; with an instance id today's brokers let it do so as well."""
KAFKA_PYTHON = [
    of("kafka-python", {"partition_assignment_strategy": name})
    for name in ("RangePartitionAssignor", "StickyPartitionAssignor", "CooperativeStickyAssignor")
]
STATIC = attrs.evolve(EAGER, is_static=True)
FORGETTING = attrs.evolve(STATIC, forgets_replaced_members=True, expires_awaited_syncs=False)
JAVA = attrs.evolve(CONSUMER, finishes_what_it_began=True)
UNACKNOWLEDGED = attrs.evolve(JAVA, acknowledges_what_it_has=False)
SILENCED = attrs.evolve(JAVA, is_silenced_by_errors=True)
BUGS: Mapping[str, GroupRules] = {
    "KAFKA-9801": FORGETTING,
    "KAFKA-12983": WITHOUT_GENERATIONS,
    "KAFKA-16185": UNACKNOWLEDGED,
    "KAFKA-16215": SILENCED,
    "3.7": attrs.evolve(UNACKNOWLEDGED, is_silenced_by_errors=True),
}

SIZES = {"members": st.integers(1, 3), "partitions": st.integers(1, 4)}
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.integers(0, 1_200), st.integers(0, 99))
SEEDS = st.integers(0, 2**32)
UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def static_too(*rules: GroupRules) -> st.SearchStrategy[GroupRules]:
    """These, and the same with an instance id."""
    return st.sampled_from([attrs.evolve(each, is_static=is_static) for each in rules for is_static in (False, True)])


GROUPS_OF_LIBRDKAFKA = st.builds(
    GroupSetting,
    static_too(*LIBRDKAFKA, KEPT_BY_LIBRDKAFKA),
    **SIZES,
    rebalances=st.sampled_from(["in poll", "in background"]),
)
GROUPS_OF_KAFKA_PYTHON = st.builds(GroupSetting, static_too(*KAFKA_PYTHON), **SIZES)


@given(st.one_of(GROUPS_OF_LIBRDKAFKA, GROUPS_OF_KAFKA_PYTHON), SEEDS, st.lists(ANY, max_size=3))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model(setting: GroupSetting, seed: int, disturbed: list[Disturbance]) -> None:
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, disturbed)


@pytest.mark.slow
@given(GROUPS_OF_LIBRDKAFKA, SEEDS, st.lists(ANY, max_size=3))
@UNHURRIED
def test_each_step_of_librdkafka_is_one_of_the_model(
    setting: GroupSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_group_beside(setting, seed, disturbed)


@pytest.mark.slow
@given(GROUPS_OF_KAFKA_PYTHON, SEEDS, st.lists(ANY, max_size=3))
@UNHURRIED
def test_each_step_of_kafka_python_is_one_of_the_model(
    setting: GroupSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    """Up to where two members own the same, which its cooperative assignor lets happen."""
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, disturbed)


@pytest.mark.slow
@pytest.mark.parametrize("rules", BUGS.values(), ids=BUGS)
@given(st.data(), SEEDS, st.lists(ANY, max_size=4))
@UNHURRIED
def test_each_step_with_a_known_bug_is_one_of_the_model(
    rules: GroupRules, data: st.DataObject, seed: int, disturbed: list[Disturbance]
) -> None:
    setting = data.draw(st.builds(GroupSetting, st.just(rules), **SIZES))

    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, disturbed)


STANDS_STILL_AS_IT_WAITS = st.builds(
    Disturbance, st.just("consumer-pause"), st.sampled_from([10, 100, 600]), st.sampled_from([7, 11, 19, 23, 35, 55])
)


@pytest.mark.slow
@given(
    st.builds(GroupSetting, static_too(ClassicRules(STICKY), *KAFKA_PYTHON), **SIZES),
    SEEDS,
    STANDS_STILL_AS_IT_WAITS,
    st.lists(ANY, max_size=2),
)
@UNHURRIED
def test_each_step_of_who_claims_what_it_lost_and_stands_still_as_it_waits_for_its_assignment_is_one_of_the_model(
    setting: GroupSetting, seed: int, pause: Disturbance, others: list[Disturbance]
) -> None:
    with suppress(TwoOwnersError):
        run_group_beside(setting, seed, [pause, *others])


PUT_OUT = [Disturbance("consumer-pause", 400, 5)]
PUT_OUT_AS_IT_SEES_MORE = [*PUT_OUT, Disturbance("partitions-added", 272, 0)]
LOOKS_AGAIN = [
    Disturbance("consumer-pause", 300, 0),
    Disturbance("member-joins", 22, 0),
    Disturbance("member-leaves", 152, 1),
]
CLAIMING = attrs.evolve(IN_KAFKA_PYTHON, claims_what_was_lost=True)
KEEPING = attrs.evolve(CLAIMING, keeps_owned_without_membership=True)


@pytest.mark.parametrize(
    ("running", "wrong", "disturbed", "seed"),
    [
        (GroupSetting(FORGETTING), STATIC, [Disturbance("consumer-crash", 272, 8)], 3),
        (
            GroupSetting(WITHOUT_GENERATIONS, members=1, partitions=1),
            attrs.evolve(WITHOUT_GENERATIONS, keeps_owned_without_membership=False),
            PUT_OUT_AS_IT_SEES_MORE,
            0,
        ),
        (GroupSetting(KEEPING, members=1), CLAIMING, PUT_OUT_AS_IT_SEES_MORE, 0),
        (GroupSetting(CLAIMING, members=1), IN_KAFKA_PYTHON, PUT_OUT, 0),
        (GroupSetting(SILENCED, members=1, partitions=1), JAVA, [Disturbance("coordinator-failover", 1_001, 19)], 1),
        pytest.param(GroupSetting(JAVA, partitions=3), UNACKNOWLEDGED, LOOKS_AGAIN, 6, marks=pytest.mark.slow),
    ],
    ids=["KAFKA-9801", "KAFKA-12983", "kafka-python keeps", "kafka-python claims", "KAFKA-16215", "KAFKA-16185"],
)
def test_what_they_do_otherwise_is_noticed(
    running: GroupSetting, wrong: ClassicRules | ConsumerRules, disturbed: list[Disturbance], seed: int
) -> None:
    run_group_beside(running, seed, disturbed)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_group_beside(running, seed, disturbed, model=attrs.evolve(running, rules=wrong))


def test_who_rejoins_in_the_background_waits_for_an_application_that_does_not_poll() -> None:
    """``rd_kafka_cgrp_join`` returns while ``max.poll.interval.ms`` is exceeded."""
    stage = GroupStage(GroupSetting(LIBRDKAFKA[0], members=1, rebalances="in background"), 1)
    stage.start()
    member, states, state = stage.applications[0], list[str](), ""

    for until_ms in (400, 1_900, 2_300):
        while stage.clock.now_ms < until_ms:
            state = member.client.view().member.state if member.client is not None else ""
            stage.step()
        states.append(state)
        member.stands_still_until_ms = 1_950

    assert states == ["stable", "unjoined", "stable"]


PUT_OUT_AS_IT_REJOINS = [Disturbance("partitions-added", 600, 0), Disturbance("consumer-pause", 150, 5)]


def test_who_is_put_out_as_it_is_about_to_rejoin_reads_what_another_one_reads() -> None:
    """KAFKA-12983."""
    with pytest.raises(TwoOwnersError):
        run_group_beside(GroupSetting(WITHOUT_GENERATIONS), 0, PUT_OUT_AS_IT_REJOINS)
    fixed = attrs.evolve(WITHOUT_GENERATIONS, keeps_owned_without_membership=False)
    run_group_beside(GroupSetting(fixed), 0, PUT_OUT_AS_IT_REJOINS)


SILENT = "the group coordinator moves to another broker; consumer 1 is told so and silent"


def test_who_has_fallen_silent_is_put_out_and_reads_on() -> None:
    disturbed = [Disturbance("coordinator-failover", 1_001, 19)]

    trace = run_group_beside(GroupSetting(SILENCED, members=1, partitions=1), 1, disturbed)

    assert [step.says for step in trace.steps[-2:]] == [SILENT, "the session of consumer 1 expires; epoch 2 begins"]


def test_who_leaves_unheard_under_the_consumer_protocol_is_one_that_has_died() -> None:
    disturbed = [Disturbance("consumer-pause", 692, 98), Disturbance("coordinator-failover", 976, 3)]

    trace = run_group_beside(GroupSetting(CONSUMER, members=1), 3_034_672_244, disturbed)

    assert trace.faults == ("consumer-crash",)
    assert [step.action.name for step in trace.steps[-3:]] == ["session expires", "join", "follow"]


def never(rules: GroupRules) -> bool:
    """Nobody claims what it lost."""
    del rules
    return False


def test_who_stands_still_may_hear_that_it_was_put_out_before_its_assignment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It claims then what it had before; which of it comes first shows only in that."""
    setting, disturbed = GroupSetting(ClassicRules(STICKY), members=1), [Disturbance("consumer-pause", 100, 55)]
    run_group_beside(setting, 494_189_852, disturbed)

    monkeypatch.setattr(beside, "is_remembered", never)

    with pytest.raises(NotRefinedError):
        run_group_beside(setting, 494_189_852, disturbed)


def test_each_member_of_librdkafka_joins_again_as_it_sees_more_partitions() -> None:
    """Who does not lead is told the same again, as it says nothing new (``rd_kafka_cgrp_metadata_update_check``)."""
    setting, added = GroupSetting(LIBRDKAFKA[0], rebalances="in background"), [Disturbance("partitions-added", 600, 0)]
    says = [step.says for step in run_group_beside(setting, 978, added).steps]

    sees = says.index("consumer 2 sees more partitions and will join again")
    assert says[sees + 1] == "consumer 2 gives up partition 2 and joins again; it hears of generation 2 again"
    assert isinstance(LIBRDKAFKA[0], ClassicRules)
    leader_alone = attrs.evolve(LIBRDKAFKA[0], all_watch_partitions=False)
    with pytest.raises(NotRefinedError):
        run_once(setting, 978, added, attrs.evolve(setting, rules=leader_alone))


LEAVES_UNHEARD = [Disturbance("consumer-pause", 374, 50), Disturbance("response-lost", 978, 1)]


def test_who_joins_beside_its_forgotten_id_claims_what_it_had() -> None:
    trace = run_group_beside(GroupSetting(ClassicRules(STICKY)), 1_562_005_007, LEAVES_UNHEARD)
    says = [step.says for step in trace.steps]

    left = says.index(
        "consumer 1 does not poll for too long and leaves unheard; nobody reads partition 0; it is consumer 3 now"
    )
    assert says[left + 1] == "consumer 3 joins; the group prepares to rebalance"
    assert "consumer 3 assigns: consumer 2 partition 1, consumer 3 partition 0" in says[left:]


@pytest.mark.slow
def test_that_a_cooperative_member_claims_that_is_noticed() -> None:
    setting, seed = GroupSetting(KEEPING, members=1, partitions=1), 123_207_685
    disturbed = [Disturbance("consumer-pause", 689, 20), Disturbance("response-lost", 962, 7)]
    silent = attrs.evolve(KEEPING, claims_what_was_lost=False)
    run_group_beside(setting, seed, disturbed)

    with pytest.raises(NotRefinedError):
        run_group_beside(setting, seed, disturbed, model=attrs.evolve(setting, rules=silent))


@pytest.mark.slow
def test_what_looks_alike_for_a_while_is_followed_along_more_actions_than_need_be() -> None:
    """What a member has heard may show only in what it claims two rebalances later."""
    setting, seed = GroupSetting(KEEPING, members=3, partitions=3), 1_728_045_938
    disturbed = [
        Disturbance("consumer-crash", 193, 77),
        Disturbance("consumer-pause", 705, 3),
        Disturbance("member-leaves", 1_010, 17),
    ]

    with pytest.raises(NotRefinedError):
        run_once(setting, seed, disturbed, setting)
    run_once(setting, seed, disturbed, setting, further=1)
