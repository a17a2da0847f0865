"""Where a follower cuts its log, by leader epochs."""

from collections.abc import Callable, Iterator, Mapping
from typing import cast

import attrs

from ackproof.model.produce.truncation import EpochEnd, after_a_round, after_one_answer
from ackproof.proofs.logic import Number, Truth, constant, number, same
from ackproof.proofs.logs import first, invariant, match, state, steps, within
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, kept, theorem


@attrs.frozen
class Rules:
    """
    How a follower asks, and what brokers know.

    Attributes:
        asks: It asks its leader for the end of its last epoch; else it goes by its own high watermark.
        asks_again: Until both have the epoch in the answer.
        knows_every_epoch: A leader knows its own epoch before it appends, and the first known one stands for all before
            it (KAFKA-7415).
    """

    asks: bool = True
    asks_again: bool = True
    knows_every_epoch: bool = True


LEADER_ENDS, OWN_ENDS = number("end in the leader's log"), number("end in the follower's log")
EPOCH, OWN_EPOCH = number("epoch in the answer"), number("own epoch before it")
HIGH_WATERMARK, COMMITTED = number("high watermark of the follower"), number("committed")


@attrs.frozen
class Logs:
    """
    A leader's log and its follower's, of any length, seen at the offsets that a round asks for.

    Attributes:
        agree: How much both share.
        cut: Where the follower's is cut so far.
        leaders, followers: The epoch at each of the offsets.
    """

    agree: Number
    cut: Number
    leader_end: Number
    offsets: Mapping[str, Number]
    leaders: Mapping[str, Number]
    followers: Mapping[str, Number]

    @property
    def given(self) -> Truth:
        """What a round begins with: logs that match, and share what there is of what is committed."""
        are_matching = match(self.agree, (self.leader_end, self.cut), (self.leaders, self.followers), self.offsets)
        is_known = (HIGH_WATERMARK >= 0) & (HIGH_WATERMARK <= COMMITTED) & (self.agree >= COMMITTED)
        return are_matching & is_known & (self.cut >= 1)

    @property
    def last_epoch(self) -> Number:
        """The epoch of the last record that the follower has not cut off."""
        return self.followers["last"]


def logs() -> Logs:
    """Two unknown logs."""
    agree, cut, leader_end = number("agree"), number("follower's end"), number("leader's end")
    offsets = {
        "first": constant(0),
        "last": cut - 1,
        "leader's last": leader_end - 1,
        "before the end in the leader's log": LEADER_ENDS - 1,
        "the end in the leader's log": LEADER_ENDS,
        "before the end in its own": OWN_ENDS - 1,
        "the end in its own": OWN_ENDS,
    }
    leaders = {name: number(f"leader's epoch, {name}") for name in offsets}
    followers = {name: number(f"follower's epoch, {name}") for name in offsets}
    return Logs(agree, cut, leader_end, offsets, leaders, followers)


@theorem(
    source="KIP-101, KIP-279, KAFKA-7415; UnifiedLog.appendAsLeader, LeaderEpochFileCache.endOffsetFor, "
    "AbstractFetcherThread.getOffsetTruncationState",
    sound=(Rules(),),
    broken={
        "a follower goes by its own high watermark (before KIP-101)": Rules(asks=False),
        "it asks once (KIP-101, before KIP-279)": Rules(asks_again=False),
        "a leader knows only epochs in which it has appended (before KAFKA-7415)": Rules(knows_every_epoch=False),
    },
)
def a_follower_truncates_to_where_logs_part_and_keeps_what_is_committed(rules: Rules) -> Iterator[Obligation]:
    """
    A follower that asks by leader epochs cuts off all that its leader does not have, and nothing that is committed.

    For logs of any length, any number of replicas and epochs, losses of data and elections, also unclean ones. A leader
    appends under its own epoch, which is higher than all before it; so epochs never fall in a log, and two logs that
    have records of one epoch agree up to the last one that both have. What the follower has of what is committed both
    have, and its own high watermark may be behind that. A round cuts off no record that both have; unless it is the
    last one it cuts off at least one that the leader does not have; and after the last one nothing of that is left.
    """
    before, after = state(), state("after")
    yield Obligation("base", first(before).implies(invariant(before)))
    yield from kept(invariant(before), steps(before, after), invariant(after))
    at = logs()
    for case, ask in rounds(rules, at):
        holds = at.given & case

        def keeps(result: tuple[Number, bool]) -> Truth:
            return result[0] >= COMMITTED

        def follows(result: tuple[Number, bool]) -> Truth:
            return result[0] <= at.agree if result[1] else (result[0] >= at.agree) & (result[0] < at.cut)

        yield Obligation("safety: what is committed is left", holds_on_every_path(ask, holds, keeps))
        yield Obligation("step: what the leader does not have goes", holds_on_every_path(ask, holds, follows))


Ask = Callable[[], tuple[Number, bool]]
LEADERS = ("leader's last", "before the end in the leader's log", "the end in the leader's log")
OWN = ("last", "before the end in its own", "the end in its own")


def rounds(rules: Rules, at: Logs) -> Iterator[tuple[Truth, Ask]]:
    """What the leader may answer, and its follower may find of that in its own log, each with where that cuts."""
    if not rules.asks:
        yield at.cut >= 1, lambda: decided(rules, at, None, None)
        return
    answer, own = (EPOCH, LEADER_ENDS), (OWN_EPOCH, OWN_ENDS)
    for has_it, may_know in looked_up(rules, at.leaders, at.leader_end, at.last_epoch, answer, LEADERS):
        if not may_know:
            yield has_it, lambda: decided(rules, at, None, None)
            continue
        for has_own, is_own in looked_up(rules, at.followers, at.cut, EPOCH, own, OWN):
            found = own if is_own else None

            def ask(found: tuple[Number, Number] | None = found) -> tuple[Number, bool]:
                return decided(rules, at, answer, found)

            yield has_it & has_own, ask


def looked_up(
    rules: Rules,
    epochs: Mapping[str, Number],
    end: Number,
    asked: Number,
    found: tuple[Number, Number],
    places: tuple[str, str, str],
) -> Iterator[tuple[Truth, bool]]:
    """
    What the end of the epoch *asked* for is in a log, and whether there is one (``end_of_epoch``).

    Args:
        places: The names of the last offset of the log, of the one before that end, and of that end.
    """
    epoch, offset = found
    last, before, after = places
    is_between = (epoch <= asked) & same(epochs[before], epoch) & (same(offset, end) | (epochs[after] > asked))
    is_first = (end <= 0) | (epochs["first"] > asked)
    if rules.knows_every_epoch:
        stands_for_all = is_first & same(epoch, asked) & same(offset, 0)
        yield stands_for_all | (~is_first & within(offset - 1, end) & is_between), True
        return
    is_unknown = is_first | (epochs[last] < asked)
    yield is_unknown, False
    yield ~is_unknown & within(offset - 1, end) & is_between, True


def decided(
    rules: Rules, at: Logs, answer: tuple[Number, Number] | None, own: tuple[Number, Number] | None
) -> tuple[Number, bool]:
    """The model's own decision: where the follower's log is cut, and whether that is the last round."""
    watermark, end = cast("int", HIGH_WATERMARK), cast("int", at.cut)
    told, found = cast("EpochEnd | None", answer), cast("EpochEnd | None", own)
    if rules.asks_again and rules.asks:
        offset, is_last = after_a_round(told, found, watermark, end)
        return cast("Number", cast("object", offset)), is_last
    return cast("Number", cast("object", after_one_answer(told, watermark, end))), True
