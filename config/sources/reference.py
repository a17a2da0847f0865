"""How a pipeline file names the files that settings come from: ``FILE``, or ``FILE#NAME`` for one part of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import attrs

TABLES = ("topic", "producer", "consumer")
KEY = "properties"


@attrs.frozen
class Reference:
    """
    A file, and what in it is meant.

    Attributes:
        path: From where the command runs.
        name: A topic, a service, a profile; None where the file has one only.
    """

    path: Path
    name: str | None = None


def reference(text: str, base: Path) -> Reference:
    """What the *text* in a pipeline file refers to, which stands in the folder *base*."""
    file, mark, name = text.rpartition("#")
    if not mark or not file or (base / text).exists():
        return Reference(base / text)
    return Reference(base / file, name)


def texts_of(value: object) -> tuple[str, ...] | None:
    """One text or a list of texts; None if *value* is neither."""
    elements = cast("list[object]", value) if isinstance(value, list) else [value]
    texts = tuple(element for element in elements if isinstance(element, str) and element.strip())
    return texts if len(texts) == len(elements) > 0 else None


def references_in(document: Mapping[str, object], base: Path) -> Iterator[tuple[str, Reference]]:
    """The table and the reference of each file that a pipeline's *document* names."""
    for name in TABLES:
        table = document.get(name)
        value = cast("dict[str, object]", table).get(KEY) if isinstance(table, dict) else None
        for text in texts_of(value) or ():
            yield name, reference(text, base)
