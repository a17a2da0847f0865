"""Checking: whether a run kept what the application was promised. Claims are those of ``ackproof verify``."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import attrs

from ackproof.reference.simulator.history import Event, Fact, History


@attrs.frozen
class Processed:
    """
    A record as it was processed, or as a perfect reader of what is left sees it.

    Attributes:
        transaction: In which it was sent.
    """

    record: str
    stream: tuple[Fact, ...]
    transaction: Fact


@attrs.frozen
class Broken:
    """
    A promise that was broken.

    Attributes:
        claim: ``no-loss``, ``no-duplicates``, ``in-order``, ``no-aborted-reads`` or ``atomic``.
        records: By which records one sees it.
    """

    claim: str
    records: tuple[str, ...]


def broken(history: History) -> tuple[Broken, ...]:
    """
    The promises that *history* breaks.

    A run with consumers is judged by what they have processed; where they write what they make to a topic, by what is
    committed there. One without consumers is judged by a perfect ``read_committed`` reader of the logs that are left.
    Nothing is taken to be lost while somebody may yet process it.
    """
    processed = reading(history)
    found = {
        "no-loss": lost(history, processed) if is_through(history) else (),
        "no-duplicates": processed_twice(processed),
        "in-order": out_of_order(history, processed),
        "no-aborted-reads": aborted_reads(history, processed),
        "atomic": torn(history) if is_through(history) else (),
    }
    return tuple(Broken(claim, records) for claim, records in found.items() if records)


def is_through(history: History) -> bool:
    """Whether all was sent, and all that could be read was processed, when the run ended."""
    return any(each["is_through"] is True for each in history.of("ended"))


def reading(history: History) -> Sequence[Processed]:
    """What was processed, oldest first."""
    outputs = {each["output"] for each in history.of("joined")}
    if None in outputs:
        return [_processed(each, "record") for each in history.of("processed") if not each["is_repeat"]]
    committed = [each for each in history.of("stored") if each["is_committed"]]
    if outputs:
        return [_processed(each, "made_of") for each in committed if each["topic"] in outputs]
    return [_processed(each, "record") for each in committed]


def lost(history: History, processed: Sequence[Processed]) -> tuple[str, ...]:
    """Records that the application saw acknowledged, and that nobody processed."""
    seen = {each.record for each in processed}
    return tuple(record for record in names(history.of("acknowledged")) if record not in seen)


def processed_twice(processed: Sequence[Processed]) -> tuple[str, ...]:
    """Records that were processed more than once."""
    times = Counter(each.record for each in processed)
    return tuple(record for record, count in times.items() if count > 1)


def out_of_order(history: History, processed: Sequence[Processed]) -> tuple[str, ...]:
    """
    Records that were processed after one of the same partition and key that was sent later.

    Only first occurrences count: a repeat is no reordering.
    """
    sent = {record: place for place, record in enumerate(names(history.of("sent")))}
    latest: dict[tuple[Fact, ...], int] = defaultdict(lambda: -1)
    seen: set[str] = set()
    late: list[str] = []
    for each in processed:
        if each.record in seen or each.record not in sent:
            continue
        seen.add(each.record)
        if sent[each.record] < latest[each.stream]:
            late.append(each.record)
        latest[each.stream] = max(latest[each.stream], sent[each.record])
    return tuple(late)


def aborted_reads(history: History, processed: Sequence[Processed]) -> tuple[str, ...]:
    """Records that were processed as they stood in a transaction that its application knows to be aborted."""
    aborted = {each["transaction"] for each in history.of("aborted")}
    return tuple(each.record for each in processed if each.transaction in aborted)


def torn(history: History) -> tuple[str, ...]:
    """Inputs of which applications that commit offsets with their output have committed one without the other."""
    applications = {
        (each["group"], each["topic"], each["output"]): None
        for each in history.of("joined")
        if each["is_transactional"]
    }
    committed = [each for each in history.of("stored") if each["is_committed"]]
    found: set[str] = set()
    for group, topic, output in applications:
        made = {str(each["made_of"]) for each in committed if each["topic"] == output}
        ends = {each["partition"]: each["offset"] for each in history.of("offset-stored") if each["group"] == group}
        inputs = (each for each in committed if each["topic"] == topic)
        found |= made ^ {
            str(each["record"]) for each in inputs if _is_below(each["offset"], ends.get(each["partition"]))
        }
    return tuple(sorted(found))


def names(events: Iterable[Event]) -> dict[str, None]:
    """The records of *events*, each once and in order."""
    return dict.fromkeys(str(each["record"]) for each in events)


def _is_below(offset: Fact, end: Fact) -> bool:
    return isinstance(offset, int) and isinstance(end, int) and offset < end


def _processed(event: Event, record: str) -> Processed:
    stream = (event["topic"], event["partition"], event["key"])
    return Processed(str(event[record]), stream, event["transaction"])
