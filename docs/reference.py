"""
Writes the table of docs/reference.md: which known bugs the reference can be made to have.

Usage: python docs/reference.py, from the top of the repository.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference.md"
BEGIN, END = "<!-- bugs -->\n", "<!-- /bugs -->\n"

sys.path.insert(0, str(ROOT))  # where the tests are

from tests.reference.known_bugs_table import Row, table  # noqa: E402  # they are found from here on


def page() -> str:
    """The page, with the table as it is now."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "".join(f"{line}\n" for line in lines(list(table()))) + END + after


def lines(rows: list[Row]) -> Iterator[str]:
    """The table, and below it what can not be."""
    found = [row for row in rows if row.is_found]
    yield f"{len(found)} of {len(rows)} are found:"
    yield ""
    yield "| bug | what happens on the reference |"
    yield "| --- | --- |"
    for row in found:
        yield f"| {row.number} | {row.says} |"
    yield ""
    yield "These can not be switched on there:"
    yield ""
    yield "| bug | why not |"
    yield "| --- | --- |"
    for row in rows:
        if not row.is_found:
            yield f"| {row.number} | {row.says} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
