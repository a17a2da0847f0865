"""The end of a counterexample in sentences: which record it is about, and who has it."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import cast

from ackproof.model.naming import record_name
from ackproof.model.produce.replica import Replica, Replicas, broker, leader_of
from ackproof.properties.verdict import Counterexample
from ackproof.reports.consumed import consumed
from ackproof.reports.transacted import transacted


def ending(found: Counterexample) -> Iterator[str]:
    """The state that matters at the end, a sentence a line."""
    last = found.trace.last
    if "history" in last:
        yield from consumed(found.claim, last)
    elif "output" in last:
        yield from transacted(found.claim, last)
    elif "acknowledged" in last:
        replicas = cast("Replicas", last["replicas"])
        yield from stored(found.claim, replicas, cast("frozenset[int]", last["acknowledged"]))


def stored(claim: str, replicas: Replicas, acknowledged: frozenset[int]) -> Iterator[str]:
    """What is wrong with the leader's log, and all logs."""
    index = leader_of(replicas)
    records = [batch.record for batch in replicas[index].log] if index is not None else []
    match claim:
        case "no-loss":
            yield from (lost(record, replicas) for record in sorted(acknowledged - set(records)))
        case "no-duplicates":
            twice = dict.fromkeys(record for record in records if records.count(record) > 1)
            yield from (f"{record_name(record)} is stored {records.count(record)} times" for record in twice)
        case "in-order":
            firsts = list(dict.fromkeys(records))
            late = next(b for a, b in pairwise(firsts) if b < a)
            yield f"{record_name(late)} was sent first and stands behind {names(r for r in firsts if r > late)}"
        case _:
            pass
    yield from (line(number, replica) for number, replica in enumerate(replicas))


def lost(record: int, replicas: Replicas) -> str:
    """Who has a lost record."""
    having = [broker(i) for i, replica in enumerate(replicas) if any(b.record == record for b in replica.log)]
    where = f"only {' and '.join(having)} {'has' if len(having) == 1 else 'have'} it" if having else "no broker has it"
    return f"{record_name(record)} is acknowledged and lost: the leader does not have it, {where}"


def line(number: int, replica: Replica) -> str:
    """One replica: who it is and what it holds."""
    part = {"leader": "leads", "in-sync": "in sync", "eligible": "eligible leader", "out": "not in sync"}[replica.role]
    state = part if replica.is_up else "down"
    return f"{broker(number)} ({state}): {names(batch.record for batch in replica.log) or 'empty log'}"


def names(records: Iterable[int]) -> str:
    """Records by name."""
    return " ".join(record_name(record) for record in records)
