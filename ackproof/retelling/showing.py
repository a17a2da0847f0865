"""``ackproof show``: executions of a pipeline that show something interesting, without anything being wrong."""

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

import attrs
from rich.console import Console
from rich.text import Text

from ackproof.config.files.nearest import nearest
from ackproof.config.inquiries import Inquiry, inquiries
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import BadConfiguration, Overrides, read_pipeline
from ackproof.model.system import System
from ackproof.properties.claims import BASIC, IN_TRANSACTIONS, INTERESTING, INVARIANTS
from ackproof.properties.property import Property
from ackproof.reports.story.telling import told
from ackproof.reports.text import complain, hanging, plural, rendered
from ackproof.search.witnesses import Reached, witnesses
from ackproof.traces.trace import Trace

BAD_USAGE, NONE_FOUND = 3, 1


@attrs.frozen
class Part:
    """
    A part of a pipeline that is a system of its own.

    Attributes:
        conditions: What may be looked for in it by name, beside its actions.
        claims: What is to hold in each of its states.
    """

    where: str
    system: System
    conditions: Mapping[str, Property]
    claims: Mapping[str, Property]

    @property
    def names(self) -> list[str]:
        """Conditions, and actions."""
        actions = sorted({act.name.replace(" ", "-") for act in self.system.actions})
        return [*self.conditions, *actions]

    def reached(self, name: str) -> Reached:
        """Whether a step shows what has that *name*."""
        condition = self.conditions.get(name)
        if condition is None:
            return lambda step, _after: step.action.name.replace(" ", "-") == name
        return lambda _step, after: condition({**self.system.rules, **after})


def parts(pipeline: Pipeline) -> dict[str, Part]:
    """The parts of a pipeline by where they are."""
    found = dict[str, Part]()
    for basic in BASIC:
        for inquiry in inquiries(pipeline, basic):
            if inquiry.where not in found:
                found[inquiry.where] = part(inquiry)
    return found


def part(inquiry: Inquiry) -> Part:
    """A part, with the conditions that its components can satisfy."""
    system = inquiry.system(False)
    known = {**system.rules, **system.initial}.keys()
    conditions = {each.name.replace("_", "-"): each for each in interesting(inquiry) if set(each.reads) <= known}
    claims = {name: each for name, each in claimed(inquiry) if set(each.reads) <= known}
    return Part(inquiry.where, system, conditions, claims)


def claimed(inquiry: Inquiry) -> Iterator[tuple[str, Property]]:
    """What is to hold of such a part."""
    yield from INVARIANTS[inquiry.half].items()
    yield from ((claim, holds) for claim, (holds, _) in IN_TRANSACTIONS.items())
    yield inquiry.basic, inquiry.holds


def interesting(inquiry: Inquiry) -> Iterator[Property]:
    """Conditions that some state satisfies."""
    yield from inquiry.looks_for
    for conditions in INTERESTING[inquiry.half].values():
        yield from conditions
    yield from (matters for _, matters in IN_TRANSACTIONS.values())


@attrs.frozen
class Wish:
    """
    What to show.

    Attributes:
        witness: The name of a condition or an action.
        several: How many executions.
        faults: What replaces the faults of the file.
        graph: The file to draw the states of a part to.
        part: Where that is; None for the only part.
    """

    witness: str | None = None
    several: int = 1
    faults: str | None = None
    graph: Path | None = None
    part: str | None = None


def answer(path: Path, wish: Wish) -> int:
    """Show what is wished for, or what there is to wish for; the exit code."""
    if wish.several < 1 or (wish.part is not None and wish.graph is None):
        complain("--several takes numbers from 1 up, and --part needs --graph")
        return BAD_USAGE
    try:
        pipeline = read_pipeline(path, overrides=Overrides(faults=wish.faults))
    except BadConfiguration as bad:
        return complain_of(bad)
    console, known = Console(highlight=False), parts(pipeline)
    if wish.graph is not None:
        return drawn(known, wish.part, wish.graph)
    witness = wish.witness
    if witness is None:
        sys.stdout.write(rendered(console, partial(show_names, console, known)))
        return 0
    named = [each for each in known.values() if witness in each.names]
    if not named:
        close = nearest(witness, [name for each in known.values() for name in each.names], 0.0)
        complain(f"nothing here is called {witness}; did you mean {close}?")
        return BAD_USAGE
    return shown(console, named, witness, wish.several)


def drawn(known: Mapping[str, Part], where: str | None, file: Path) -> int:
    """Draw the states of a part to a *file*; the exit code."""
    from ackproof.retelling.graphing import SUFFIXES, TooLargeError, graph, write

    chosen = where or (next(iter(known)) if len(known) == 1 else None)
    if chosen is None or chosen not in known:
        complain(f"say which part with --part: {', '.join(known)}")
        return BAD_USAGE
    if file.suffix not in SUFFIXES:
        complain(f"{file}: a graph is written to NAME{' or NAME'.join(SUFFIXES)}")
        return BAD_USAGE
    try:
        write(graph(known[chosen]), file)
    except TooLargeError as problem:
        complain(f"{problem}: ask for fewer records or faults")
        return NONE_FOUND
    except OSError as problem:
        complain(f"can not write {file}: {problem.strerror}")
        return BAD_USAGE
    return 0


def shown(console: Console, named: list[Part], witness: str, several: int) -> int:
    """Print the executions; 1 if there is none."""
    found = 0
    for each in named:
        for trace in islice(witnesses(each.system, each.reached(witness)), several):
            found += 1
            sys.stdout.write(rendered(console, partial(show, console, each, trace, found)))
    if not found:
        complain(f"no execution was found that shows {witness}")
    return 0 if found else NONE_FOUND


def show_names(console: Console, known: Mapping[str, Part]) -> None:
    """Print what may be asked for."""
    for each in known.values():
        console.print(Text(each.where, style="bold"))
        hanging(console, Text("conditions"), Text(", ".join(each.conditions)))
        hanging(console, Text("actions"), Text(", ".join(name for name in each.names if name not in each.conditions)))


def show(console: Console, where: Part, trace: Trace, number: int) -> None:
    """Print one execution."""
    console.print(Text(f"{number}. in {plural(len(trace), 'step')}, {where.where}", style="bold"))
    for move in told(trace).moves:
        ends = move.source if move.target is None else f"{move.source} → {move.target}"
        fault = (f"  ⚡{move.fault}", "bold red") if move.fault else ""
        hanging(console, Text(f"{move.number:>4}", style="dim"), Text.assemble((f"{ends}: ", "bold"), move.says, fault))
    console.print()


def complain_of(bad: BadConfiguration) -> int:
    """Say what is wrong with a configuration, and where; the exit code."""
    complain(bad)
    return BAD_USAGE
