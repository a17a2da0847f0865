"""Known bugs of group coordinators."""

from collections.abc import Mapping

from kio.schema.errors import ErrorCode

from ackproof.model.system import System
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
from tests.reference.groups.offset_scene import NOTHING, commit, committed
from tests.reference.groups.scene import Scene
from tests.reference.known_bugs_rules import Scenario, coordinator

MINUTE_MS = 60_000
HALF_AN_HOUR_MS = 30 * MINUTE_MS


def grouped(system: System, *, join_delay_ms: int = 100, look_ms: int = 10 * MINUTE_MS) -> Scene:
    """A coordinator with these rules, which assigns at once and keeps offsets for a day."""
    return Scene(
        rules=coordinator(system),
        group_consumer_assignment_interval_ms="0",
        group_initial_rebalance_delay_ms=str(join_delay_ms),
        offsets_retention_check_interval_ms=str(look_ms),
        offsets_retention_minutes="1440",
    )


def stays(scene: Scene, member: str, days: int) -> None:
    """A member of generation 1 goes on sending heartbeats."""
    for _ in range(3 * 24 * days):
        scene.wait(20 * MINUTE_MS)
        heartbeat(scene, member, 1)


def kafka_5600(system: System) -> bool:
    """The coordinator moves, and the group goes back to its first commit."""
    scene = grouped(system)
    commit(scene, 5)
    commit(scene, 6)
    scene.fail_over()
    return committed(scene) == 5


def kafka_8069(system: System) -> bool:
    """The coordinator moves, nobody is in the group for a moment, and its commit is gone."""
    scene = grouped(system)
    commit(scene, 5)
    scene.fail_over()
    scene.wait(10 * MINUTE_MS)
    return committed(scene) == NOTHING


def kafka_13636(system: System) -> bool:
    """A group stops and starts again within minutes, and a commit of yesterday is gone."""
    scene = grouped(system, join_delay_ms=4 * MINUTE_MS, look_ms=MINUTE_MS)
    (member,) = stable_group(scene, 1, session_ms=HALF_AN_HOUR_MS)
    commit(scene, 5, member=member, generation=1)
    stays(scene, member, days=1)
    leave(scene, (member, None))
    scene.wait(2 * MINUTE_MS)
    begin_first_join(scene)
    scene.wait(2 * MINUTE_MS)
    return committed(scene) == NOTHING


def kafka_4682(system: System) -> bool:
    """A member is in the group all the time, and its commit of yesterday is gone."""
    scene = grouped(system)
    (member,) = stable_group(scene, 1, session_ms=HALF_AN_HOUR_MS)
    commit(scene, 5, member=member, generation=1)
    stays(scene, member, days=2)
    return committed(scene) == NOTHING


def kafka_10284(system: System) -> bool:
    """A static member is restarted, the coordinator moves, and the commit of the member is fenced."""
    scene = grouped(system)
    stable_group(scene, instances=["one", "two"])
    member = begin_join(scene, instance="two").result().member_id
    scene.fail_over()
    return commit(scene, 5, member=member, generation=1, instance="two") is ErrorCode.fenced_instance_id


def kafka_20066(system: System) -> bool:
    """A member has a new epoch that it has not heard of; its commit for what it keeps is refused."""
    scene = grouped(system)
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    beat(scene, "one", 2, owned={"t": [0, 1]})
    return commit(scene, 5, member="one", generation=2) is ErrorCode.stale_member_epoch


def kafka_9801(system: System) -> bool:
    """A static member restarts while the leader assigns, and is told to own nothing."""
    scene = grouped(system)
    leader, former = (joined.member_id for joined in joined_group(scene, instances=["one", "two"]))
    returned = begin_join(scene, instance="two")
    begin_sync(scene, leader, 1, {leader: b"first", former: b"second"}, instance="one")
    if not returned.is_done:
        return False
    told = begin_sync(scene, returned.result().member_id, 1, instance="two").result()
    return (told.error_code, told.assignment) == (ErrorCode.none, b"")


def kafka_13435(system: System) -> bool:
    """A static leader that returns is told that somebody else leads, who is nobody any more."""
    scene = grouped(system)
    former, _ = stable_group(scene, instances=["one", "two"])
    joined = begin_join(scene, instance="one").result()
    assert joined.member_id != former
    return joined.leader == former


def kafka_16147(system: System) -> bool:
    """A member gets back what it has not revoked yet, and the next one to join gets it as well."""
    scene = grouped(system)
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    leave_consumer_group(scene, "two")
    beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})
    return bool(assigned(join(scene, "three")))


def kafka_16249(system: System) -> bool:
    """A member has revoked a partition and says so once, as the target is a new one: nobody ever gets it."""
    scene = grouped(system)
    scene.topics.counts["t"] = 2
    first = join(scene, "one").member_epoch
    second = join(scene, "two").member_epoch
    told = beat(scene, "one", first, owned={"t": [0, 1]})
    kept = assigned(told) or {}
    assert len(kept["t"]) == 1
    scene.topics.counts["t"] = 3
    owned = {"one": kept, "two": {}}
    epochs = {"one": told.member_epoch, "two": second}
    for turn in range(8):
        for member in ("two", "one"):
            is_news = turn == 0 and member == "one"
            told = beat(scene, member, epochs[member], owned=kept if is_news else None)
            epochs[member], owned[member] = told.member_epoch, assigned(told) or owned[member]
        scene.wait(5_000)
    return {number for of in owned.values() for numbers in of.values() for number in numbers} != {0, 1, 2}


SCENARIOS: Mapping[str, Scenario] = {
    "KAFKA-20066": kafka_20066,
    "KAFKA-5600": kafka_5600,
    "KAFKA-8069": kafka_8069,
    "KAFKA-13636": kafka_13636,
    "KAFKA-4682": kafka_4682,
    "KAFKA-10284": kafka_10284,
    "KAFKA-9801": kafka_9801,
    "KAFKA-13435": kafka_13435,
    "KAFKA-16147": kafka_16147,
    "KAFKA-16249": kafka_16249,
}
