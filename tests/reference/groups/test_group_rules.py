"""Known bugs of group coordinators, switched on by the model's values."""

from collections.abc import Mapping

import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.rebalancing import RECONCILING_WITH_EXACT_EPOCHS
from ackproof.model.groups.assignors import ServerAssign, ranges_kept, uniform_in_order
from ackproof.model.groups.epochs import moved_one_by_one
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import ClassicRules, ConsumerRules, Returning
from ackproof.reference.groups.rules import NEWEST, CoordinatorRules
from tests.reference.groups.classic_scene import (
    begin_first_join,
    begin_join,
    begin_sync,
    heartbeat,
    joined_group,
    leave,
    stable_group,
)
from tests.reference.groups.consumer_scene import assigned, beat, join
from tests.reference.groups.consumer_scene import leave as leave_consumer_group
from tests.reference.groups.offset_scene import NOTHING, commit, committed, txn_commit
from tests.reference.groups.scene import DAY_MS, Scene

ALL = {"t": [0, 1, 2, 3]}
AT_ONCE = "0"
MINUTE_MS = 60_000

FORGETS_REPLACED = CoordinatorRules(classic=ClassicRules(forgets_replaced_members=True))
WAITS_FOR_EVER = CoordinatorRules(classic=ClassicRules(expires_awaited_syncs=False))
BESIDE_PENDING = CoordinatorRules(expires_beside_pending=True)
FOLLOWS = CoordinatorRules(classic=ClassicRules(returning_leader_follows=True))
OF_3_7 = CoordinatorRules(consumer=ConsumerRules(partition_epochs=moved_one_by_one, reconcile=at_each_target))
OF_3_8 = CoordinatorRules(consumer=ConsumerRules(reconcile=once_released))
FENCES_AGAIN = CoordinatorRules(consumer=ConsumerRules(takes_back_at_once=False))
EXACT_EPOCHS = CoordinatorRules(rebalancing=RECONCILING_WITH_EXACT_EPOCHS)


def kept_with(keeping: Keeping) -> CoordinatorRules:
    """A coordinator that keeps commits like this."""
    return CoordinatorRules(keeping=keeping)


@pytest.mark.parametrize(("rules", "assignment"), [(NEWEST, None), (FORGETS_REPLACED, b"")])
def test_a_static_member_that_returns_before_the_assignment_may_have_none(
    rules: CoordinatorRules, assignment: bytes | None
) -> None:
    scene = Scene(rules=rules)
    leader, former = (joined.member_id for joined in joined_group(scene, instances=["one", "two"]))
    returned = begin_join(scene, instance="two")
    leading = begin_sync(scene, leader, 1, {leader: b"first", former: b"second"}, instance="one")

    if assignment is None:
        assert not returned.is_done
        assert leading.result().error_code == ErrorCode.rebalance_in_progress
    else:
        sync = begin_sync(scene, returned.result().member_id, 1, instance="two")
        assert (sync.result().error_code, sync.result().assignment) == (ErrorCode.none, assignment)


@pytest.mark.parametrize(
    ("rules", "error"), [(NEWEST, ErrorCode.rebalance_in_progress), (WAITS_FOR_EVER, ErrorCode.none)]
)
def test_a_member_that_never_syncs_may_be_waited_for_in_vain(rules: CoordinatorRules, error: ErrorCode) -> None:
    """KAFKA-12890."""
    scene = Scene(rules=rules)
    leader, _ = (joined.member_id for joined in joined_group(scene, rebalance_ms=8_000, session_ms=20_000))
    begin_sync(scene, leader, 1, {})

    scene.wait(8_000)

    assert heartbeat(scene, leader, 1) == error


@pytest.mark.parametrize(("rules", "kept"), [(NEWEST, 5), (BESIDE_PENDING, NOTHING)])
def test_an_offset_may_expire_although_a_transaction_is_about_to_change_it(rules: CoordinatorRules, kept: int) -> None:
    scene = Scene(rules=rules)
    commit(scene, 5)
    txn_commit(scene, 7)

    scene.wait(8 * DAY_MS)

    assert committed(scene) == kept
    scene.end_transaction(7, is_commit=True)
    assert committed(scene) == 7


@pytest.mark.parametrize(("rules", "leads"), [(NEWEST, True), (FOLLOWS, False)])
def test_a_returning_leader_may_be_told_that_its_former_self_leads(rules: CoordinatorRules, leads: bool) -> None:
    scene = Scene(rules=rules)
    former, _ = stable_group(scene, instances=["one", "two"])

    joined = begin_join(scene, instance="one").result()

    assert joined.skip_assignment == leads
    assert joined.leader == (joined.member_id if leads else former)


@pytest.mark.parametrize(("rules", "code"), [(NEWEST, ErrorCode.none), (FENCES_AGAIN, ErrorCode.fenced_member_epoch)])
def test_who_is_fenced_may_be_fenced_again_as_it_joins(rules: CoordinatorRules, code: ErrorCode) -> None:
    """KAFKA-19233: but for who was new an epoch ago, and may have missed that it is a member."""
    scene = Scene(rules=rules, group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one")
    once_more = join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    beat(scene, "one", 2, owned={"t": [0, 1]})

    response = join(scene, "one")

    assert (once_more.error_code, once_more.member_epoch) == (ErrorCode.none, 2)
    assert (response.error_code, response.member_epoch) == (code, 0 if code else 3)


def returning(rule: Returning, assign: ServerAssign = uniform_in_order) -> CoordinatorRules:
    """A coordinator to which static members return like this."""
    return CoordinatorRules(consumer=ConsumerRules(assign=assign, reconcile=once_released, returning=rule))


@pytest.mark.parametrize(
    ("rules", "member", "told"),
    [
        (NEWEST, "one", {"t": [0, 1]}),
        (returning("left out"), "one", {}),
        (returning("left out"), "three", {"t": [0, 1]}),
        (returning("assigned anew"), "one", None),
        (returning("assigned anew"), "three", {"t": [0, 1]}),
    ],
)
def test_a_static_member_that_returns_under_its_member_id_may_be_left_out_or_refused(
    rules: CoordinatorRules, member: str, told: Mapping[str, list[int]] | None
) -> None:
    """``GroupMetadataManager.updateTargetAssignment`` of 3.8 and ``consumerGroupHeartbeat`` of 3.7."""
    scene = Scene(rules=rules, group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one", instance="i")
    join(scene, "two", instance="j")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]}, instance="i")
    beat(scene, "one", 2, owned={"t": [0, 1]}, instance="i")
    leave_consumer_group(scene, "one", epoch=-2, instance="i")

    response = join(scene, member, instance="i")

    assert assigned(response) == told
    assert response.error_code == (ErrorCode.unknown_server_error if told is None else ErrorCode.none)


def test_ranges_of_older_brokers_can_not_leave_out_the_only_member() -> None:
    """``RangeAssignor.membersPerTopic`` of 3.8 asks for the first member."""
    scene = Scene(rules=returning("left out", ranges_kept), group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one", instance="i", assignor="range")
    leave_consumer_group(scene, "one", epoch=-2, instance="i")

    assert join(scene, "one", instance="i", assignor="range").error_code == ErrorCode.unknown_server_error


@pytest.mark.parametrize(("rules", "is_double"), [(NEWEST, False), (OF_3_7, True)])
def test_what_a_member_gets_back_before_it_revoked_it_may_get_two_owners(
    rules: CoordinatorRules, is_double: bool
) -> None:
    scene = Scene(rules=rules, group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    leave_consumer_group(scene, "two")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})

    third = join(scene, "three")

    assert assigned(third) == ({"t": [2, 3]} if is_double else {})


@pytest.mark.parametrize(("rules", "at_once"), [(NEWEST, ALL), (OF_3_8, None)])
def test_what_a_member_has_revoked_itself_may_be_free_for_it_a_heartbeat_later(
    rules: CoordinatorRules, at_once: Mapping[str, list[int]] | None
) -> None:
    scene = Scene(rules=rules, group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned=ALL)
    leave_consumer_group(scene, "two")

    first = beat(scene, "one", 2, owned={"t": [0, 1]})
    second = beat(scene, "one", 4)

    assert (first.member_epoch, assigned(first)) == (4, at_once)
    assert assigned(second) == (None if at_once else ALL)


@pytest.mark.parametrize(("rules", "code"), [(NEWEST, ErrorCode.none), (EXACT_EPOCHS, ErrorCode.stale_member_epoch)])
def test_an_older_epoch_may_be_stale_for_what_has_been_the_members_all_the_time(
    rules: CoordinatorRules, code: ErrorCode
) -> None:
    scene = Scene(rules=rules, group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    beat(scene, "one", 2, owned={"t": [0, 1]})

    assert commit(scene, 5, member="one", generation=2) == code


@pytest.mark.parametrize(("keeping", "offset"), [(Keeping(), 5), (Keeping(expires_in_use=True), NOTHING)])
def test_offsets_may_expire_while_the_group_reads(keeping: Keeping, offset: int) -> None:
    scene = Scene(rules=kept_with(keeping), offsets_retention_minutes="1440")
    (member,) = stable_group(scene, 1, session_ms=1_800_000)
    commit(scene, 5, member=member, generation=1)

    for _ in range(3 * 25):
        scene.wait(20 * MINUTE_MS)
        heartbeat(scene, member, 1)

    assert committed(scene) == offset


@pytest.mark.parametrize(("keeping", "offset"), [(Keeping(), 5), (Keeping(expires_on_return=True), NOTHING)])
def test_offsets_may_expire_while_a_group_assembles(keeping: Keeping, offset: int) -> None:
    scene = Scene(
        rules=kept_with(keeping),
        offsets_retention_minutes="1440",
        offsets_retention_check_interval_ms=str(MINUTE_MS),
        group_initial_rebalance_delay_ms=str(4 * MINUTE_MS),
    )
    (member,) = stable_group(scene, 1, session_ms=1_800_000)
    commit(scene, 5, member=member, generation=1)
    for _ in range(3 * 24):
        scene.wait(20 * MINUTE_MS)
        heartbeat(scene, member, 1)
    leave(scene, (member, None))
    scene.wait(2 * MINUTE_MS)

    begin_first_join(scene)
    scene.wait(2 * MINUTE_MS)

    assert committed(scene) == offset


@pytest.mark.parametrize(("keeping", "offset"), [(Keeping(), 5), (Keeping(loads_expired=True), NOTHING)])
def test_what_is_loaded_may_be_expired(keeping: Keeping, offset: int) -> None:
    scene = Scene(rules=kept_with(keeping))
    commit(scene, 5)

    scene.fail_over()
    scene.wait(10 * MINUTE_MS)

    assert committed(scene) == offset


@pytest.mark.parametrize(("keeping", "offset"), [(Keeping(), 6), (Keeping(loads_older=True), 5)])
def test_an_older_commit_may_be_loaded(keeping: Keeping, offset: int) -> None:
    scene = Scene(rules=kept_with(keeping))
    commit(scene, 5)
    commit(scene, 6)

    scene.fail_over()

    assert committed(scene) == offset


@pytest.mark.parametrize(
    ("keeping", "code"),
    [(Keeping(), ErrorCode.none), (Keeping(forgets_replacements=True), ErrorCode.fenced_instance_id)],
)
def test_a_replaced_static_member_may_be_loaded_as_it_was(keeping: Keeping, code: ErrorCode) -> None:
    scene = Scene(rules=kept_with(keeping))
    stable_group(scene, instances=["one", "two"])
    member = begin_join(scene, instance="two").result().member_id

    scene.fail_over()

    assert heartbeat(scene, member, 1, instance="two") == code
