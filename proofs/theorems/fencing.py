"""A producer whose epoch is over."""

from collections.abc import Iterator
from typing import cast

from ackproof.model.produce.append import Appended, Refused, identify
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.retention import anonymous
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.output import Entry, Output, Writer, append
from ackproof.model.transactions.request import Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, Detail
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, number
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem

PRODUCER = 7


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
    Once a partition has taken a batch of a producer epoch, it never takes one of a lower epoch.

    For any epochs and sequences, and any number of batches. The partition remembers the highest epoch that it has
    taken, as no batch makes it lower; one below it is refused, and is no duplicate either, as only batches of that
    epoch are known again. The same is true of batches in transactions.
    """
    known, epoch = number("epoch that is known"), number("epoch of the batch")
    sequences = [number(f"sequence {place}") for place in range(rules.remembered_batches)]
    log = tuple(batch(known, sequence) for sequence in sequences)
    for count in range(1, len(log) + 1):
        yield from of_batches(rules, log[:count], known, epoch)
    gone = tuple(map(anonymous, log)) if rules.forgets_producers_with_their_records else log
    refused = holds_on_every_path(lambda: identify(rules, gone, arriving(epoch)), epoch < known, is_refused)
    yield Obligation("safety: a lower epoch is refused, also once retention has deleted its records", refused)
    yield from of_transactions(known, epoch, sequences)


def of_batches(rules: BrokerRules, log: tuple[Batch, ...], known: Number, epoch: Number) -> Iterator[Obligation]:
    """A batch arrives where the last ones are of the epoch that is known."""

    def decision() -> Refused | Appended:
        return identify(rules, log, arriving(epoch))

    where = f"where {len(log)} batches are remembered"
    yield Obligation(
        f"safety: a lower epoch is refused {where}", holds_on_every_path(decision, epoch < known, is_refused)
    )
    never_lower = holds_on_every_path(decision, ALWAYS, lambda answer: is_refused(answer) | (epoch >= known))
    yield Obligation(f"step: what is taken is of no lower epoch {where}", never_lower)


def of_transactions(known: Number, epoch: Number, sequences: list[Number]) -> Iterator[Obligation]:
    """A batch of a transaction arrives."""
    writer = Writer(cast("int", known), tuple(cast("int", sequence) for sequence in sequences))
    output = Output((Entry(0, 0),), (writer,))
    request = Request("produce", 0, cast("int", epoch), record=1, sequence=cast("int", number("sequence")))

    def error() -> str:
        return append(TRANSACTION_VERSION_2, Detail(forgets=False), output, request)[1]

    refused = holds_on_every_path(error, epoch < known, lambda said: NEVER if said == "NONE" else ALWAYS)
    yield Obligation("safety: a lower epoch is refused in a transaction", refused)


def batch(epoch: Number, sequence: Number) -> Batch:
    """A batch in the log."""
    return Batch(0, PRODUCER, cast("int", epoch), cast("int", sequence))


def arriving(epoch: Number) -> Batch:
    """A batch that arrives."""
    return Batch(1, PRODUCER, cast("int", epoch), cast("int", number("sequence")))


def is_refused(answer: Refused | Appended) -> Truth:
    """Whether nothing is appended, and nothing is answered as if it had been."""
    return ALWAYS if isinstance(answer, Refused) else NEVER
