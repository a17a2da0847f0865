"""``ackproof prove``: proves the theorems, and prints what became of them."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Literal

from rich.console import Console
from rich.text import Text

from ackproof.config.files.nearest import nearest
from ackproof.proofs.record import THEOREMS
from ackproof.proofs.theorem import Proof, Theorem, proved
from ackproof.reports.text import complain, hanging, rendered

BAD_USAGE = 3


def answer(names: tuple[str, ...], *, form: Literal["text", "json"]) -> int:
    """Prove the theorems of these *names*, or all; 0 if each is proved, and refuted wherever its rules are broken."""
    known = {theorem.name: theorem for theorem in THEOREMS}
    if missing := [name for name in names if name not in known]:
        close = nearest(missing[0], list(known), 0.0)
        complain(f"there is no theorem {missing[0]}; did you mean {close}?")
        return BAD_USAGE
    asked = [known[name] for name in names or known]
    proofs = list(told(asked)) if form == "text" else [proved(theorem) for theorem in asked]
    if form == "json":
        sys.stdout.write(as_json(proofs) + "\n")
    return 0 if all(proof.is_as_expected for proof in proofs) else 1


def told(theorems: Iterable[Theorem[object]]) -> Iterator[Proof]:
    """Print each proof as soon as it is there."""
    console = Console(highlight=False)
    for theorem in theorems:
        proof = proved(theorem)
        sys.stdout.write(rendered(console, partial(show, console, proof)) + "\n")
        sys.stdout.flush()
        yield proof


def show(console: Console, proof: Proof) -> None:
    """One theorem: what it says, how it is proved, and where it fails once a rule is broken."""
    theorem = proof.theorem
    sign, colour = ("✓", "green") if proof.is_proved else ("✗", "red")
    console.print(Text(f"{sign} {theorem.name}", style=f"bold {colour}"))
    hanging(console, Text(""), Text(theorem.statement))
    hanging(console, Text("proof", style="dim"), Text(theorem.proof.replace("\n", " "), style="dim"))
    for problem in proof.open:
        hanging(console, Text("open", style="red"), Text(problem))
    for why, refuted in proof.refuted.items():
        hanging(console, Text("not so if"), Text(f"{why}: {fails(refuted[0]) if refuted else 'not refuted'}"))
        if refuted:
            hanging(console, Text("for", style="dim"), Text(numbers(refuted[1].values), style="dim"))
    hanging(console, Text("source", style="dim"), Text(f"{theorem.source} ({proof.seconds:.1f} s)", style="dim"))


def fails(obligation: str) -> str:
    """Where a proof breaks off."""
    return f'fails at "{obligation}"'


def numbers(values: Mapping[str, int | bool]) -> str:
    """The numbers of a counterexample; those that are 0, and what is not so, are named in one word."""
    telling = [name if value is True else f"{name} = {value}" for name, value in values.items() if value]
    return ", ".join([*telling, "nothing else"] if telling else ["nothing"])


def as_json(proofs: Iterable[Proof]) -> str:
    """The document."""
    theorems = [
        {
            "name": proof.theorem.name,
            "statement": proof.theorem.statement,
            "proved": proof.is_proved,
            "broken_variant_refuted": all(proof.refuted.values()),
            "seconds": round(proof.seconds, 3),
            "source": proof.theorem.source,
            "broken_variants": list(proof.refuted),
        }
        for proof in proofs
    ]
    return json.dumps({"theorems": theorems}, indent=1, ensure_ascii=False)
