"""What takes long to come about: epochs that run out, and transactions that time out."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack

import pytest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse

from tests.conformance.connection import PATIENCE_MS
from tests.conformance.fetching import Fetch
from tests.conformance.playing import Pair
from tests.conformance.producing import Produce
from tests.conformance.story import Step, Story
from tests.conformance.transacting import AddOffsetsToTxn, AddPartitionsToTxn, EndTxn, InitProducerId, TxnOffsetCommit

Meet = Callable[[], AbstractContextManager[Pair]]

TIMEOUT_MS = 5_000
"""Long enough for a transaction to begin, also on a broker that is slow."""
WITHIN_MS = 2_000
"""How long after that ours has ended it for certain; what the other one says then is waited for."""
LAST_EPOCH = 2**15 - 2
"""That a producer can have; one more is kept to fence it."""
INITIALISES = InitProducerId(version=5, who="t0", named="t0")
CONTINUES = InitProducerId(version=5, who="t0", named="t0", says="both")
CONTINUES_AS_OLD = InitProducerId(version=5, who="old", named="t0", says="both")
ADDS = AddPartitionsToTxn(version=3, who="t0", named="t0", partitions=((0, 0),))
READS = Fetch(version=12, topic=0, partition=0, offset=0, isolation=1)


def writes(version: int = 12, who: str = "t0") -> Step:
    return Produce(version, 0, 0, who, "t0", -1, is_transactional=True)


def ends(who: str = "t0", version: int = 5, *, is_commit: bool = True) -> Step:
    return EndTxn(version=version, who=who, named="t0", is_commit=is_commit)


def commits(version: int) -> Step:
    return TxnOffsetCommit(version=version, who="t0", named="t0", group=0, topic=0, partition=0, offset=3)


def use_up(story: Story) -> None:
    """Let the producer of ``t0`` have every epoch but the last."""
    story.send(0, INITIALISES.request(story), INITIALISES.version)
    while story.identity("t0").producer_epoch < LAST_EPOCH - 1:
        heard = story.hear(0, PATIENCE_MS)
        assert isinstance(heard, InitProducerIdResponse)
        INITIALISES.heard(story, heard)
        story.send(0, INITIALISES.request(story), INITIALISES.version)
    heard = story.hear(0, PATIENCE_MS)
    assert isinstance(heard, InitProducerIdResponse)
    INITIALISES.heard(story, heard)


def remember(pair: Pair) -> None:
    """Who ``t0`` is now is called ``old`` from now on."""
    for story in pair.stories:
        story.identities["old"] = story.identity("t0")


@pytest.mark.slow
@pytest.mark.parametrize(
    "steps",
    [
        [ends(), ends("old"), ends("old", is_commit=False), CONTINUES_AS_OLD, writes(), ADDS, ends(), READS],
        [ends(is_commit=False), ends("old"), ends("old", is_commit=False), writes(who="old"), writes(), ends(), READS],
        [INITIALISES, CONTINUES_AS_OLD, writes(who="old"), writes(), ends("old"), ends(), READS],
        [ends(version=4), CONTINUES, CONTINUES_AS_OLD, writes(who="old"), writes(), ends("old"), ends(), READS],
    ],
    ids=["commit", "abort", "another instance", "continued"],
)
def test_a_producer_whose_epochs_run_out_is_told_alike(meet: Meet, steps: Sequence[Step]) -> None:
    with meet() as pair:
        for story in pair.stories:
            use_up(story)
        pair.play([INITIALISES, ADDS, writes()])
        remember(pair)
        pair.play(steps)


FOLLOWING: Sequence[Sequence[Step]] = [
    [ends(), ends(is_commit=False), READS],
    [ends(is_commit=False), ADDS, writes(), ends(), READS],
    [ends(version=4), ends(version=1), CONTINUES, writes(), ends(), READS],
    [ADDS, writes(11), writes(), READS, CONTINUES, CONTINUES_AS_OLD, READS],
    [AddOffsetsToTxn(version=4, who="t0", named="t0"), commits(3), commits(5), INITIALISES, READS],
    [INITIALISES, CONTINUES_AS_OLD, ADDS, writes(11), ends(version=3), READS],
]


@pytest.mark.slow
def test_a_transaction_that_takes_too_long_ends_alike(meet: Meet) -> None:
    with ExitStack() as stack:
        pairs = [stack.enter_context(meet()) for _ in FOLLOWING]
        for pair in pairs:
            pair.play([InitProducerId(version=5, who="t0", named="t0", timeout_ms=TIMEOUT_MS), ADDS, writes(11), READS])
            remember(pair)
        pairs[0].pass_ms(TIMEOUT_MS + WITHIN_MS)
        for pair, steps in zip(pairs, FOLLOWING, strict=True):
            pair.agree(READS)
            pair.play(steps)
