"""Making: objects of kio's message classes, and values with many fields, at a fifth of their price."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, ParamSpec, TypeVar, cast

import attrs

P = ParamSpec("P")
T = TypeVar("T")

FUNCTION = """
def make({parameters}):
    made = {blank}
    {assignments}
    return made
"""


def cheaply(cls: Callable[P, T]) -> Callable[P, T]:
    """
    A function that makes what *cls* makes of the same keywords: a dataclass that is frozen and has slots, or a value.

    A class that is called gathers its keywords in a dictionary, and one that is frozen sets each field by a call. The
    function does neither: it fills a blank. That of a dataclass is laid out alike and not frozen, and then becomes a
    *cls*. Messages that are simulated by the thousand are made so.
    """
    kind = cast("type[Any]", cls)
    is_value = bool(attrs.has(kind))
    defaults: dict[str, object] = {each.name: each.default for each in (attrs.fields if is_value else fields)(kind)}
    names: dict[str, object] = {f"default_{name}": default for name, default in defaults.items()}
    names.update(Made=cls, new=object.__new__)
    assignments = [f"made.{name} = {name}" for name in defaults]
    if not is_value:
        names["Blank"] = type("Blank", (), {"__slots__": tuple(defaults)})
        assignments.append("made.__class__ = Made")
    source = FUNCTION.format(
        parameters=", ".join(["*", *(_parameter(name, default) for name, default in defaults.items())]),
        blank="new(Made)" if is_value else "Blank()",
        assignments="; ".join(assignments),
    )
    exec(source, names)
    return cast("Callable[P, T]", names["make"])


def _parameter(name: str, default: object) -> str:
    return name if default in (MISSING, attrs.NOTHING) else f"{name}=default_{name}"
