"""An end of a transaction that arrives late."""

from collections.abc import Callable, Iterator
from typing import cast, get_args

import attrs

from ackproof.model.transactions.coordinator import (
    NO_EPOCH,
    Partition,
    State,
    Transaction,
    add,
    end,
    fenced,
    initialise,
    loaded,
    marked,
)
from ackproof.model.transactions.request import Kind, Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, TransactionRules
from ackproof.proofs.logic import ALWAYS, Number, Truth, number, same
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem

STATES: tuple[State, ...] = get_args(State)
WHERE: Partition = "output"


@theorem(
    source="KIP-890 part 2; TransactionCoordinator.endTransaction, TransactionMetadata.prepareAbortOrCommit",
    sound=(TRANSACTION_VERSION_2,),
    broken={"transaction.version 0 or 1: the epoch stays from transaction to transaction": TRANSACTION_VERSION_1},
)
def a_late_end_never_touches_the_next_transaction(rules: TransactionRules) -> Iterator[Obligation]:
    """
    With transaction.version=2, an end of a transaction that arrives late never touches the next one.

    For any number of transactions and epochs. No request makes the epoch lower, and whatever ends a transaction makes
    it higher; so what was sent in an earlier transaction carries a lower epoch than the one that is open now, and the
    coordinator changes nothing for it.
    """
    epoch, sent = number("epoch"), number("epoch of the request")
    for state in STATES:
        transaction = opened(state, epoch)
        for name, ask in asked(rules, transaction, sent):
            never_lower = holds_on_every_path(ask, ALWAYS, lambda after: epoch_of(after) >= epoch)
            yield Obligation(f"step: {state}, {name}: the epoch is never lower", never_lower)
    ongoing = opened("Ongoing", epoch)
    for name, ask in asked(rules, ongoing, sent):
        higher = holds_on_every_path(ask, sent <= epoch, lambda after: is_open(after) | (epoch_of(after) > sent))
        yield Obligation(f"step: {name} ends it: what was sent in it is of a lower epoch", higher)
    for kind in ("commit", "abort"):
        late = holds_on_every_path(
            ending(rules, ongoing, kind, sent), sent < epoch, lambda after: is_same(ongoing, after)
        )
        yield Obligation(f"safety: a late {kind} changes nothing", late)


def opened(state: State, epoch: Number) -> Transaction:
    """A transaction in that state, with the output among its partitions while that matters."""
    partitions = frozenset({WHERE}) if state in {"Ongoing", "PrepareCommit", "PrepareAbort"} else frozenset[str]()
    return Transaction(state, cast("int", epoch), cast("int", number("last epoch")), partitions)


Ask = Callable[[], Transaction]


def asked(rules: TransactionRules, transaction: Transaction, sent: Number) -> Iterator[tuple[str, Ask]]:
    """Everything that the coordinator may be asked for, or does by itself."""
    epoch = cast("int", sent)
    yield "commit", ending(rules, transaction, "commit", sent)
    yield "abort", ending(rules, transaction, "abort", sent)
    yield "a partition is added", lambda: add(transaction, epoch, WHERE)[0]
    yield "a new producer", lambda: initialise(rules, transaction, None)[0]
    yield "the next epoch is asked for", lambda: initialise(rules, transaction, epoch)[0]
    yield "its markers are written", lambda: next(marked(rules, transaction, WHERE))
    yield "another coordinator", lambda: loaded(transaction)
    if transaction.state == "Ongoing":
        yield "its timeout", lambda: fenced(rules, transaction)


def ending(rules: TransactionRules, transaction: Transaction, kind: Kind, sent: Number) -> Ask:
    """An EndTxn with the epoch of its sender."""
    request = Request(kind, 0, cast("int", sent))
    return lambda: end(rules, transaction, request)[0]


def epoch_of(transaction: Transaction) -> Number:
    """The epoch that is accepted."""
    return cast("Number", cast("object", transaction.epoch))


def is_open(transaction: Transaction) -> Truth:
    """Whether the transaction has not been ended."""
    return ALWAYS if transaction.state == "Ongoing" else ~ALWAYS


def is_same(before: Transaction, after: Transaction) -> Truth:
    """Whether nothing has changed."""
    unchanged = attrs.evolve(after, epoch=0, last_epoch=NO_EPOCH) == attrs.evolve(before, epoch=0, last_epoch=NO_EPOCH)
    return same(epoch_of(before), epoch_of(after)) if unchanged else ~ALWAYS
