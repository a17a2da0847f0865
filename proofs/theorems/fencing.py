"""A producer whose epoch is over."""

from collections.abc import Iterator
from functools import partial
from typing import cast

import attrs

from ackproof.model.produce.append import Appended, Refused, identify
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.output import REMEMBERED_BATCHES, Entry, Output, Writer, append, mark
from ackproof.model.transactions.request import Error, Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, Detail
from ackproof.proofs import epochs
from ackproof.proofs.epochs import Epochs
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, all_of, number, same
from ackproof.proofs.paths import holds_on_every_path, taken
from ackproof.proofs.states import becomes, unknown
from ackproof.proofs.theorem import Obligation, Step, kept, theorem

PRODUCER, NO_EPOCH = 7, -1
EPOCH = number("epoch of the batch")


@theorem(
    source="ProducerAppendInfo.checkProducerEpoch; KIP-98, KIP-360",
    sound=(BrokerRules(),),
    broken={
        "retention forgets producers with their records (before KAFKA-7190)": BrokerRules(
            forgets_producers_with_their_records=True
        )
    },
)
def a_fenced_epoch_never_writes(rules: BrokerRules) -> Iterator[Obligation]:
    """
    A partition takes no batch of a lower producer epoch than one that its leader has, or than one that was committed.

    For any epochs and sequences, and any number of batches, elections and transactions, where whoever leads has what
    was committed. The leader remembers the highest epoch that its log has, as no batch makes it lower; one below it is
    refused, and is no duplicate either, as only batches of that epoch are known again. The same is true of batches in
    transactions, and of the markers that end them, which carry the epoch that the coordinator has by then.
    """
    before, after = state(), state("after")
    holds = invariant(before)
    yield Obligation("base: nothing is written", first(before).implies(holds))
    yield from kept(holds, steps(rules, before, after), invariant(after))
    for count in range(1, rules.remembered_batches + 1):
        refused = holds_on_every_path(partial(decision, rules, before, count), before.known > EPOCH, is_refused)
        yield Obligation(f"safety: a lower epoch is refused where {count} batches are remembered", refused)
    yield Obligation(
        "safety: what is known is no lower than what was committed", holds.implies(before.known >= before.committed)
    )
    known, then = epochs.epochs(), epochs.epochs("after")
    yield Obligation("base: no transaction has begun", epochs.first(known).implies(epochs.never_falls(known)))
    yield from kept(epochs.never_falls(known), steps_of_output(known, then), epochs.never_falls(then))


@attrs.frozen
class State:
    """
    The epochs of a producer in one partition; -1 where there is none.

    Attributes:
        known: That of its last batch, as far as the leader remembers.
        batches: How many batches of that epoch the log has.
        highest: The highest that the log of this leader ever had.
        committed: The highest that was ever below a high watermark.
    """

    known: Number
    batches: Number
    highest: Number
    committed: Number


def state(when: str = "") -> State:
    """An unknown state."""
    return unknown(State, "epoch", when)


def first(at: State) -> Truth:
    """Nothing is written."""
    return all_of(same(one, NO_EPOCH) for one in (at.known, at.highest, at.committed)) & same(at.batches, 0)


def invariant(at: State) -> Truth:
    """What every step keeps: the leader knows the highest epoch, and has what is committed."""
    return (at.committed >= NO_EPOCH) & (at.committed <= at.known) & same(at.known, at.highest)


def steps(rules: BrokerRules, before: State, after: State) -> Iterator[Step]:
    """Everything that happens to the epochs of a producer."""
    for count in range(rules.remembered_batches + 1):
        is_full = count == rules.remembered_batches
        knows = before.batches >= count if is_full else same(before.batches, count)
        knows &= before.known >= 0 if count else same(before.known, NO_EPOCH)
        appended = taken(partial(decision, rules, before, count), partial(appends, grown(before, after)))
        yield Step(f"a batch arrives where {count} are remembered", (EPOCH >= 0) & knows & appended)
    lower = (after.committed >= before.committed) & (after.committed <= before.known)
    yield Step("batches are committed", lower & becomes(before, after, committed=after.committed))
    has_it = (after.known >= before.committed) & (after.known <= before.highest)
    led = becomes(before, after, known=after.known, highest=after.known, batches=after.batches)
    yield Step("another replica leads", has_it & led)
    if rules.forgets_producers_with_their_records:
        yield Step("retention deletes what it wrote", becomes(before, after, known=NO_EPOCH, batches=0))


def grown(before: State, after: State) -> Truth:
    """The log has one more batch."""
    highest = (after.highest >= before.highest) & (after.highest >= EPOCH)
    highest &= same(after.highest, before.highest) | same(after.highest, EPOCH)
    is_known = same(before.known, EPOCH)
    counted = (is_known & same(after.batches, before.batches + 1)) | (~is_known & same(after.batches, 1))
    return highest & counted & becomes(before, after, known=EPOCH, highest=after.highest, batches=after.batches)


def appends(grows: Truth, answer: Refused | Appended) -> Truth:
    """Whether a batch is appended, so that the log *grows*."""
    return grows if isinstance(answer, Appended) and answer.new else NEVER


def decision(rules: BrokerRules, at: State, count: int) -> Refused | Appended:
    """What the leader makes of a batch where so many of the epoch that it knows are remembered."""
    sequences = (number(f"sequence {place}") for place in range(count))
    return identify(rules, tuple(batch(at.known, sequence) for sequence in sequences), arriving(EPOCH))


def steps_of_output(before: Epochs, after: Epochs) -> Iterator[Step]:
    """Everything that happens to the epoch of a transactional producer in a partition that it writes to."""
    sequences = tuple(cast("int", number(f"sequence {place}")) for place in range(REMEMBERED_BATCHES))
    output = Output((Entry(0, 0),), (Writer(cast("int", before.seen), sequences),))
    sequence = cast("int", number("sequence"))
    request = Request("produce", 0, cast("int", epochs.SENT), record=1, sequence=sequence)
    detail = Detail(forgets=False)

    def write() -> tuple[int | None, Error]:
        then, error = append(TRANSACTION_VERSION_2, detail, output, request)
        return then.writers[0].epoch, error

    yield from epochs.steps(before, after, write, lambda marker: mark(detail, output, marker).writers[0].epoch)


def batch(epoch: Number, sequence: Number) -> Batch:
    """A batch in the log."""
    return Batch(0, PRODUCER, cast("int", epoch), cast("int", sequence))


def arriving(epoch: Number) -> Batch:
    """A batch that arrives."""
    return Batch(1, PRODUCER, cast("int", epoch), cast("int", number("sequence")))


def is_refused(answer: Refused | Appended) -> Truth:
    """Whether nothing is appended, and nothing is answered as if it had been."""
    return ALWAYS if isinstance(answer, Refused) else NEVER
