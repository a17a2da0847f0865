"""
How long ``ackproof check`` takes for a history of a million operations: half of them sends, half of them polls.

Prints one JSON document.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ackproof.commands.checking import check

PARTITIONS = 8
CLIENT = {"acks": "all", "idempotence": True, "isolation": "read_committed", "group": "g"}
HEADER = {"ktrace": 1, "config": {"c": CLIENT, "broker": {"min_isr": 2, "unclean": False, "retention": "none"}}}


def ktrace(operations: int) -> Iterator[str]:
    """Lines of our own format."""
    yield json.dumps(HEADER)
    n = 0
    for number in range(operations):
        record, is_poll = divmod(number, 2)
        part, offset = f"orders/{record % PARTITIONS}", record // PARTITIONS
        sent = {"s": part, "id": record}
        polled = {"p": [{"part": part, "off": [offset], "id": [record]}]}
        begun = {} if is_poll else {"m": [sent]}
        ended = polled if is_poll else {**sent, "off": offset}
        yield json.dumps({"n": n, "e": "inv", "op": number, "who": "c", "f": "poll" if is_poll else "send", **begun})
        yield json.dumps({"n": n + 1, "e": "ret", "op": number, "out": "ok", "m": [ended]})
        n += 2


def edn(operations: int) -> Iterator[str]:
    """Lines of Jepsen's."""
    for number in range(operations):
        record, is_poll = divmod(number, 2)
        key, offset = record % PARTITIONS, record // PARTITIONS
        begun = "[:poll]" if is_poll else f"[:send {key} {record}]"
        ended = f"[:poll {{{key} [[{offset} {record}]]}}]" if is_poll else f"[:send {key} [{offset} {record}]]"
        rest = f":process 0, :f {':poll' if is_poll else ':send'}"
        yield f"{{:index {2 * number}, :type :invoke, {rest}, :value [{begun}]}}"
        yield f"{{:index {2 * number + 1}, :type :ok, {rest}, :value [{ended}]}}"


def measured(lines: Iterator[str], suffix: str) -> dict[str, object]:
    """How long one file takes."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"history{suffix}"
        file.write_text("\n".join(lines))
        begun = time.perf_counter()
        finding = check(file)
        return {"verdict": finding.answer, "seconds": round(time.perf_counter() - begun, 2)}


def main() -> None:
    """Measure both formats."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--operations", type=int, default=1_000_000)
    operations = parser.parse_args().operations
    found = {"jsonl": measured(ktrace(operations), ".jsonl"), "edn": measured(edn(operations), ".edn")}
    print(json.dumps({"operations": operations, **found}))


if __name__ == "__main__":
    main()
