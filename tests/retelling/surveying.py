"""
Replays every counterexample to any pipelines on the reference, and prints what is not replayed.

Usage: python -m tests.retelling.surveying {producer,consumer,whole,transactions} FIRST LAST
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ackproof.retelling.retracing import read_trace
from tests.retelling.any_pipeline import KINDS
from tests.retelling.test_replaying_on_reference import outcome, traces_of


def outcomes(kind: str, number: int) -> Iterator[tuple[str, str]]:
    """Of each claim that the pipeline of that number breaks: its name, and "replayed" or why it is not."""
    with TemporaryDirectory() as folder:
        pipeline = Path(folder) / "any.ackproof.toml"
        pipeline.write_text(KINDS[kind](number), encoding="utf-8")
        for file in traces_of(pipeline, Path(folder)):
            yield file.name.removesuffix(".itf.json"), outcome(read_trace(file))


def main() -> None:
    """Survey and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    given = parser.parse_args()
    count = Counter[bool]()
    for number in range(given.first, given.last):
        for claim, said in outcomes(given.kind, number):
            count[said == "replayed"] += 1
            if said != "replayed":
                print(f"{number}  {claim}  {said}", flush=True)
    print(f"{count[True]} of {count.total()} replayed")


if __name__ == "__main__":
    main()
