"""Sequences of requests: how they begin, so that there is something to go wrong, and how they go on."""

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.conformance import describing, fetch_sessions, fetching, group_steps, producing, transacting
from tests.conformance.grouping import MODERN, TIMEOUT_MS, ConsumerGroupHeartbeat, JoinGroup, SyncGroup
from tests.conformance.story import Step
from tests.conformance.transacting import InitProducerId

Steps = st.SearchStrategy[Sequence[Step]]

PRODUCERS: tuple[Step, ...] = (
    InitProducerId(version=5, who="t0", named="t0"),
    InitProducerId(version=3, who="i", named="i"),
    InitProducerId(version=4, who="t1", named="t1"),
)
JOINING: tuple[Step, ...] = (
    JoinGroup(version=5, slot=1),
    JoinGroup(version=9, slot=1, protocols=("range", "sticky")),
    SyncGroup(version=5, slot=1, assigns=(1,)),
)
JOINING_TOGETHER: tuple[Step, ...] = (
    *JOINING,
    JoinGroup(version=9, slot=2),
    JoinGroup(version=9, slot=2),
    JoinGroup(version=7, slot=1),
    SyncGroup(version=5, slot=1, assigns=(1, 2)),
    SyncGroup(version=3, slot=2),
)
JOINING_AS_STATIC: tuple[Step, ...] = (
    JoinGroup(version=9, slot=1, instance="one"),
    SyncGroup(version=5, slot=1, instance="one", assigns=(1,)),
)
SUBSCRIBING: tuple[Step, ...] = (
    ConsumerGroupHeartbeat(
        version=1, slot=1, group=MODERN, epoch=0, topics=(0,), owned=(), rebalance_timeout_ms=TIMEOUT_MS
    ),
    ConsumerGroupHeartbeat(version=1, slot=1, group=MODERN, owned=(0, 1)),
)
WRITING: st.SearchStrategy[Step] = st.one_of(
    producing.STEPS,
    transacting.STEPS,
    transacting.STEPS,
    fetching.STEPS,
    fetch_sessions.STEPS,
    describing.LOG_STEPS,
    transacting.ordinary,
)


def following(beginnings: Sequence[tuple[Step, ...]], steps: st.SearchStrategy[Step]) -> Steps:
    """Sequences that begin in one of some ways."""

    def joined(first: tuple[Step, ...], rest: list[Step]) -> Sequence[Step]:
        return [*first, *rest]

    return st.builds(joined, st.sampled_from(beginnings), st.lists(steps, min_size=15, max_size=60))


ANYTHING = following(
    [(), PRODUCERS, (*PRODUCERS, *JOINING), (*JOINING, *SUBSCRIBING)],
    st.one_of(producing.STEPS, transacting.STEPS, fetching.STEPS, group_steps.STEPS),
)
WRITERS = following([PRODUCERS, PRODUCERS, (*PRODUCERS, *JOINING)], WRITING)
CLASSIC = st.one_of(group_steps.CLASSIC_STEPS, group_steps.CLASSIC_STEPS, describing.GROUP_STEPS)
CLASSIC_GROUPS = following([JOINING, JOINING_TOGETHER, JOINING_AS_STATIC, ()], CLASSIC)
SUBSCRIBED = st.one_of(group_steps.MODERN_STEPS, group_steps.MODERN_STEPS, describing.GROUP_STEPS)
MODERN_GROUPS = following([SUBSCRIBING, (), JOINING], SUBSCRIBED)
SEQUENCES: Steps = st.one_of(ANYTHING, WRITERS, WRITERS, CLASSIC_GROUPS, MODERN_GROUPS)
