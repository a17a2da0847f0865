"""The command line: what can be said, and nothing that takes long to load."""

import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from cyclopts import CycloptsError, Group, Parameter

from ackproof.app import app
from ackproof.pipeline_commands import explore, repair, show, sweep, verify

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

cluster_form = Group("Of a cluster")
simulation_form = Group("Without --bootstrap: of a simulated pipeline")


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
    from ackproof.recalling import answer

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
    from ackproof.proving import answer

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
    from ackproof.replaying import answer

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
    from ackproof.checking import answer

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
    from ackproof.explaining import answer

    return answer(trace, format)


@app.command
def init(
    files: Annotated[tuple[str, ...], Parameter(show=True)] = (),
    /,
    *,
    topic: str | None = None,
    producer: Path | None = None,
    consumer: Path | None = None,
    topic_config: Path | None = None,
    bootstrap: str | None = None,
    name: str | None = None,
    output: Path | None = None,
    force: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """
    Begin a pipeline file from what configures the pipeline already.

    The file names those that settings come from, which are read anew each time: verdicts point at their lines, and
    repairs are written into them. Exit code: 0 it is written, 2 nobody answers, 3 bad usage or a bad file.

    Parameters
    ----------
    files
        Properties files, a Spring application.yml, Strimzi manifests, compose files, and what kafka-topics or
        kafka-configs --describe print; FILE#NAME for one topic, service or profile of several. Left out, those that
        are here under their usual names.
    topic
        The topic, where files have several, or of the cluster.
    producer
        A properties file of the producer.
    consumer
        A properties file of the consumer.
    topic_config
        A properties file of the topic.
    bootstrap
        Servers of a cluster to ask for the topic's settings, HOST:PORT; it is only read.
    name
        The pipeline's name; left out, the topic's.
    output
        Where to write it; left out, NAME.ackproof.toml here; - for standard output.
    force
        Replace a file that is there.
    """
    from ackproof.beginning import Asked, answer

    return answer(Asked(files, producer, consumer, topic_config, topic, name, output, force, bootstrap))


@app.command
def serve(
    *,
    port: int = 9092,
    topic: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    set: Annotated[tuple[str, ...], Parameter(negative="")] = (),  # noqa: A002  # the option's name is a contract
    data: Path | None = None,
) -> int:
    """
    Put the reference broker on a socket, for clients on this machine, until SIGTERM.

    Exit code: 0 it was stopped, 3 bad usage.

    Parameters
    ----------
    port
        Where to listen, on 127.0.0.1 only; 0 for any that is free.
    topic
        A topic that is to be there, NAME:PARTITIONS; may be repeated.
    set
        A broker setting by Kafka's own key, KEY=VALUE; may be repeated.
    data
        The folder to keep everything in; left out, nothing is kept.
    """
    from ackproof.serving import answer

    return answer(port, topic, set, data)


@app.command
def lag(
    groups: Annotated[tuple[str, ...], Parameter(show=True)] = (),
    /,
    *,
    bootstrap: Annotated[str | None, Parameter(group=cluster_form)] = None,
    verbose: Annotated[bool, Parameter(group=cluster_form, negative="")] = False,
    format: Annotated[Literal["text", "prometheus"], Parameter(group=cluster_form)] = "text",  # noqa: A002  # a contract
    rate: Annotated[float, Parameter(group=simulation_form)] = 100.0,
    processing: Annotated[float, Parameter(group=simulation_form)] = 5.0,
    consumers: Annotated[int, Parameter(group=simulation_form)] = 1,
    partitions: Annotated[int, Parameter(group=simulation_form)] = 1,
    seconds: Annotated[int, Parameter(group=simulation_form)] = 600,
    event: Annotated[tuple[str, ...], Parameter(group=simulation_form, negative="")] = (),
    seed: Annotated[int, Parameter(group=simulation_form)] = 0,
) -> int:
    """
    Show how far consumers are behind: those of a cluster, or of a pipeline that is simulated, and why.

    Exit code: 0 it is told, 2 nobody answers, 3 bad usage or no such group.

    Parameters
    ----------
    groups
        Groups of the cluster; left out, all.
    bootstrap
        Servers of the cluster, HOST:PORT,HOST:PORT.
    verbose
        With leader epochs.
    format
        A table as kafka-consumer-groups prints it, or what Prometheus scrapes.
    rate
        Records that arrive per second.
    processing
        Milliseconds that a record takes.
    consumers
        How many consumers there are.
    partitions
        How many partitions.
    seconds
        How long to simulate.
    event
        What goes wrong, as KIND@START-END in seconds: spike, stuck, rebalancing, hanging-transaction; may be repeated.
    seed
        Of the simulation.
    """
    from ackproof.lagging import Simulated, described_groups, simulated

    if bootstrap is not None:
        return described_groups(bootstrap, groups, format, is_verbose=verbose)
    return simulated(Simulated(rate, processing, consumers, partitions, seconds, event, seed))


def main() -> NoReturn:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        result = app(exit_on_error=False, print_error=True)
    except CycloptsError:
        sys.exit(BAD_USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:  # whatever is left is our fault, and says so
        traceback.print_exc()
        sys.stderr.write("ackproof: this is a fault of ackproof itself\n")
        sys.exit(OUR_FAULT)
    sys.exit(result if isinstance(result, int) else 0)
