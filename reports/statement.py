"""What a search says of one statement about a system, for people at a terminal."""

import attrs
from rich.console import Console
from rich.text import Text

from ackproof.properties.property import Property
from ackproof.properties.verdict import Counterexample
from ackproof.reports.text import SIGN, hanging, length, plural, show_counterexample
from ackproof.traces.trace import Trace


@attrs.frozen
class Said:
    """
    What a search says of a statement; it has ended.

    Attributes:
        violation: A shortest execution that breaks it; None where it holds.
        faults: How many there could be.
        kinds: Of which kinds.
    """

    statement: Property
    violation: Trace | None
    distinct_states: int
    depth: int
    faults: int = 0
    kinds: tuple[str, ...] = ()

    @property
    def broken(self) -> Counterexample | None:
        """The execution that breaks it."""
        if self.violation is None:
            return None
        return Counterexample(self.violation, self.statement.name, self.statement.says)


def show_said(console: Console, said: Said) -> None:
    """The answer, the execution, and what was covered."""
    sign, colour = SIGN["violated" if said.broken else "holds"]
    name = said.statement.name.replace("_", " ")
    answer = f"violated{length(said.broken)}" if said.broken else "holds"
    console.print(Text(f"{sign} {name}: {answer}", style=f"bold {colour}"))
    if said.broken:
        show_counterexample(console, said.broken)
    else:
        hanging(console, Text("expected"), Text(said.statement.says))
    hanging(console, Text("covered", style="dim"), Text(covered(said), style="dim"))


def covered(said: Said) -> str:
    """How much was searched."""
    kinds = f" ({' or '.join(said.kinds)})" if said.faults else ""
    within = f"{plural(said.faults, 'fault')}{kinds}"
    states = plural(said.distinct_states, "state")
    if said.broken:
        return f"no shorter execution with {within} breaks it: {states} searched"
    return f"every execution with {within}: {states}, depth {said.depth}"
