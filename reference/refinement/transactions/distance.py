"""How far apart two states of transactions are."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Set
from typing import cast

import attrs

from ackproof.model.transactions.coordinator import Coordinator, Transaction
from ackproof.model.transactions.instance import Instance, Instances, Phase, numbered_anew
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import Entry, Output
from ackproof.model.transactions.request import MARKING, Request
from ackproof.model.transactions.wire import Sent, Wire

Mapped = Mapping[str, Hashable]

BEGINS_ANEW = frozenset[Phase]({"initialising"})
AT_EVERY_END = frozenset[Phase]({"initialising", "aborting"})
"""What an instance waits for that has its sequence begin anew; and where each end brings the next epoch."""


def distance(state: Mapped, wanted: Mapped, *, bumps_epoch_at_every_end: bool = False) -> int:
    """
    In how many places two states differ; the faults that are left do not count.

    Where each end brings the next epoch, the sequence of who aborts does not either: it begins anew. Its client gives
    one back where a deadline passes as the connection breaks (``Sender.completeBatch``).

    Nor does what no broker is told: by the end of which transaction of the application another one was ended, and where
    that started. The model counts it along, and nothing depends on it but what is claimed.
    """
    return (
        int(state["log"] != wanted["log"])
        + clients_apart(state, wanted, AT_EVERY_END if bumps_epoch_at_every_end else BEGINS_ANEW)
        + output_apart(cast("Output", state["output"]), cast("Output", wanted["output"]))
        + offsets_apart(cast("Offsets", state["offsets"]), cast("Offsets", wanted["offsets"]))
        + network_apart(state, wanted)
    )


def clients_apart(state: Mapped, wanted: Mapped, anew: Set[Phase]) -> int:
    """In how many places instances differ, and what the coordinator keeps of them."""
    instances = zip(cast("Instances", state["instances"]), cast("Instances", wanted["instances"]), strict=True)
    known = zip(cast("Coordinator", state["coordinator"]), cast("Coordinator", wanted["coordinator"]), strict=True)
    apart = sum(fields_apart(told_instance(one, anew), told_instance(other, anew)) for one, other in instances)
    return apart + sum(fields_apart(told_transaction(one), told_transaction(other)) for one, other in known)


def output_apart(one: Output, other: Output) -> int:
    """In how many places two outputs differ."""
    apart = sum(mine != others for mine, others in zip(one.writers, other.writers, strict=True))
    return apart + sequences_apart(tuple(map(told_entry, one.entries)), tuple(map(told_entry, other.entries)))


def offsets_apart(one: Offsets, other: Offsets) -> int:
    """In how many places two offsets partitions differ."""
    apart = int(one.epochs != other.epochs)
    return apart + sequences_apart(tuple(map(told_commit, one.commits)), tuple(map(told_commit, other.commits)))


def network_apart(state: Mapped, wanted: Mapped) -> int:
    """How many messages only one of two networks has."""
    apart = bags_apart(*(map(told_sent, cast("Wire", each["wire"])) for each in (state, wanted)))
    mine, others = (map(told_request, cast("tuple[Request, ...]", each["delayed"])) for each in (state, wanted))
    return apart + bags_apart(mine, others)


def told_instance(instance: Instance, anew: Set[Phase]) -> Instance:
    """
    An instance without what only its group knows, and what the model counts along: whether it adds a partition again.

    Nor is its sequence there, if what it waits for has that begin anew.
    """
    instance = attrs.evolve(instance, is_to_rejoin=False, adds_again=False)
    return numbered_anew(instance, instance.epoch) if instance.phase in anew else instance


def told_transaction(transaction: Transaction) -> Transaction:
    """A transaction without what no broker keeps."""
    return attrs.evolve(transaction, ended_by=0)


def told_entry(entry: Entry) -> Entry:
    """An entry without what no broker keeps."""
    return attrs.evolve(entry, ended_by=0, is_promised=False)


def told_commit(commit: Commit) -> Commit:
    """A commit without what no broker keeps."""
    return attrs.evolve(commit, ended_by=0, start=0, serial=0)


def told_request(request: Request) -> Request:
    """A request without what no broker is told: of a marker, whose EndTxn decided so."""
    return attrs.evolve(request, serial=0) if request.kind in MARKING else request


def told_sent(sent: Sent) -> Sent:
    """What is on its way without what the model counts along: whether its sender has noticed what was lost."""
    return attrs.evolve(sent, losses=0)


def sequences_apart(one: tuple[object, ...], other: tuple[object, ...]) -> int:
    """In how many places two sequences differ."""
    return abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other, strict=False))


def bags_apart(one: Iterable[Hashable], other: Iterable[Hashable]) -> int:
    """How many elements only one of two collections has."""
    mine, others = Counter(one), Counter(other)
    return (mine - others).total() + (others - mine).total()


def fields_apart(one: object, other: object) -> int:
    """In how many fields two values of one class differ."""
    cls = type(one)
    assert attrs.has(cls)
    return sum(getattr(one, field.name) != getattr(other, field.name) for field in attrs.fields(cls))
