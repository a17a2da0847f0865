"""Verdicts for people at a terminal."""

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ackproof.properties.claims import basics_of
from ackproof.properties.verdict import Counterexample, Judgement, Remark, Verdict
from ackproof.reports import timing
from ackproof.reports.ending import ending
from ackproof.reports.lasso import FOR_EVER, NOTHING_MORE, before_the_cycle, is_lasso, waiting

MOST_KINDS_NAMED = 5

SIGN = {"holds": ("✓", "green"), "violated": ("✗", "red"), "unknown": ("?", "yellow")}


def rendered(console: Console, show: Callable[[], None]) -> str:
    """What *show* prints on *console*, without blanks at the ends of lines."""
    with console.capture() as captured:
        show()
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def complain(wrong: object) -> None:
    """Say what is *wrong* on standard error, in just these words, each line of it as one."""
    console = Console(stderr=True)
    for line in str(wrong).splitlines():
        console.print(Text(f"ackproof: {line}", style="red"), soft_wrap=True)


def show(console: Console, judgement: Judgement) -> None:
    """Print what was said of one pipeline."""
    about = ", ".join(filter(None, [judgement.file, judgement.kafka and f"Kafka {judgement.kafka}"]))
    console.print(Text.assemble((judgement.name, "bold"), f"  ({about})" if about else ""))
    for error in judgement.errors:
        show_remark(console, "error", "red", error)
    for notice in judgement.notices:
        show_remark(console, "notice", "yellow", notice)
    for verdict in judgement.verdicts:
        console.print()
        show_verdict(console, verdict)
    show_timing(console, judgement)
    console.print()


def show_timing(console: Console, judgement: Judgement) -> None:
    """What times and rates allow or rule out, if something was measured."""
    if judgement.timing:
        console.print(Text("\ntiming", style="bold"))
    for verdict in judgement.timing:
        console.print(timing.headline(verdict))
        for head, words in timing.lines(verdict):
            hanging(console, head, words)


def show_remark(console: Console, kind: str, colour: str, remark: Remark) -> None:
    """One error or notice, with file and line where there is one."""
    place = ":".join(str(part) for part in (remark.file, remark.line) if part is not None)
    words = ": ".join(part for part in (place, remark.key, remark.message) if part)
    hanging(console, Text(f"{kind}:", style=colour), Text(words))


def show_verdict(console: Console, verdict: Verdict) -> None:
    """The answer, why, and what was covered."""
    sign, colour = SIGN[verdict.answer]
    broken = [basic for basic in verdict.broken if basic != verdict.claim]
    because = f" ({', '.join(broken)})" if broken else ""
    steps = length(verdict.counterexample) if verdict.counterexample else ""
    empty = ", but emptily" if verdict.answer == "holds" and is_empty(verdict) else ""
    console.print(Text(f"{sign} {verdict.claim}: {verdict.answer}{because}{steps}{empty}", style=f"bold {colour}"))
    if verdict.accepted:
        hanging(console, Text("accepted", style="yellow"), Text(verdict.accepted))
    if verdict.counterexample:
        show_counterexample(console, verdict.counterexample)
    show_repairs(console, verdict)
    if verdict.reason:
        hanging(console, Text("because"), Text(verdict.reason))
    for empty in verdict.vacuous:
        hanging(console, Text("empty", style="yellow"), Text(empty))
    for sentence in proved(verdict):
        hanging(console, Text("proved", style="dim"), Text(sentence, style="dim"))
    hanging(console, Text("covered", style="dim"), Text(covered(verdict), style="dim"))


def proved(verdict: Verdict) -> Iterator[str]:
    """What theorems say of the claim, or of parts of it, part by part."""
    for induction in verdict.inductions:
        faults = " and faults" if induction.lifts_faults else ""
        part = "" if verdict.evidence == "inductive" else f"{induction.claim} of the {induction.half} half, "
        yield f"{part}for any number of records{faults}: {', '.join(induction.theorems)}"


def show_repairs(console: Console, verdict: Verdict) -> None:
    """What makes the claim hold, each in a line, or why nothing does."""
    for number, remedy in enumerate(verdict.repairs):
        changes = ", ".join(f"{key} = {value}{remedy.place(key)}" for key, value in remedy.changes.items())
        costs = ", ".join(dict.fromkeys(of for _, of, _ in remedy.costs))
        words = Text.assemble(f"set {changes}", (f" (verified; costs {costs})", "dim"))
        hanging(console, Text("or" if number else "repair", style="green"), words)
    if verdict.repair_reason:
        hanging(console, Text("" if verdict.repairs else "no repair"), Text(verdict.repair_reason))


def is_empty(verdict: Verdict) -> bool:
    """Whether each basic claim that it consists of is an empty one."""
    return {said.partition(":")[0] for said in verdict.vacuous} >= set(basics_of(verdict.claim))


def length(found: Counterexample) -> str:
    """How long the execution is."""
    word = "after" if is_lasso(found) else "in"
    return f" {word} {plural(before_the_cycle(found.trace), 'step')}"


def show_counterexample(console: Console, found: Counterexample) -> None:
    """The execution as numbered steps, the fault marked, and what is left at the end or never ends."""
    hanging(console, Text("expected"), Text(found.statement))
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for number, step in enumerate(found.trace.steps):
        if number == found.trace.loop:
            table.add_row("", Text(FOR_EVER, style="bold"))
        fault = step.action.fault
        says = Text.assemble(step.says, (f"  ⚡{fault}", "bold red")) if fault else Text(step.says)
        table.add_row(Text(str(number + 1), style="dim"), says)
    if found.trace.loop == len(found.trace):
        table.add_row("", Text(NOTHING_MORE, style="bold"))
    console.print(Padding(table, (0, 0, 0, 4)))
    head, sentences = ("for ever", waiting(found)) if is_lasso(found) else ("at the end", ending(found))
    for number, sentence in enumerate(sentences):
        hanging(console, Text(head if number == 0 else ""), Text(sentence))


def hanging(console: Console, head: Text, words: Text) -> None:
    """A line whose continuation is indented."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=10, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(head, words)
    console.print(Padding(table, (0, 0, 0, 2)))


def covered(verdict: Verdict) -> str:
    """What the answer covers."""
    return ", ".join(covering(verdict)) + f" ({verdict.seconds:.1f} s)"


def covering(verdict: Verdict) -> Iterator[str]:
    """What the answer covers, part by part."""
    within = bounds(verdict)
    match verdict.answer:
        case "holds" if verdict.evidence == "inductive":
            yield f"every execution with {within}: proved; {plural(verdict.distinct_states, 'state')} searched besides"
        case "holds":
            yield f"every execution with {within}: {plural(verdict.distinct_states, 'state')}, depth {verdict.depth}"
        case "violated" if verdict.evidence == "searched":
            yield f"{plural(verdict.distinct_states, 'state')} with {within}; a shorter execution may break it too"
        case "violated" if verdict.counterexample and is_lasso(verdict.counterexample):
            yield f"no shorter way leads there with {within}: {plural(verdict.distinct_states, 'state')} searched"
        case "violated":
            yield f"no shorter execution with {within} breaks it: {plural(verdict.distinct_states, 'state')} searched"
        case "unknown":
            yield f"{plural(verdict.distinct_states, 'state')}, depth {verdict.depth}, with {within}"
    if verdict.idle_faults:
        yield f"never able to happen: {', '.join(verdict.idle_faults)}"


def bounds(verdict: Verdict) -> str:
    """How many records, and how many faults of which kinds; any number where theorems lift a bound."""
    records, faults = (counted(verdict.bounds.get(f"{noun}s"), noun) for noun in ("record", "fault"))
    kinds = verdict.fault_kinds
    named = f" of {len(kinds)} kinds" if len(kinds) > MOST_KINDS_NAMED else f" ({' or '.join(kinds)})" if kinds else ""
    return f"{records} and {faults}{named}"


def counted(number: int | None, noun: str) -> str:
    """So many of them, or any number."""
    return f"any number of {noun}s" if number is None else plural(number, noun)


def plural(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
