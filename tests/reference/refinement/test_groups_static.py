"""Static members: what becomes of who stands still or dies meanwhile."""

import attrs

from ackproof.model.groups.rules import EAGER
from ackproof.reference.refinement.groups.beside import run_group_beside
from ackproof.reference.refinement.groups.setting import GroupSetting
from ackproof.reference.refinement.produce.faults import Disturbance

STATIC = GroupSetting(attrs.evolve(EAGER, is_static=True))
STANDS_STILL = Disturbance("consumer-pause", 700, 2)
DOES_NOT_JOIN = [Disturbance("consumer-pause", 700, 98), Disturbance("member-joins", 300, 0)]


def test_who_does_not_poll_forgets_who_it_is_and_returns() -> None:
    trace = run_group_beside(STATIC, 0, [STANDS_STILL])

    assert [step.says for step in trace.steps[-3:]] == [
        "consumer 1 does not poll for too long and forgets who it is; nobody reads partition 0",
        "consumer 1 returns under its instance id; nothing else changes",
        "consumer 1 learns that it owns partition 0",
    ]


def test_who_stands_still_takes_its_instance_id_back_from_another_process() -> None:
    trace = run_group_beside(STATIC, 1, [STANDS_STILL, Disturbance("consumer-pause", 980, 0)])

    assert [step.says for step in trace.steps[-4:]] == [
        "consumer 1 does not poll for too long and forgets who it is; nobody reads partition 0; "
        "it takes its instance id back from consumer 3",
        "consumer 1 returns under its instance id; nothing else changes",
        "consumer 1 learns that it owns partition 0",
        "consumer 3 hears that another process has its instance id, and ends",
    ]


IN_VAIN = "the coordinator has waited in vain for a SyncGroup of a former process; the group prepares to rebalance"


def test_who_dies_before_its_sync_group_and_is_back_at_once_has_all_join_again_in_the_end() -> None:
    """``ClassicGroup.replaceStaticMember`` leaves its former id in ``pendingSyncMembers``."""
    trace = run_group_beside(STATIC, 15, [Disturbance("consumer-crash", 300, 15)])
    says = [step.says for step in trace.steps]

    assert says.index("consumer 2 returns under its instance id; nothing else changes") < says.index(IN_VAIN)
    assert says[-1] == "consumer 2 learns that it owns partition 1"


def test_a_generation_begins_without_who_does_not_join_and_gives_it_partitions_all_the_same() -> None:
    """``GroupMetadataManager.completeClassicGroupJoin`` removes dynamic members alone."""
    trace = run_group_beside(STATIC, 0, DOES_NOT_JOIN)
    says = [step.says for step in trace.steps]

    begins = says.index("generation 2 begins; consumer 2 leads it")
    assert says[begins - 1] == "consumer 1 does not poll for too long and forgets who it is; nobody reads partition 0"
    assert says[begins + 1] == "consumer 2 assigns: consumer 1 partition 0, consumer 2 partition 1, consumer 3 nothing"
