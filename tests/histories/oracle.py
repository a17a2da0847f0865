"""
The anomalies of a Jepsen history, by their definitions, without regard to how long that takes.

Operations here are plain completions: ``(index, process, type, f, sends, polls, rebalanced)`` with sends and polls as
lists of ``(key, offset, value)``.
"""

from collections.abc import Iterator
from itertools import pairwise

import attrs

from ackproof.histories.operation import Outcome

Entry = tuple[int, int | None, int]
"""A key, an offset, a value."""


@attrs.frozen
class Completion:
    """An operation that ended."""

    index: int
    process: int
    type: Outcome
    f: str
    sends: tuple[Entry, ...] = ()
    polls: tuple[Entry, ...] = ()
    keys: frozenset[int] = frozenset()
    rebalanced: frozenset[int] = frozenset()


History = list[Completion]
Found = tuple[str, int | None, tuple[int, ...]]
"""A kind, a key, and values."""


def values(entries: tuple[Entry, ...], key: int) -> list[int]:
    return [value for each, _, value in entries if each == key]


def keys(history: History) -> list[int]:
    return sorted({key for op in history for key, _, _ in op.sends + op.polls})


def is_committed(op: Completion, history: History) -> bool:
    read = {(key, value) for each in history if each.type == "ok" for key, _, value in each.polls}
    return op.type == "ok" or (op.type == "info" and any((key, value) in read for key, _, value in op.sends))


def log(history: History, key: int) -> dict[int, list[int]]:
    """The values of each offset, those first that were seen first."""
    found = dict[int, list[int]]()
    for op in history:
        for each, offset, value in (*op.polls, *(op.sends if is_committed(op, history) else ())):
            if each == key and offset is not None and value not in found.setdefault(offset, []):
                found[offset].append(value)
    return dict(sorted((offset, there) for offset, there in found.items() if there))


def by_value(history: History, key: int) -> dict[int, int]:
    return {there[0]: index for index, there in enumerate(log(history, key).values())}


def writer(history: History, key: int, value: int) -> Completion | None:
    found = [op for op in history if value in values(op.sends, key)]
    return found[-1] if found else None


def delta(history: History, key: int, first: int, second: int) -> int:
    places = by_value(history, key)
    return places[second] - places[first] if first in places and second in places else 1


def inconsistent_offsets(history: History) -> Iterator[Found]:
    for key in keys(history):
        for there in log(history, key).values():
            if len(there) > 1:
                yield "inconsistent-offsets", key, tuple(sorted(there))


def duplicate(history: History) -> Iterator[Found]:
    for key in keys(history):
        everything = [value for there in log(history, key).values() for value in there]
        for value in sorted(set(everything)):
            if everything.count(value) > 1:
                yield "duplicate", key, (value,)


def lost_write(history: History) -> Iterator[Found]:
    for key in keys(history):
        read = {value for op in history if op.type == "ok" for value in values(op.polls, key)}
        places = list(log(history, key).values())
        everywhere = {
            value: [i for i, there in enumerate(places) if value in there] for there in places for value in there
        }
        bound = max((everywhere[value][0] for value in read if value in everywhere), default=-1)
        for value, indices in everywhere.items():
            wrote = writer(history, key, value)
            if indices[-1] <= bound and value not in read and wrote is not None and is_committed(wrote, history):
                yield "lost-write", key, (value,)


def unseen(history: History) -> Iterator[Found]:
    for key in keys(history):
        sent = {value for op in history if op.type == "ok" for value in values(op.sends, key)}
        left = sent - {value for op in history if op.type == "ok" for value in values(op.polls, key)}
        if left:
            yield "unseen", key, tuple(sorted(left))


def phantom_read(history: History) -> Iterator[Found]:
    for key in keys(history):
        for value in sorted({value for op in history for value in values(op.polls, key)}):
            if writer(history, key, value) is None:
                yield "phantom-read", key, (value,)


def g1a(history: History) -> Iterator[Found]:
    for op in history:
        for key, _, value in op.polls if op.type == "ok" else ():
            wrote = writer(history, key, value)
            if wrote is not None and wrote.type == "fail":
                yield "G1a", key, (value,)


def precommitted_read(history: History) -> Iterator[Found]:
    for op in history:
        for key in keys([op]):
            both = set(values(op.sends, key)) & set(values(op.polls, key))
            if both:
                yield "precommitted-read", key, tuple(sorted(both))


def steps(history: History, key: int, pairs: list[tuple[int, int]], skip: str | None, back: str) -> Iterator[Found]:
    picked = [there[0] for there in log(history, key).values()]
    for first, second in pairs:
        distance = delta(history, key, first, second)
        if distance < 1:
            yield back, key, (first, second)
        elif distance > 1 and skip is not None:
            place = by_value(history, key)[first]
            yield skip, key, tuple(picked[place + 1 : place + distance])


def internal(history: History) -> Iterator[Found]:
    for op in history:
        for key in keys([op]):
            polled, sent = values(op.polls, key), values(op.sends, key)
            yield from steps(history, key, list(pairwise(polled)), "int-poll-skip", "int-nonmonotonic-poll")
            yield from steps(history, key, list(pairwise(sent)), "int-send-skip", "int-nonmonotonic-send")


def external(history: History) -> Iterator[Found]:
    for process in sorted({op.process for op in history}):
        polled, sent = dict[int, int](), dict[int, int]()
        for op in (each for each in history if each.process == process):
            if op.f in {"assign", "subscribe"}:
                if op.type != "fail":
                    polled = {key: last for key, last in polled.items() if key in op.keys}
                    sent = {key: last for key, last in sent.items() if key in op.keys}
                continue
            for key in keys([op]):
                read, wrote = values(op.polls, key), values(op.sends, key)
                if read and key in polled:
                    yield from steps(history, key, [(polled[key], read[0])], "poll-skip", "nonmonotonic-poll")
                if read and op.type == "ok":
                    polled[key] = read[-1]
                if wrote and op.type != "fail":
                    if key in sent:
                        yield from steps(history, key, [(sent[key], wrote[0])], None, "nonmonotonic-send")
                    sent[key] = wrote[-1]


CHECKS = (
    inconsistent_offsets, duplicate, lost_write, unseen, phantom_read, g1a, precommitted_read, internal, external,
)  # fmt: skip


def anomalies(history: History) -> list[Found]:
    """All but cycles."""
    return sorted((found for check in CHECKS for found in check(history)), key=repr)


def relations(history: History) -> dict[str, set[tuple[int, int]]]:
    """Which operation comes before which, by their places: of writes, of reads, in time."""
    ops = [op for op in history if op.f in {"send", "poll", "txn"}]
    ww, wr = set[tuple[int, int]](), set[tuple[int, int]]()
    for key in keys(history):
        picked = [there[0] for there in log(history, key).values()]
        for first, second in pairwise(picked):
            one, other = writer(history, key, first), writer(history, key, second)
            if one is not None and other is not None and one is not other:
                ww.add((one.index, other.index))
        for reader in ops:
            for value in values(reader.polls, key):
                wrote = writer(history, key, value)
                if wrote is not None and wrote is not reader:
                    wr.add((wrote.index, reader.index))
    time = {(one.index, other.index) for one in ops for other in ops if one.type == "ok" and one.index < other.index}
    return {"ww": ww, "wr": wr, "realtime": time}


def has_circle(needed: set[tuple[int, int]], used: set[tuple[int, int]]) -> bool:
    """Whether one of the edges *needed* closes a circle of edges that are *used*."""
    return any(start in reached(end, used) for start, end in needed)


def reached(start: int, edges: set[tuple[int, int]]) -> set[int]:
    """Where one gets to from a place."""
    found = {start}
    while new := {end for begin, end in edges if begin in found} - found:
        found |= new
    return found


def cycles(history: History, *, with_ww: bool) -> set[str]:
    """The kinds of cycle that there are."""
    related = relations(history)
    ww, wr, time = related["ww"] if with_ww else set[tuple[int, int]](), related["wr"], related["realtime"]
    found = {
        "G0": has_circle(ww, ww),
        "G1c": has_circle(wr, ww | wr),
        "G0-realtime": has_circle(ww, ww | time),
        "G1c-realtime": has_circle(wr, ww | wr | time),
    }
    return {kind for kind, is_there in found.items() if is_there}
