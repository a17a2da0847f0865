"""The command line: what can be said, and nothing that takes long to load."""

import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from cyclopts import App, CycloptsError, Group, Parameter

from ackproof import __version__

BAD_USAGE, OUR_FAULT, INTERRUPTED = 3, 4, 130

app = App(
    name="ackproof",
    version=__version__,
    help="Checks what a Kafka pipeline promises against the configuration that it really runs.",
    result_action="return_value",
)
properties_form = Group("Instead of PIPELINE: properties files")
search_form = Group("How to search (changes nothing about what is true)")


@app.command
def verify(
    pipelines: Annotated[tuple[Path, ...], Parameter(show=True)] = (),
    /,
    *,
    producer: Annotated[Path | None, Parameter(group=properties_form)] = None,
    consumer: Annotated[Path | None, Parameter(group=properties_form)] = None,
    topic: Annotated[Path | None, Parameter(group=properties_form)] = None,
    claim: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    kafka: str | None = None,
    faults: str | None = None,
    records: int | None = None,
    budget: float | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
    output: Path | None = None,
    workers: Annotated[int, Parameter(group=search_form)] = 1,
    memory: Annotated[int | None, Parameter(group=search_form)] = None,
    resume: Annotated[bool, Parameter(group=search_form, negative="")] = False,
    reductions: Annotated[str, Parameter(group=search_form)] = "urgency,symmetry,slicing",
    walks: Annotated[int, Parameter(group=search_form)] = 0,
    seed: Annotated[int, Parameter(group=search_form)] = 0,
) -> int:
    """
    Judge what pipelines promise.

    Exit code: 0 every claim holds, 1 one is violated, 2 one is unknown, 3 bad configuration or usage, 4 our fault.

    Parameters
    ----------
    pipelines
        Pipeline files, NAME.ackproof.toml.
    producer
        A producer's properties file.
    consumer
        A consumer's properties file.
    topic
        A topic's properties file.
    claim
        The claim to judge in place of those in the file; may be repeated.
    kafka
        The version of the brokers.
    faults
        Kinds of fault that may happen, KIND,KIND:N with N at most of that kind.
    records
        How many records there are.
    budget
        Seconds for each claim.
    format
        How to print the verdicts.
    output
        The file to write to in place of standard output.
    workers
        Threads for long searches.
    memory
        Megabytes for each search; left out, three quarters of the machine's.
    resume
        Go on where a search was interrupted or ran out of its budget.
    reductions
        Which simplifications of the search are in force: urgency, symmetry, slicing, partial-order; or none.
    walks
        Steps to walk at random where the exhaustive search ended before its time.
    seed
        Of the random walks.
    """
    from ackproof.verifying import Call, Form, answer

    call = Call(pipelines, Form(producer, consumer, topic), claim, kafka, faults, records, budget, format, output)
    return answer(call, workers=workers, memory=memory, resume=resume, reductions=reductions, walks=walks, seed=seed)


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
def repair(
    pipeline: Path,
    /,
    *,
    budget: float = 60.0,
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
) -> int:
    """
    Find the smallest changes of a configuration that make its claims hold.

    Exit code: 0 there is one, or every claim holds as it is; 1 there is none; 2 the budget ended; 3 bad configuration.

    Parameters
    ----------
    pipeline
        A pipeline file, NAME.ackproof.toml.
    budget
        Seconds to look for them.
    format
        How to print them.
    """
    from ackproof.repairing import answer

    return answer(pipeline, budget_s=budget, form=format)


@app.command
def sweep(
    pipelines: Annotated[tuple[Path, ...], Parameter(show=True)],
    /,
    *,
    vary: Annotated[tuple[str, ...], Parameter(negative="")],
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
    html: Path | None = None,
    jobs: int = 1,
    backend: Literal["loky", "dask", "ray"] = "loky",
    scheduler: str | None = None,
) -> int:
    """
    Judge every combination of chosen values of chosen keys, and name the weakest that are safe.

    Exit code: 0 some configuration of each pipeline is safe, 1 none is, 3 bad configuration or usage.

    Parameters
    ----------
    pipelines
        Pipeline files, NAME.ackproof.toml.
    vary
        A key as in the file and its values, from the weakest to the strongest: producer.config.acks=0,1,all; may be
        repeated.
    format
        How to print the cells.
    html
        A file for a heat map.
    jobs
        How many configurations to judge at once; -1 for as many as there are cores.
    backend
        What runs them: processes here, or a Dask or Ray cluster.
    scheduler
        The address of the Dask cluster.
    """
    from ackproof.executing import Where
    from ackproof.sweeping import answer

    return answer(pipelines, vary, form=format, html=html, where=Where(jobs, backend, scheduler))


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


cluster_form = Group("Of a cluster")
simulation_form = Group("Without --bootstrap: of a simulated pipeline")


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
