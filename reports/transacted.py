"""The end of a counterexample about transactions in sentences."""

from collections.abc import Hashable, Iterator, Mapping
from itertools import pairwise
from typing import cast

from ackproof.model.naming import record_name
from ackproof.model.transactions.coordinator import Coordinator, Transaction
from ackproof.model.transactions.instance import Instances, named
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Entries, Output


def transacted(claim: str, last: Mapping[str, Hashable]) -> Iterator[str]:
    """What is wrong with the output, what it holds, and where the group and the coordinator stand."""
    entries = cast("Output", last["output"]).records
    instances, offsets = cast("Instances", last["instances"]), cast("Offsets", last["offsets"])
    has_group = any(instance.generation for instance in instances)
    yield from wrong(claim, entries, instances, offsets)
    yield f"the output holds {', '.join(held(entries)) or 'nothing'}"
    if has_group:
        yield standing(offsets)
    for index, transaction in enumerate(cast("Coordinator", last["coordinator"])):
        if transaction.state != "Empty":
            yield place(named(index) if has_group else "the producer", transaction)


def wrong(claim: str, entries: Entries, instances: Instances, offsets: Offsets) -> Iterator[str]:
    """Which record the claim is broken by."""
    readable = [entry.record for entry in entries if entry.fate == "committed"]
    match claim:
        case "no-loss":
            yield from lost(entries, instances, offsets)
        case "no-duplicates":
            twice = dict.fromkeys(record for record in readable if readable.count(record) > 1)
            yield from (f"{record_name(record)} can be read {readable.count(record)} times" for record in twice)
        case "in-order":
            late = [after for before, after in pairwise(dict.fromkeys(readable)) if after < before]
            yield from (f"{record_name(record)} is read for the first time behind later ones" for record in late[:1])
        case "no-aborted-reads":
            yield from (
                f"{record_name(entry.record)} can be read, of a transaction that its producer aborts"
                for entry in entries
                if entry.fate == "aborted" or (entry.fate == "committed" and entry.ended_by != entry.serial)
            )
        case "atomic":
            yield "of a transaction only a part is committed"
        case _:
            pass


def lost(entries: Entries, instances: Instances, offsets: Offsets) -> Iterator[str]:
    """Which records are committed, or were seen to commit, and are not in the output."""
    written = {entry.record for entry in entries if entry.fate != "aborted"}
    for record in range(offsets.committed or 0):
        if record not in written:
            yield f"{record_name(record)} is lost: the group is past it, and nothing of it is in the output"
    for record in sorted({record for instance in instances for record in instance.acknowledged} - written):
        yield f"{record_name(record)} is lost: its transaction was seen to commit, and it is not in the output"


def held(entries: Entries) -> Iterator[str]:
    """Each record of the output, and what became of it."""
    for entry in entries:
        yield f"{record_name(entry.record)} ({entry.fate})"


def standing(offsets: Offsets) -> str:
    """What the group has committed, and what transactions want it to commit."""
    pending = [str(commit.offset) for commit in offsets.commits if commit.is_pending]
    committed = "nothing" if offsets.committed is None else f"offset {offsets.committed}"
    wanted = f"; pending: offset {' '.join(pending)}" if pending else ""
    return f"the group has committed {committed}{wanted}"


def place(whose: str, transaction: Transaction) -> str:
    """Where the coordinator has a transaction."""
    partitions = f", with {' and '.join(sorted(transaction.partitions))}" if transaction.partitions else ""
    stuck = "; something is pending that nothing clears" if transaction.is_stuck else ""
    return f"the coordinator has the transaction of {whose} as {transaction.state}{partitions}{stuck}"
