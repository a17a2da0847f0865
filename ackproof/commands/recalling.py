"""``ackproof bugs``: finds known bugs again, and prints what was found."""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from rich.console import Console

from ackproof.bugs.bug import OutOfReach
from ackproof.bugs.document import as_json
from ackproof.bugs.hunting import Found, hunt
from ackproof.bugs.record import BUGS, OUT_OF_REACH
from ackproof.bugs.showing import show_bug, show_line, show_out_of_reach
from ackproof.config.files.nearest import nearest
from ackproof.reports.text import complain, rendered

BAD_USAGE = 3


def answer(numbers: tuple[str, ...], *, form: str, budget_s: float) -> int:
    """Search for the bugs with these *numbers*, or for all; 0 if each is found where it was and only there."""
    wanted = {number.casefold() for number in numbers}
    known = [bug.number for bug in BUGS] + [bug.number for bug in OUT_OF_REACH]
    if missing := [number for number in numbers if number.casefold() not in map(str.casefold, known)]:
        return unheard_of(missing[0], known)
    if not budget_s >= 0:
        complain("--budget takes seconds from 0 up")
        return BAD_USAGE
    others = [bug for bug in OUT_OF_REACH if not wanted or bug.number.casefold() in wanted]
    if form == "json":
        found = list(hunted(wanted, budget_s))
        sys.stdout.write(as_json(found, others) + "\n")
    else:
        found = list(shown(hunted(wanted, budget_s), others, in_full=bool(numbers)))
    return 0 if all(one.is_as_expected for one in found) else 1


def shown(found: Iterable[Found], others: Iterable[OutOfReach], *, in_full: bool) -> Iterator[Found]:
    """Print what was *found*, each as soon as it is."""
    console = Console(highlight=False)
    expected, seconds, bugs = 0, 0.0, 0
    for one in found:
        put(console, partial(show_bug if in_full else show_line, console, one))
        bugs, expected, seconds = bugs + 1, expected + one.is_as_expected, seconds + one.seconds
        yield one
    for other in others:
        put(console, partial(show_out_of_reach, console, other))
    if not in_full:
        sys.stdout.write(
            f"{expected} of {bugs} found where they were and gone where they were fixed ({seconds:.1f} s)\n"
        )


def put(console: Console, show: Callable[[], None]) -> None:
    """Print at once."""
    sys.stdout.write(rendered(console, show))
    sys.stdout.flush()


def hunted(wanted: set[str], budget_s: float) -> Iterator[Found]:
    """What became of the search for each bug that is *wanted*, or for all."""
    for bug in BUGS:
        if not wanted or bug.number.casefold() in wanted:
            yield hunt(bug, seconds=budget_s)


def unheard_of(number: str, known: list[str]) -> int:
    """Say that there is no such bug."""
    close = nearest(number, known, 0.0)
    complain(f"{number} is not in the record; did you mean {close}?")
    return BAD_USAGE
