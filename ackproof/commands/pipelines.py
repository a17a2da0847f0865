"""Commands about pipelines: what they promise, what repairs them, which of many are safe."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from ackproof.commands.app import Whole, app

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
    changed: Annotated[bool, Parameter(negative="")] = False,
    claim: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    kafka: str | None = None,
    faults: str | None = None,
    records: Whole | None = None,
    budget: float | None = None,
    format: Literal["text", "json", "markdown", "sarif", "junit"] = "text",  # noqa: A002  # a contract
    output: Path | None = None,
    report: Path | None = None,
    workers: Annotated[Whole, Parameter(group=search_form)] = 1,
    memory: Annotated[Whole | None, Parameter(group=search_form)] = None,
    resume: Annotated[bool, Parameter(group=search_form, negative="")] = False,
    reductions: Annotated[str, Parameter(group=search_form)] = "urgency,symmetry,slicing",
    walks: Annotated[Whole, Parameter(group=search_form)] = 0,
    seed: Annotated[Whole, Parameter(group=search_form)] = 0,
    repair: bool = True,
) -> int:
    """
    Judge what pipelines promise.

    Exit code: 0 every claim holds, 1 one is violated, 2 one is unknown, 3 bad configuration or usage, 4 our fault.

    Parameters
    ----------
    pipelines
        Pipeline files, NAME.ackproof.toml.
    changed
        The files are what has changed: judge the pipelines among them and those that name one, pass over the others.
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
    report
        The folder to write a page to that shows each violation step by step, and the traces beside it.
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
    repair
        Look for the smallest changes that make each violated claim hold.
    """
    from ackproof.commands.verifying import Call, Form, answer

    form = Form(producer, consumer, topic)
    if changed:
        from ackproof.config.naming import concerned

        pipelines = concerned(pipelines)
        if not pipelines:
            return 0
    return answer(
        Call(pipelines, form, claim, kafka, faults, records, budget, format, output, report),
        workers=workers,
        memory=memory,
        resume=resume,
        reductions=reductions,
        walks=walks,
        seed=seed,
        repair=repair,
    )


@app.command
def show(
    pipeline: Path,
    /,
    *,
    witness: str | None = None,
    several: Whole = 1,
    faults: str | None = None,
    graph: Path | None = None,
    part: str | None = None,
) -> int:
    """
    Show how something interesting comes about, without anything being wrong.

    Exit code: 0 it is shown, 1 nothing shows it, 3 bad configuration or usage.

    Parameters
    ----------
    pipeline
        A pipeline file, NAME.ackproof.toml.
    witness
        A condition or an action; left out, all that there are.
    several
        How many executions, each with other actions.
    faults
        Kinds of fault that may happen, KIND,KIND:N with N at most of that kind.
    graph
        Draw the states of a part to NAME.dot or NAME.graphml, if they are few enough for a picture.
    part
        Which part that is.
    """
    from ackproof.retelling.showing import Wish, answer

    return answer(pipeline, Wish(witness, several, faults, graph, part))


@app.command
def explore(pipeline: Path, /, *, port: Whole = 8077, faults: str | None = None) -> int:
    """
    Walk through a pipeline step by step, on a page on this machine.

    Exit code: 0 it was stopped by Ctrl-C, 3 bad configuration or usage.

    Parameters
    ----------
    pipeline
        A pipeline file, NAME.ackproof.toml.
    port
        Where the page is, on 127.0.0.1 only; 0 for any that is free.
    faults
        Kinds of fault that may happen, KIND,KIND:N with N at most of that kind.
    """
    from ackproof.retelling.exploring import answer

    return answer(pipeline, port, faults)


@app.command
def repair(
    pipeline: Path,
    /,
    *,
    budget: float = 60.0,
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
    write: Annotated[bool, Parameter(negative="")] = False,
    choose: Whole = 1,
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
    write
        Write one into the files that its keys come from, after a diff; nothing else in them changes.
    choose
        Which one to write, counted from 1.
    """
    from ackproof.commands.repairing import answer

    return answer(pipeline, budget_s=budget, form=format, writes=write, choose=choose)


@app.command
def sweep(
    pipelines: Annotated[tuple[Path, ...], Parameter(show=True)],
    /,
    *,
    vary: Annotated[tuple[str, ...], Parameter(negative="")],
    format: Literal["text", "json"] = "text",  # noqa: A002  # the option's name is a contract
    html: Path | None = None,
    jobs: Whole = 1,
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
    from ackproof.commands.executing import Where
    from ackproof.commands.sweeping import answer

    return answer(pipelines, vary, form=format, html=html, where=Where(jobs, backend, scheduler))
