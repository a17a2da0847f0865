"""
Writes the table of docs/reference.md: which known bugs the reference can be made to have.

Usage: python docs/reference.py, from the top of the repository.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference.md"
BEGIN, END = "<!-- bugs -->\n", "<!-- /bugs -->\n"

sys.path.insert(0, str(ROOT))  # where the tests are

from tests.reference.known_bugs_table import table  # noqa: E402  # they are found from here on


def page() -> str:
    """The page, with the table as it is now."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "".join(f"{line}\n" for line in lines(table())) + END + after


def lines(rows: Mapping[str, str]) -> Iterator[str]:
    """The table."""
    yield f"All {len(rows)} are found:"
    yield ""
    yield "| bug | what happens on the reference |"
    yield "| --- | --- |"
    for number, says in rows.items():
        yield f"| {number} | {says} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
