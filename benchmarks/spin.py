"""
SPIN, the yardstick of the explorer: our own Promela models of two systems, compiled and searched.

Usage: python benchmarks/spin.py two_phase --managers 9, or python benchmarks/spin.py replication --replicas 3
--log-size 2 --records 2 --max-leader-epoch 2 --strong-isr 1. Needs spin and gcc. Prints one JSON document: the distinct
states, the transitions, the CPU seconds of the search and the memory that it took.
"""

import argparse
import json
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import attrs

MODELS = Path(__file__).parent / "spin"
DEFAULTS = {
    "two_phase": {"managers": 5},
    "replication": {"replicas": 3, "log_size": 2, "records": 2, "max_leader_epoch": 1, "strong_isr": 0},
}
HASH_TABLE_BITS = 26


@attrs.frozen
class SpinRun:
    """
    What SPIN says of a model that it has searched completely, without reduction.

    Attributes:
        distinct_states: States stored.
        transitions: Successors generated, known ones and self-loops included. SPIN prints eight digits.
        seconds: CPU seconds in user mode of the search alone, not of generating and compiling it.
        elapsed_seconds: What SPIN measured by the clock.
        peak_kilobytes: What SPIN allocated. The hash table is in it, however empty: 8 bytes for each entry.
    """

    distinct_states: int
    transitions: int
    seconds: float
    elapsed_seconds: float
    peak_kilobytes: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    models = parser.add_subparsers(dest="model", required=True)
    for model, defaults in DEFAULTS.items():
        options = models.add_parser(model, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        options.add_argument("--hash-table-bits", type=int, default=HASH_TABLE_BITS, help="entries, as a power of two")
        for name, default in defaults.items():
            options.add_argument(f"--{name.replace('_', '-')}", type=int, default=default, help=" ")
    given = vars(parser.parse_args())
    print(json.dumps(given | attrs.asdict(run(**given)), indent=1))


def run(model: str, *, hash_table_bits: int = HASH_TABLE_BITS, **parameters: int) -> SpinRun:
    """
    Search a model, with the defaults for the parameters that are not given.

    Raises:
        ValueError: There is no such model, or it has no such parameter.
        RuntimeError: A tool is missing or has failed, an assertion was violated, or the search is not complete.
    """
    if model not in DEFAULTS:
        raise ValueError(f"no model is called {model}: there are {', '.join(DEFAULTS)}")
    if unknown := parameters.keys() - DEFAULTS[model].keys():
        raise ValueError(f"{model} has no {', '.join(sorted(unknown))}: it has {', '.join(DEFAULTS[model])}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = definitions(model, DEFAULTS[model] | parameters) + (MODELS / f"{model}.pml").read_text()
        (folder / "model.pml").write_text(source)
        output_of(folder, "spin", "-a", "model.pml")
        output_of(folder, "gcc", "-O2", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c")
        before = user_seconds()
        output = output_of(folder, str(folder / "pan"), f"-w{hash_table_bits}")
        return read(output, user_seconds() - before)


def definitions(model: str, parameters: dict[str, int]) -> str:
    """The macros that a model says the runner defines."""
    lines = [f"#define {name.upper()} {value}" for name, value in parameters.items()]
    if model == "two_phase":
        lines.append(each("MANAGER", range(parameters["managers"])))
    else:
        replicas = range(parameters["replicas"])
        lines.append(each("REPLICA", replicas))
        lines.append(each("EPOCH", range(parameters["max_leader_epoch"] + 1)))
        lines.append(each("OFFSET", range(parameters["log_size"])))
        lines += [each(f"FOLLOWER_OF_{leader}", (r for r in replicas if r != leader)) for leader in replicas]
    return "\n".join([*lines, ""])


def each(name: str, numbers: Iterable[int]) -> str:
    """A macro that repeats an action: for each number, with that and what else the macro is given."""
    repeated = " ".join(f"action({number}, ##__VA_ARGS__)" for number in numbers)
    return f"#define EACH_{name}(action, ...) {repeated}"


def output_of(folder: Path, tool: str, *arguments: str) -> str:
    """What a tool prints."""
    if shutil.which(tool) is None:
        raise RuntimeError(f"{tool} is not installed: this benchmark needs spin and gcc")
    done = subprocess.run([tool, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def user_seconds() -> float:
    """CPU seconds in user mode of the children that have ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def read(output: str, seconds: float) -> SpinRun:
    """What the search printed. SPIN stores the initial state by a transition of its own, which does not count."""
    if "errors: 0" not in output or "max search depth too small" in output or "Search not completed" in output:
        raise RuntimeError(f"the search ended with an error, or early:\n{output}")
    stored = round(number(r"(\S+) states, stored", output))
    return SpinRun(
        distinct_states=stored,
        transitions=stored + round(number(r"(\S+) states, matched", output)) - 1,
        seconds=round(seconds, 3),
        elapsed_seconds=number(r"elapsed time (\S+) seconds", output),
        peak_kilobytes=round(number(r"(\S+)\s+total actual memory usage", output) * 1024),
    )


def number(pattern: str, output: str) -> float:
    """The number that the output has in the pattern's group."""
    found = re.search(pattern, output)
    assert found, output
    return float(found[1])


if __name__ == "__main__":
    main()
