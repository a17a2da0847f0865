"""Which requests about groups are drawn."""

from hypothesis import strategies as st

from tests.conformance.grouping import (
    CLASSIC,
    MODERN,
    ConsumerGroupHeartbeat,
    Heartbeat,
    JoinGroup,
    LeaveGroup,
    OffsetCommit,
    OffsetFetch,
    SyncGroup,
)
from tests.conformance.story import NO_GROUP
from tests.conformance.transacting import METADATA

SLOTS = st.sampled_from([1, 1, 2, 3])
GROUPS = st.sampled_from([*[CLASSIC] * 10, MODERN, MODERN, NO_GROUP])
NEAR = st.sampled_from([0, 0, 0, 0, -1, 1])
STRANGERS = st.sampled_from([False, False, False, False, False, True])
INSTANCES = st.sampled_from(["", "", "", "", "one", "two"])
MATCHES = "[01]"
"""The one expression that can be read, as new ones are resolved only every ten seconds."""
TOPICS = st.sampled_from([0, 0, 0, 1, 3])
PARTITIONS = st.sampled_from([0, 0, 1, 2])

join = st.builds(
    JoinGroup,
    version=st.integers(4, 9),
    slot=SLOTS,
    group=GROUPS,
    instance=INSTANCES,
    is_stranger=STRANGERS,
    protocols=st.sampled_from([("range",), ("range",), ("range", "sticky"), ("sticky", "range"), ("own",), ()]),
    protocol_type=st.sampled_from(["consumer", "consumer", "consumer", "connect", ""]),
    session_timeout_ms=st.sampled_from([300_000, 300_000, 300_000, 999, 1_800_001]),
)
alone = st.builds(JoinGroup, version=st.integers(0, 3), slot=st.just(1), group=st.just(CLASSIC))
ordinary_join = st.builds(JoinGroup, version=st.integers(4, 9), slot=SLOTS, group=st.just(CLASSIC))
sync = st.builds(
    SyncGroup,
    version=st.integers(0, 5),
    slot=SLOTS,
    group=GROUPS,
    instance=INSTANCES,
    is_stranger=STRANGERS,
    epoch_offset=NEAR,
    assigns=st.sampled_from([(), (1,), (1, 2), (1, 2, 3), (2, 3)]),
    protocol=st.sampled_from(["range", "range", "sticky"]),
    protocol_type=st.sampled_from(["consumer", "consumer", "consumer", "connect"]),
)
heartbeat = st.builds(
    Heartbeat,
    version=st.integers(0, 4),
    slot=SLOTS,
    group=GROUPS,
    instance=INSTANCES,
    is_stranger=STRANGERS,
    epoch_offset=NEAR,
)
leave = st.builds(
    LeaveGroup,
    version=st.integers(0, 5),
    slot=SLOTS,
    group=GROUPS,
    instance=INSTANCES,
    is_stranger=STRANGERS,
    others=st.sampled_from([(), (), (), (1,), (2,), (2, 3), (2, 2)]),
)
commit = st.builds(
    OffsetCommit,
    version=st.integers(2, 9),
    slot=SLOTS,
    group=st.sampled_from([CLASSIC, CLASSIC, MODERN]),
    instance=INSTANCES,
    is_stranger=STRANGERS,
    epoch_offset=NEAR,
    topic=TOPICS,
    partition=PARTITIONS,
    offset=st.integers(-1, 5),
    is_simple=st.booleans(),
    leader_epoch=st.sampled_from([-1, 0, 7]),
    metadata=METADATA,
)
fetch = st.builds(
    OffsetFetch,
    version=st.integers(1, 9),
    slot=SLOTS,
    group=st.sampled_from([CLASSIC, CLASSIC, MODERN]),
    is_stranger=STRANGERS,
    epoch_offset=NEAR,
    topic=st.sampled_from([0, 0, None, 1, 3]),
    requires_stable=st.booleans(),
    says_member=st.booleans(),
    has_both=st.sampled_from([False, False, True]),
)
modern = st.builds(
    ConsumerGroupHeartbeat,
    version=st.sampled_from([1, 1, 1, 0]),
    slot=SLOTS,
    group=st.sampled_from([*[MODERN] * 8, CLASSIC, CLASSIC, NO_GROUP]),
    instance=INSTANCES,
    is_stranger=STRANGERS,
    epoch=st.sampled_from([None, None, None, 0, -1, -2, -3, 9]),
    epoch_offset=NEAR,
    topics=st.sampled_from([None, None, (0,), (0, 1), (3,), ()]),
    owned=st.sampled_from([None, None, (), (0,), (0, 1)]),
    assignor=st.sampled_from([None, None, None, "range", "uniform", "own"]),
    regex=st.sampled_from([None, None, None, MATCHES, MATCHES, "", "("]),
    rack=st.sampled_from([None, None, None, "r", " "]),
    rebalance_timeout_ms=st.sampled_from([-1, 300_000, 300_000]),
)
ordinary_modern = st.builds(
    ConsumerGroupHeartbeat,
    version=st.just(1),
    slot=SLOTS,
    group=st.just(MODERN),
    epoch=st.just(0),
    topics=st.just((0,)),
    owned=st.just(()),
    rebalance_timeout_ms=st.just(300_000),
)
by_regex = st.builds(
    ConsumerGroupHeartbeat,
    version=st.just(1),
    slot=SLOTS,
    group=st.just(MODERN),
    epoch=st.sampled_from([0, None]),
    regex=st.just(MATCHES),
    topics=st.sampled_from([None, (), (1,)]),
    owned=st.just(()),
    rebalance_timeout_ms=st.just(300_000),
)
following_modern = st.builds(
    ConsumerGroupHeartbeat,
    version=st.just(1),
    slot=SLOTS,
    group=st.just(MODERN),
    owned=st.sampled_from([None, (), (0,), (1,), (0, 1)]),
)

OFFSETS = st.one_of(commit, commit, fetch)
CLASSIC_STEPS = st.one_of(join, alone, ordinary_join, ordinary_join, sync, sync, heartbeat, leave, OFFSETS)
MODERN_STEPS = st.one_of(modern, ordinary_modern, by_regex, following_modern, following_modern, OFFSETS)
STEPS = st.one_of(CLASSIC_STEPS, CLASSIC_STEPS, MODERN_STEPS)
