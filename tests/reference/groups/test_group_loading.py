"""Another coordinator takes over: it finds what was written, and sessions begin anew."""

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.subscription import Subscription, written_subscription
from ackproof.reference.records.batch import Batch, Record, new_batch
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
from tests.reference.groups.consumer_scene import described as described_consumer_group
from tests.reference.groups.consumer_scene import leave as leave_consumer_group
from tests.reference.groups.describe_scene import described, listed
from tests.reference.groups.offset_scene import commit, commit_with, committed, fetch_error
from tests.reference.groups.scene import ListLog, Scene

UNREADABLE = written_subscription(Subscription(("t",)))[:2] + b"\x7f\xff\xff\xff"


def test_a_stable_classic_group_is_the_same() -> None:
    scene = Scene()
    leader, follower = stable_group(scene, instances=["one", None])
    before = described(scene)

    scene.fail_over()

    assert described(scene) == before
    assert heartbeat(scene, leader, 1, instance="one") == ErrorCode.none
    assert begin_sync(scene, follower, 1).result().assignment == b"share 1"


def test_members_that_joined_but_were_not_assigned_are_unknown() -> None:
    scene = Scene()
    leader, _ = (joined.member_id for joined in joined_group(scene))

    scene.fail_over()

    assert described(scene).group_state == "Empty"
    assert heartbeat(scene, leader, 1) == ErrorCode.unknown_member_id


def test_a_rebalance_that_was_not_finished_is_forgotten() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)
    newcomer = begin_first_join(scene)

    scene.fail_over()

    assert newcomer.result().error_code == ErrorCode.not_coordinator
    assert [heartbeat(scene, member, 1) for member in (leader, follower)] == [ErrorCode.none] * 2


def test_a_replaced_static_member_stays_replaced() -> None:
    scene = Scene()
    _, former = stable_group(scene, instances=["one", "two"])
    member = begin_join(scene, instance="two").result().member_id

    scene.fail_over()

    assert heartbeat(scene, member, 1, instance="two") == ErrorCode.none
    assert heartbeat(scene, former, 1, instance="two") == ErrorCode.fenced_instance_id


def test_an_empty_group_stays_at_its_generation() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1)
    leave(scene, (member, None))
    scene.wait(0)
    scene.fail_over()

    joined = begin_first_join(scene)
    scene.wait(100)

    assert joined.result().generation_id == 3


def test_sessions_begin_anew() -> None:
    scene = Scene(group_consumer_session_timeout_ms="10000")
    leader, _ = stable_group(scene, session_ms=10_000)
    join(scene, "one", group="other")
    scene.wait(9_000)

    scene.fail_over()
    scene.wait(9_000)

    assert heartbeat(scene, leader, 1) == ErrorCode.none
    assert beat(scene, "one", 2, group="other").error_code == ErrorCode.none


def test_members_that_do_not_come_to_the_new_coordinator_expire() -> None:
    scene = Scene(group_consumer_session_timeout_ms="10000")
    stable_group(scene, session_ms=10_000)
    join(scene, "one", group="other")
    scene.fail_over()

    scene.wait(10_000)

    assert described(scene).group_state == "Empty"
    assert described_consumer_group(scene, "other").group_state == "Empty"


def test_offsets_are_the_same() -> None:
    scene = Scene()
    commit(scene, 5)
    commit_with(scene, 6, "why")
    commit(scene, 7, partition=1, group="other")

    scene.fail_over()

    assert (committed(scene), committed(scene, partition=1, group="other")) == (6, 7)
    assert {group.group_id for group in listed(scene).groups} == {"g", "other"}


def test_a_consumer_group_is_the_same_in_the_middle_of_a_reconciliation() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one")
    join(scene, "two", instance="i", assignor="range")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    before = described_consumer_group(scene)

    scene.fail_over()
    after = described_consumer_group(scene)
    done = beat(scene, "one", 2, owned={"t": [2, 3]})
    given = beat(scene, "two", 3, instance="i", owned={})

    assert after == before
    assert (done.member_epoch, assigned(given)) == (3, {"t": [0, 1]})


def test_a_member_that_has_to_revoke_has_its_rebalance_timeout_anew() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one", rebalance_ms=20_000)
    join(scene, "two", rebalance_ms=20_000)
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    scene.wait(19_000)
    scene.fail_over()
    scene.wait(19_999)
    before = len(described_consumer_group(scene).members)
    scene.wait(1)

    assert (before, len(described_consumer_group(scene).members)) == (2, 1)


def test_a_static_member_that_will_be_back_is_waited_for() -> None:
    scene = Scene()
    join(scene, "one", instance="i")
    leave_consumer_group(scene, "one", epoch=-2, instance="i")
    scene.fail_over()

    back = join(scene, "two", instance="i")

    assert (back.member_epoch, assigned(back)) == (2, {"t": [0, 1, 2, 3]})


def test_a_consumer_group_that_everybody_left_stays_at_its_epoch() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one")
    leave_consumer_group(scene, "one")
    scene.fail_over()

    assert described_consumer_group(scene).group_state == "Empty"
    assert join(scene, "one").member_epoch == 4


def test_records_of_other_types_are_passed_over() -> None:
    scene = Scene()
    commit(scene, 5)
    scene.log.append(new_batch([Record(b"\0\0value", b"\0\x0ekey")]))

    scene.fail_over()

    assert committed(scene) == 5


def test_a_value_of_an_unknown_version_keeps_a_partition_from_loading() -> None:
    scene = Scene()
    commit(scene, 5)
    scene.log.append(new_batch([Record(b"\0\x63value", _key_of(scene.log))]))

    scene.fail_over()

    assert fetch_error(scene) == ErrorCode.not_coordinator


def _key_of(log: ListLog) -> bytes:
    """The key of the first record."""
    first: Batch = next(log.batches())
    key = first.records[0].key
    assert key is not None
    return key


# A subscription that cannot be read.


def test_a_new_member_with_an_unreadable_subscription_is_never_answered() -> None:
    scene = Scene()

    join_answer = begin_first_join(scene, protocols=(("range", UNREADABLE),))
    scene.wait(200)

    assert not join_answer.is_done


def test_a_static_member_that_returns_with_an_unreadable_subscription_keeps_the_partition_from_loading() -> None:
    scene = Scene()
    stable_group(scene, instances=["one", "two"])
    commit(scene, 5, group="other")
    begin_join(scene, instance="two", protocols=(("range", UNREADABLE),))

    scene.fail_over()

    assert fetch_error(scene, group="other") == ErrorCode.not_coordinator


def test_a_subscription_that_ends_within_a_number_is_no_hindrance() -> None:
    scene = Scene()

    stable_group(scene, protocols=(("range", b"\0"),))
    scene.fail_over()

    assert described(scene).group_state == "Stable"


def test_a_group_that_is_too_large_now_rebalances() -> None:
    scene = Scene()
    stable_group(scene, 3)
    scene.settings = attrs.evolve(scene.settings, group_max_size=2)

    scene.fail_over()

    assert described(scene).group_state == "PreparingRebalance"


def test_an_empty_consumer_group_that_was_forgotten_is_there_again() -> None:
    scene = Scene()
    join(scene, "one")
    leave_consumer_group(scene, "one")
    begin_join(scene, "somebody")
    commit(scene, 5, group="other")
    before = described_consumer_group(scene).error_code

    scene.fail_over()

    assert before == ErrorCode.group_id_not_found
    assert described_consumer_group(scene).group_state == "Empty"
