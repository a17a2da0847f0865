"""A sweep over configurations as one HTML page: a row for each, a colour for each verdict."""

from collections.abc import Sequence
from functools import cache

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined


@attrs.frozen
class Row:
    """
    One configuration.

    Attributes:
        values: Of the keys that vary, in their order.
        answers: Of the claims, in their order; "refused" for each where nothing could be judged.
    """

    values: Sequence[str]
    answers: Sequence[str]
    is_weakest: bool


@attrs.frozen
class Heatmap:
    """
    A sweep.

    Attributes:
        bounds: What each verdict covers, in words.
        summary: The weakest safe configurations in a sentence.
    """

    title: str
    keys: Sequence[str]
    claims: Sequence[str]
    rows: Sequence[Row]
    bounds: str
    summary: str


def as_html(maps: Sequence[Heatmap]) -> str:
    """The page: nothing in it is loaded from elsewhere."""
    return _templates().get_template("heatmap.html").render(maps=maps) + "\n"


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("ackproof.reports"), autoescape=True, undefined=StrictUndefined)
