"""
Writes docs/benchmarks.md from what benchmarks/compare.py and benchmarks/growth.py print.

Usage: python docs/benchmarks.py, from the top of the repository: it runs both, which takes some minutes, and wants a
quiet machine. Documents that they have printed already are taken with --compare FILE and --growth FILE.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "benchmarks.md"
SCRIPTS = Path(__file__).parent.parent / "benchmarks"
Document = dict[str, Any]

LARGE = 100_000
"""From so many states on memory goes to states."""

INTRODUCTION = """\
# Benchmarks

What the search costs, beside [SPIN](https://spinroot.com) and beside the brute-force oracle of the tests.
`python docs/benchmarks.py` measures everything but the simulator again and writes this page.

- All contenders search the same states and count the same transitions, without any reduction, each in a process of its
  own, one after another in turn, {rounds} rounds. Figures are medians.
- *Seconds* are those of the search alone, by the clock; *whole process* has everything in it: starting Python and
  loading the compiled kernels, or generating and compiling SPIN's verifier. Kernels are compiled once for a machine,
  before.
- *Times ours* compares with ackproof and one worker within each round. Small systems measure the start, not the search.
- *Bytes a state* is the peak of memory. Of ours, what Python had before the search is taken off; SPIN's hash table has
  2^26 entries of 8 bytes from the start. Of small systems it says nothing and is left out.
- *Python calls* is how often an action was asked for its outcomes. All other successors come from tables.
- SPIN is run on our own models (`benchmarks/spin/`), depth first, compiled with `-O2 -DSAFETY -DNOREDUCE`.

Measured with Python {python} on {system} and {processors} processors ({architecture}, {gigabytes} GB) that other work
shares; the load was {load_before} before and {load_after} after.
"""

GROWTH = """\
## How a verdict grows

The halves of a pipeline, one size varied at a time, the others as by default: 3 records, 3 replicas, 2 consumers, any 2
faults. Every state is searched, for all claims at once, with the reductions that the systems declare:
`{command}`. Seconds are medians of {runs} runs in one process.
"""
GROWTH_COMMAND = "python benchmarks/growth.py"

SIMULATOR = """\
## The simulator

The reference implementation on a virtual clock: three brokers, two producers, a group of two consumers and three
faults, run over and over, each time from another seed: `python benchmarks/simulator.py --seconds 30`. A delivery is a
request or an answer that arrives. This is measured by hand, as it wants a core of its own; starting a cluster counts.

| | processes | deliveries in a second of processor time |
| --- | --- | --- |
| on a core of its own | 1 | 20,400 to 21,500 |
| on the two processors above, under load | 1 | 17,300 |

`--processes P` runs P at once, and says how many deliveries there are in a second by the clock.
"""


def main() -> None:
    """Measure, if need be, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", type=Path, metavar="FILE", help="what benchmarks/compare.py has printed")
    parser.add_argument("--growth", type=Path, metavar="FILE", help="what benchmarks/growth.py has printed")
    given = parser.parse_args()
    compare, growth = document("compare", given.compare), document("growth", given.growth)
    PAGE.write_text(page(compare, growth), encoding="utf-8")


def document(script: str, printed: Path | None) -> Document:
    """What a script has printed, or prints now."""
    command = [sys.executable, str(SCRIPTS / f"{script}.py")]
    text = printed.read_text() if printed else subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    read: Document = json.loads(text)
    return read


def page(compare: Document, growth: Document) -> str:
    """The page."""
    halves = [grown for half in ("produce", "consume") for grown in growth["growth"] if grown["half"] == half]
    parts = [
        INTRODUCTION.format(**compare["machine"], rounds=compare["rounds"]),
        *(f"{who} was left out: {why}.\n" for who, why in compare["left_out"].items()),
        *map(section, compare["cases"]),
        GROWTH.format(command=GROWTH_COMMAND, runs=growth["runs"]),
        *map(series, halves),
        SIMULATOR,
    ]
    return "\n".join(parts)


def section(case: Document) -> str:
    """One system and all who searched it."""
    counts = f"{case['distinct_states']:,} distinct states, {case['transitions']:,} transitions."
    is_large = case["distinct_states"] >= LARGE
    titles = ("", "seconds", "lowest to highest", "times ours", "whole process", "bytes a state", "Python calls")
    rows = table((*titles, "command"), (row(who, is_large=is_large) for who in case["contenders"]))
    return "\n".join((f"## {case['title']}", "", counts, "", rows))


def row(contender: Document, *, is_large: bool) -> Iterator[str]:
    """The cells of one contender."""
    memory, calls = contender["bytes_per_state"], contender["python_calls"]
    yield contender["contender"]
    yield seconds(contender["seconds"])
    yield f"{seconds(contender['seconds_lowest'])} to {seconds(contender['seconds_highest'])}"
    yield f"{contender['times_as_long']:.2f}"
    yield seconds(contender["process_seconds"])
    yield f"{memory:.0f}" if memory is not None and is_large else ""
    yield "" if calls is None else f"{calls:,}"
    yield f"`{contender['command']}`"


def series(grown: Document) -> str:
    """How one half grows with one size."""
    size = grown["size"]
    rows = [
        (
            str(search[size]),
            *(f"{search[name]:,}" for name in ("distinct_states", "transitions", "python_calls")),
            seconds(search["seconds"]),
        )
        for search in grown["searches"]
    ]
    return table((f"{grown['half']}: {size}", "distinct states", "transitions", "Python calls", "seconds"), rows)


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table: the first column is text, the others are numbers or code."""
    head = line(titles)
    return "\n".join((head, line("---" for _ in titles), *map(line, rows), ""))


def line(cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"


def seconds(number: float) -> str:
    """Seconds, to what can be told apart."""
    return f"{number:.2f}" if number >= 0.1 else f"{number:.3f}"


if __name__ == "__main__":
    main()
