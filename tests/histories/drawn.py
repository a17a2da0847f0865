"""Histories as Jepsen writes them, drawn at random, with more going wrong than right."""

from hypothesis import strategies as st

from ackproof.histories.operation import Outcome
from tests.histories.oracle import Completion, Entry, History

KEYS = st.integers(0, 1)
ENTRIES = st.tuples(KEYS, st.none() | st.integers(0, 5), st.integers(0, 5))
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(("ok", "ok", "info", "fail"))
SETS = st.frozensets(KEYS)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Completions of a few processes; a value is sent to a key once."""
    history = History()
    sent = set[tuple[int, int]]()
    for index in range(draw(st.integers(1, 8))):
        f = draw(st.sampled_from(("send", "poll", "poll", "txn", "assign", "subscribe")))
        entries = draw(st.lists(ENTRIES, max_size=4))
        wanted = (
            () if f in {"poll", "assign", "subscribe"} else tuple(entries[: len(entries) // 2 if f == "txn" else None])
        )
        fresh = tuple(unsent(wanted, sent))
        polled = tuple(entries[len(wanted) :]) if f in {"poll", "txn"} else ()
        outcome = draw(OUTCOMES)
        completion = Completion(index, draw(st.integers(0, 1)), outcome, f, fresh, polled, draw(SETS), draw(SETS))
        history.append(completion)
    return history


def unsent(wanted: tuple[Entry, ...], sent: set[tuple[int, int]]) -> list[Entry]:
    """Those of the entries *wanted* that nobody sent before."""
    found = list[Entry]()
    for key, offset, value in wanted:
        if (key, value) not in sent:
            sent.add((key, value))
            found.append((key, offset, value))
    return found


def as_edn(history: History) -> list[str]:
    """The lines of its file."""
    return [line for op in history for line in (invocation(op), completion(op))]


def head(op: Completion, kind: str) -> str:
    """What both lines of an operation begin with."""
    return f":process {op.process}, :type :{kind}, :f :{op.f}"


def invocation(op: Completion) -> str:
    """Its first line."""
    asks = " ".join([*(f"[:send {key} {value}]" for key, _, value in op.sends), *("[:poll]" for _ in op.polls[:1])])
    what = keys_of(op) if op.f in {"assign", "subscribe"} else asks
    return f"{{:index {2 * op.index}, {head(op, 'invoke')}, :value [{what}]}}"


def completion(op: Completion) -> str:
    """Its second line."""
    sends = [f"[:send {key} {'' if offset is None else '['}{there(offset, value)}]" for key, offset, value in op.sends]
    pairs = dict[int, list[str]]()
    for key, offset, value in op.polls:
        pairs.setdefault(key, []).append(f"[{'nil' if offset is None else offset} {value}]")
    polls = " ".join(f"{key} [{' '.join(each)}]" for key, each in pairs.items())
    what = keys_of(op) if op.f in {"assign", "subscribe"} else " ".join([*sends, f"[:poll {{{polls}}}]"])
    log = (
        f", :rebalance-log [{{:keys [{' '.join(map(str, op.rebalanced))}], :type :assigned}}]" if op.rebalanced else ""
    )
    return f"{{:index {2 * op.index + 1}, {head(op, op.type)}, :value [{what}]{log}}}"


def there(offset: int | None, value: int) -> str:
    """The end of a send that completed: with its offset, or the bare value."""
    return str(value) if offset is None else f"{offset} {value}]"


def keys_of(op: Completion) -> str:
    """What an assignment asks for."""
    return " ".join(map(str, sorted(op.keys)))
