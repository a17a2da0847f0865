"""The command line's application, to which each command is added."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from cyclopts import App, Parameter, Token

from ackproof import __version__

app = App(
    name="ackproof",
    version=__version__,
    help="Checks what a Kafka pipeline promises against the configuration that it really runs.",
    result_action="return_value",
)


def _whole(_: object, tokens: Sequence[Token]) -> int:
    text = tokens[0].value
    with suppress(ValueError):
        return int(text)
    raise ValueError(f"{text} is no whole number")


Whole = Annotated[int, Parameter(converter=_whole)]
"""A whole number: what is none is refused, where cyclopts rounds it."""
