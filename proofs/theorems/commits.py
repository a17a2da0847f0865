"""Commits of a generation or a member epoch that is over."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.consume.coordinator import CLASSIC
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA, RECONCILING, RECONCILING_WITH_EXACT_EPOCHS
from ackproof.model.consume.reconciling import HEARTBEATS
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.transactions.offsets import Offsets, append, mark
from ackproof.model.transactions.request import Error, Request
from ackproof.model.transactions.rules import Detail
from ackproof.proofs import epochs
from ackproof.proofs.committing import Generations, Rules, State, state, steps, steps_by_epoch
from ackproof.proofs.epochs import Epochs
from ackproof.proofs.logic import Truth, all_of, same
from ackproof.proofs.theorem import Obligation, Step, kept, theorem

EXACT = Rules(
    CLASSIC,
    ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA),
    ConsumerRules(rebalancing=RECONCILING_WITH_EXACT_EPOCHS),
)


@theorem(
    source="ClassicGroup.validateOffsetCommit, ConsumerGroup.validateOffsetCommit; KIP-447, KIP-848",
    sound=(EXACT,),
    broken={
        "a coordinator asks only who is a member": attrs.evolve(
            EXACT, protocol=attrs.evolve(CLASSIC, answer=HEARTBEATS.answer)
        ),
        "a client that knows that it is out commits as nobody, to an empty group": attrs.evolve(
            EXACT, consumer=ConsumerRules(commits_as_nobody=True)
        ),
        "older member epochs are accepted (KIP-1251, from 4.3)": attrs.evolve(
            EXACT, reconciling=ConsumerRules(rebalancing=RECONCILING)
        ),
    },
)
def a_group_takes_no_commit_of_a_generation_that_is_over(rules: Rules) -> Iterator[Obligation]:
    """
    A commit with an older generation, member epoch or producer epoch than that of its group is never accepted.

    For any number of rebalances, members and transactions. A new generation is a higher one, which only those learn
    that have joined it; so who has not is behind, and what it commits is refused, whatever else it is to the group.
    With the consumer protocol a member that has not heard of its epoch is told to commit again. What a transaction
    commits is judged by the epoch of its producer, which never falls.
    """
    before, after = state(), state("after")
    holds = invariant(before)
    yield Obligation("base: no generation has begun", first(before).implies(holds))
    yield from kept(holds, steps(rules, before, after), invariant(after))
    yield from kept(~before.has_taken_older, steps_by_epoch(rules, before, after), ~after.has_taken_older)
    numbers = before.generations
    never_older = (numbers.taken >= numbers.taken_in) & ~before.has_taken_older
    yield Obligation("safety: no commit of an older generation or member epoch", holds.implies(never_older))
    known, then = epochs.epochs(), epochs.epochs("after")
    yield Obligation("base: no transaction has begun", epochs.first(known).implies(epochs.never_falls(known)))
    yield from kept(epochs.never_falls(known), steps_of_offsets(known, then), epochs.never_falls(then))


def first(at: State) -> Truth:
    """No generation has begun, and nothing is committed."""
    numbers = at.generations
    none = all_of(same(getattr(numbers, field.name), 0) for field in attrs.fields(Generations))
    return none & ~at.has_taken_older


def invariant(at: State) -> Truth:
    """What every step keeps: nobody is ahead of its group, and what was accepted was of its generation."""
    numbers = at.generations
    is_behind = (numbers.heard <= numbers.of_group) & (numbers.sent <= numbers.of_group)
    return (numbers.of_group >= 0) & is_behind & same(numbers.taken, numbers.taken_in) & ~at.has_taken_older


def steps_of_offsets(before: Epochs, after: Epochs) -> Iterator[Step]:
    """Everything that happens to the epoch of a transactional producer in the offsets of a group."""
    offsets, detail = Offsets(epochs=(cast("int", before.seen),)), Detail(forgets=False)
    request = Request("commit-offsets", 0, cast("int", epochs.SENT))

    def write() -> tuple[int, Error]:
        then, error = append(detail, offsets, request)
        return then.epochs[0], error

    yield from epochs.steps(before, after, write, lambda marker: mark(detail, offsets, marker).epochs[0])
