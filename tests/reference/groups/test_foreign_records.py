"""What another coordinator does with records that this one has not written: it loads them, or refuses to."""

from random import Random

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from ackproof.reference.records.batch import Record, new_batch
from tests.reference.groups.classic_scene import stable_group
from tests.reference.groups.consumer_scene import described as described_consumer_group
from tests.reference.groups.consumer_scene import join
from tests.reference.groups.describe_scene import described, listed
from tests.reference.groups.offset_scene import commit, fetch_error
from tests.reference.groups.scene import Scene
from tests.reference.protocol.spoiling import spoilt

CURRENT = b"\0\0\0\0\0\2\0\0\0\2\0\2" + bytes(16) + b"\2\0\0\0\0\0\1\0"
"""A member has partition 0 of a topic without an id."""


def test_what_is_no_record_at_all_keeps_a_partition_from_loading_until_another_broker_leads_it() -> None:
    """Source: ``CoordinatorLoaderImpl.doLoad``, ``CoordinatorRuntime.CoordinatorState.FAILED``."""
    scene = Scene()
    commit(scene, 5)
    scene.log.append(new_batch([Record(b"\0\3xx", b"\0\1\0\5ab")]))

    scene.fail_over()
    scene.wait(60_000)

    assert fetch_error(scene) == ErrorCode.not_coordinator
    assert listed(scene).groups == ()


def test_a_group_whose_leader_is_no_member_does_not_come_to_its_next_generation() -> None:
    """Source: ``ClassicGroup.maybeElectNewJoinedLeader``, which throws an exception there."""
    scene = Scene()
    stable_group(scene, session_ms=10_000)
    record = next(record for record in _written(scene) if b"range" in (record.value or b""))
    value = (record.value or b"").replace(b"-", b"+", 1)
    scene.log.append(new_batch([attrs.evolve(record, value=value)]))

    scene.fail_over()
    scene.wait(20_000)

    assert described(scene).group_state == "PreparingRebalance"


@settings(max_examples=50)
@given(st.integers(0, 2**32))
def test_whatever_the_records_are_a_partition_is_loaded_or_is_not(seed: int) -> None:
    random, scene = Random(seed), Scene()
    stable_group(scene, instances=["one", None], group="classic")
    join(scene, "one", group="consumer")
    commit(scene, 5)
    record = random.choice(_written(scene))
    value = record.value or b""
    scene.log.append(new_batch([attrs.evolve(record, value=value[:2] + spoilt(value[2:], random))]))

    scene.fail_over()
    scene.wait(700_000)

    assert fetch_error(scene) in (ErrorCode.none, ErrorCode.not_coordinator)


def test_a_topic_without_an_id_is_a_topic_that_is_not_there() -> None:
    scene = Scene()
    join(scene, "one")
    scene.log.append(new_batch([Record(CURRENT, b"\0\x08\0\1g\0\3one")]))

    scene.fail_over()

    assert described_consumer_group(scene).error_code == ErrorCode.none


def _written(scene: Scene) -> list[Record]:
    return [record for batch in scene.log.batches() for record in batch.records if record.value]
