"""Properties files, as Java reads them."""

import re
from collections.abc import Iterator
from pathlib import Path

from javaproperties import (
    InvalidUEscapeError,
    KeyValue,
    parse,  # pyright: ignore[reportUnknownVariableType]  # it may be handed an IO of anything
)

from ackproof.config.files.problems import NOWHERE, Remarks, bytes_of
from ackproof.config.pipeline import Place, Setting

CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
LINE_END = re.compile(r"\r\n|\r|\n")


def read_properties(path: Path, remarks: Remarks, at: Place = NOWHERE, key: str | None = None) -> list[Setting]:
    """
    The settings in a file, each with the line on which its key begins; problems go to *remarks*.

    Args:
        at: Where the file is named, if in another file.
        key: What names it there.
    """
    data = bytes_of(path, str(path), at, key, remarks)
    if data is None or not is_text(data, str(path), remarks):
        return []
    return list(settings_of(data, str(path), remarks))


def is_text(data: bytes, file: str, remarks: Remarks) -> bool:
    """Whether the bytes of a file can be meant as properties; if not, that is a problem."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        mark = "begins with a byte order mark, which Java takes for a part of the first key"
        remarks.refuse(None, f"{file} {mark}", Place(file, 1))
        return False
    for number, line in enumerate(data.splitlines(), start=1):
        if CONTROL.search(line):
            remarks.refuse(None, f"{file} has control characters: it is no properties file", Place(file, number))
            return False
    return True


def settings_of(data: bytes, file: str, remarks: Remarks) -> Iterator[Setting]:
    """The settings in the bytes of a file. A key may come twice; the last one counts."""
    line = 1
    try:
        for element in parse(data):
            if isinstance(element, KeyValue):
                yield Setting(_printable(element.key), _printable(element.value), file, line)
            line += len(LINE_END.findall(element.source))
    except InvalidUEscapeError as problem:
        message = f"can not read the escape {problem.escape}: \\u needs four hexadecimal digits"
        remarks.refuse(None, message, Place(file, line))


def _printable(text: str) -> str:
    """The *text* with halves of surrogate pairs, which can not be printed, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
