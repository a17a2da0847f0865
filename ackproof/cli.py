"""The command line: what can be said, and nothing that takes long to load."""

import os
import sys
import tempfile
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from cyclopts import CycloptsError, Parameter

from ackproof.commands.app import app
from ackproof.commands.clusters import init, lag, serve
from ackproof.commands.pipelines import explore, repair, show, sweep, verify

__all__ = [
    "bugs",
    "check",
    "explain",
    "explore",
    "init",
    "lag",
    "main",
    "prove",
    "repair",
    "replay",
    "serve",
    "show",
    "sweep",
    "verify",
]

BAD_USAGE, OUR_FAULT, INTERRUPTED = 3, 4, 130


@app.command
def bugs(
    numbers: Annotated[tuple[str, ...], Parameter(show=True)] = (),
    /,
    *,
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
    budget: float = 60.0,
) -> int:
    """
    Find bugs that Kafka and its clients really had.

    Exit code: 0 each is found under the rules that had it, and not under those that fixed it; 1 one is not.

    Parameters
    ----------
    numbers
        Tickets such as KAFKA-17754, each drawn in full; left out, the whole record in brief.
    format
        How to print what was found.
    budget
        Seconds for each search.
    """
    from ackproof.commands.recalling import answer

    return answer(numbers, form=format, budget_s=budget)


@app.command
def prove(
    names: Annotated[tuple[str, ...], Parameter(show=True)] = (),
    /,
    *,
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
) -> int:
    """
    Prove what holds for any number of records, retries and replicas.

    Exit code: 0 each theorem is proved, and fails where one of its rules is broken; 1 one is not.

    Parameters
    ----------
    names
        Theorems; left out, all.
    format
        How to print what became of them.
    """
    from ackproof.commands.proving import answer

    return answer(names, form=format)


@app.command
def replay(trace: Path, /, *, on: Literal["model", "reference"] = "model") -> int:
    """
    Take a trace again, step by step.

    Exit code: 0 it is an execution and breaks its claim, 1 it does not break it any more, or the reference can not be
    brought to take it, 3 it is no trace, or none of the model as it is now.

    Parameters
    ----------
    trace
        A counterexample's trace, as ``verify --format json`` prints it.
    on
        Also on the executable reference implementation, in bytes and offsets.
    """
    from ackproof.retelling.replaying import answer

    return answer(trace, on)


@app.command
def check(
    history: Path,
    /,
    *,
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
    ww: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """
    Judge a recorded history of a real system.

    Exit code: 0 it is valid, 1 there is an anomaly that is not allowed, 2 it does not say enough, 3 it is no history.

    Parameters
    ----------
    history
        What clients did: JSON lines of docs/histories.md, or Jepsen's NAME.edn.
    format
        How to print what was found.
    ww
        Let cycles go by way of the order of writes, too.
    """
    from ackproof.commands.checking import answer

    return answer(history, format, with_ww=ww)


@app.command
def explain(
    trace: Path,
    /,
    *,
    format: Literal["text", "mermaid", "plantuml", "shiviz", "pytest"] = "text",  # noqa: A002  # a contract
) -> int:
    """
    Tell a trace as a story: who does what to whom, what that changes, and what is to blame.

    Exit code: 0 it is told, 3 it is no trace, or none of the model as it is now.

    Parameters
    ----------
    trace
        A counterexample's trace, as ``verify --report`` writes it.
    format
        For a terminal, as a diagram of another tool, or as a test file that fails for as long as it can happen.
    """
    from ackproof.retelling.explaining import answer

    return answer(trace, format)


def main() -> NoReturn:
    """Run the command line and exit."""
    # kio imports Hypothesis, which would leave a folder where the command runs.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "ackproof-hypothesis"))
    # Python has None for a stream that is closed.
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115  # it stays open until the end
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        result = app(exit_on_error=False, print_error=True)
        sys.stdout.flush()
    except CycloptsError:
        sys.exit(BAD_USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as problem:
        sys.exit(failed(problem))
    sys.exit(result if isinstance(result, int) else 0)


def failed(problem: Exception) -> int:
    """Tell of a *problem* that nobody told of: what is not about standard output is our fault; the exit code."""
    if isinstance(problem, OSError) and is_lost():
        sys.stderr.write(f"ackproof: can not write to standard output: {problem.strerror}\n")
        return BAD_USAGE
    traceback.print_exception(problem)
    sys.stderr.write("ackproof: this is a fault of ackproof itself\n")
    return OUR_FAULT


def is_lost() -> bool:
    """Whether standard output takes nothing any more; what it still holds is then dropped."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False
