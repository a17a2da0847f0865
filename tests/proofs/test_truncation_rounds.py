"""The rounds of the theorem of truncation are those of the followers that are searched."""

from collections.abc import Iterator
from typing import cast

import attrs
import pytest

from ackproof.model.produce.replica import Replicas, leader_of
from ackproof.model.produce.truncation import EpochEnd, after_a_round, common_prefix, to_end_of_agreement
from ackproof.model.produce.truncation import Log as Batches
from ackproof.model.system import System
from ackproof.proofs.logic import ALWAYS, Number, Question, value_of
from ackproof.proofs.paths import paths
from ackproof.proofs.theorems.truncation import Rules, logs, rounds
from tests.proofs.linking import Named, Values, transitions
from tests.proofs.test_decisions import end_known
from tests.proofs.test_truncation_link import MANY, NO_BATCHES, SYSTEMS, TWO, epoch_at, replicated

AT = logs()


@attrs.frozen
class Round:
    """
    A round of questions of a follower.

    Attributes:
        end: Where its log ends before it.
        committed: How much of what is committed it has.
    """

    follower: Batches
    leader: Batches
    end: int
    high_watermark: int
    committed: int

    @property
    def answer(self) -> EpochEnd:
        """What the leader answers."""
        return end_known(self.leader, self.follower[self.end - 1].partition_leader_epoch)

    @property
    def own(self) -> EpochEnd:
        """What the follower finds of that in its own log."""
        return end_known(self.follower[: self.end], self.answer[0])

    @property
    def decided(self) -> tuple[int, bool]:
        """Where the model cuts, and whether that is the last round."""
        return after_a_round(self.answer, self.own, self.high_watermark, self.end)

    @property
    def values(self) -> Values:
        """What the theorem knows of it."""
        (epoch, leader_ends), (own_epoch, own_ends) = self.answer, self.own
        of_round: Values = {
            "agree": to_end_of_agreement(self.follower, self.leader, 0),
            "follower's end": self.end,
            "leader's end": len(self.leader),
            "end in the leader's log": leader_ends,
            "end in the follower's log": own_ends,
            "epoch in the answer": epoch,
            "own epoch before it": own_epoch,
            "high watermark of the follower": self.high_watermark,
            "committed": self.committed,
        }
        offsets = {name: value_of(offset, of_round) for name, offset in AT.offsets.items()}
        of_leader = {f"leader's epoch, {name}": epoch_at(self.leader, offset) for name, offset in offsets.items()}
        mine = self.follower[: self.end]
        return of_round | of_leader | {f"follower's epoch, {name}": epoch_at(mine, at) for name, at in offsets.items()}


def asked(one: Round) -> Iterator[Round]:
    """That round and those after it, until the last one."""
    while one.end:
        yield one
        end, is_last = one.decided
        if is_last:
            return
        one = attrs.evolve(one, end=end)


def committed(past: Batches, now: Named) -> Batches:
    """The longest log that has ever been below a high watermark."""
    replicas = cast("Replicas", now["replicas"])
    leader = leader_of(replicas)
    below = () if leader is None else replicas[leader].log[: replicas[leader].high_watermark]
    return max(past, below, key=len)


def distinct(rounds: Iterator[Round]) -> list[Round]:
    """Those *rounds*, one of those that are the same for the theorem."""
    return list({tuple(one.values.values()): one for one in set(rounds)}.values())


def first_rounds(system: System) -> Iterator[Round]:
    """What a follower of *system* asks first, wherever there is a leader."""
    for step in transitions(system, NO_BATCHES, committed):
        replicas = cast("Replicas", step.after[0]["replicas"])
        leader = leader_of(replicas)
        for index, follower in enumerate(replicas):
            if leader not in (None, index) and follower.log:
                has = common_prefix(follower.log, step.after[1])
                yield Round(follower.log, replicas[leader].log, len(follower.log), follower.high_watermark, has)


def ways() -> Iterator[tuple[Question, tuple[Number, bool]]]:
    """Every way that a round of the theorem may take, with what it comes to."""
    for case, ask in rounds(Rules(), AT):
        yield from ((Question(case & path.condition), path.result) for path in paths(ask, ALWAYS))


WAYS = list(ways())


def results(one: Round) -> set[tuple[int, bool]]:
    """What the theorem says that the round may come to."""
    values = one.values
    return {(value_of(end, values), is_last) for way, (end, is_last) in WAYS if way.is_possible_for(values)}


SYSTEM_OF = {
    "leaders move": SYSTEMS["leaders move"],
    "brokers crash": SYSTEMS["brokers crash"],
    "three replicas": SYSTEMS["three replicas"],
    "leaders move three times": replicated(TWO, MANY, records=3),
}
NAMES = ["leaders move", *(pytest.param(name, marks=pytest.mark.slow) for name in list(SYSTEM_OF)[1:])]


@pytest.mark.parametrize("name", NAMES)
def test_every_round_is_one_of_the_theorem_and_the_last_one_cuts_where_logs_part(name: str) -> None:
    given = Question(AT.given)
    for first in distinct(first_rounds(SYSTEM_OF[name])):
        every = list(asked(first))

        assert all(given.is_possible_for(one.values) for one in every)
        assert all(results(one) == {one.decided} for one in every)
        assert every[-1].decided[0] == to_end_of_agreement(first.follower, first.leader, first.high_watermark)


@pytest.mark.slow
def test_some_followers_have_to_ask_again() -> None:
    firsts = distinct(first_rounds(SYSTEM_OF["leaders move three times"]))

    assert {first.decided[1] for first in firsts} == {True, False}
    assert all(len(list(asked(first))) == 2 for first in firsts if not first.decided[1])
