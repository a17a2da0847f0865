"""
Draws docs/verify.svg: what `ackproof verify examples/payments.ackproof.toml` prints, for the README.

Usage: python docs/picture.py, from the top of the repository.
"""

import io
from pathlib import Path

import attrs
from rich.console import Console
from rich.terminal_theme import MONOKAI

from ackproof.judging.judge import verify
from ackproof.properties.verdict import Judgement
from ackproof.reports.text import show

COMMAND = "ackproof verify examples/payments.ackproof.toml"
PICTURE = Path(__file__).parent / "verify.svg"


def picture() -> str:
    """The picture, the same at every run: seconds are left out."""
    console = Console(record=True, width=88, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(f"$ {COMMAND}")
    show(console, without_seconds(verify(Path("examples/payments.ackproof.toml"), repairs=True)))
    return console.export_svg(title="ackproof", theme=MONOKAI, unique_id="ackproof")


def without_seconds(judgement: Judgement) -> Judgement:
    """*judgement* as if it had taken no time."""
    return attrs.evolve(judgement, verdicts=tuple(attrs.evolve(v, seconds=0.0) for v in judgement.verdicts))


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
