"""
Writes docs/kafka-in-depth.md from the chapters in docs/in_depth/: runs every block of them and shows what it printed.

A chapter is Markdown. Three kinds of fenced blocks are worked out, all others stay as they are:

- ``toml FILE SECTION...``: the text of the file, or those sections of it.
- ``console CLAIM=VERDICT...``: commands behind a ``$``, and the verdicts that the text claims; others are an error.
- ``pycon``: Python as typed at its prompt, without the answers. A chapter is one session that the introduction begins.

Usage: python docs/kafka_in_depth.py, from the top of the repository.
"""

import doctest
import io
import os
import re
import shlex
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import attrs

from ackproof.cli import app
from ackproof.reports.anchors import anchor

PAGE = Path(__file__).parent / "kafka-in-depth.md"
CHAPTERS = tuple(sorted((Path(__file__).parent / "in_depth").glob("*.md")))
COLUMNS = 110
BLOCK = re.compile(r"^```(toml|console|pycon)\b ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
SECONDS = re.compile(r"\s+\(\d+\.\d\s+s\)")
VERDICT = re.compile(r"^[✓✗?] ([a-z-]+): ([a-z]+)", re.MULTILINE)


class NotSoError(ValueError):
    """A block that does not do what the text says."""


@attrs.frozen
class Block:
    """
    A block that is worked out.

    Attributes:
        words: What stands behind the language on its first line.
    """

    language: str
    words: tuple[str, ...]
    body: str


def page() -> str:
    """The page, the same at every run."""
    first, *others = CHAPTERS
    introduction, begun = introduced(first)
    chapters = [chapter(file, dict(begun)) for file in others]
    titles = [title for text in chapters for title in HEADING.findall(text)]
    contents = "\n".join(f"- [{title}](#{anchor(title)})" for title in titles)
    return "\n".join([introduction, "## Contents\n", contents, "", *chapters])


def introduced(file: Path = CHAPTERS[0]) -> tuple[str, dict[str, object]]:
    """The introduction, and the session that it leaves to the chapters."""
    session: dict[str, object] = {"__name__": "__main__"}
    return chapter(file, session), session


def chapter(file: Path, session: dict[str, object]) -> str:
    """A chapter with its blocks worked out in a Python *session*."""

    def shown(found: re.Match[str]) -> str:
        block = block_of(found)
        try:
            return f"```{block.language}\n{worked_out(block, session)}```"
        except Exception as problem:
            problem.add_note(f"in {file.name}, {found.group(0).splitlines()[0]}")
            raise

    return BLOCK.sub(shown, file.read_text(encoding="utf-8"))


def block_of(found: re.Match[str]) -> Block:
    """The block that was found."""
    language, words, body = found.groups()
    return Block(language, tuple(words.split()), body)


def blocks(file: Path) -> Iterator[Block]:
    """Every block of a chapter that is worked out."""
    return map(block_of, BLOCK.finditer(file.read_text(encoding="utf-8")))


def worked_out(block: Block, session: dict[str, object]) -> str:
    """What the page shows of a block."""
    match block.language:
        case "toml":
            return text_of(Path(block.words[0]), block.words[1:])
        case "console":
            return "".join(commanded(block))
        case _:
            return "".join(typed(block, session))


def text_of(file: Path, sections: tuple[str, ...]) -> str:
    """The file, or the *sections* of it, each with those inside it."""
    parts = re.split(r"\n(?=\[)", file.read_text(encoding="utf-8").rstrip())
    wanted = [part.rstrip() for part in parts if not sections or section_of(part) in sections]
    return "\n".join(wanted) + "\n"


def section_of(part: str) -> str:
    """The section that a part of a file belongs to, its own or the one that it is inside of."""
    found = re.match(r"\[(\w+)", part)
    return found.group(1) if found else ""


def commanded(block: Block) -> Iterator[str]:
    """
    The commands of a block and what they print.

    Raises:
        NotSoError: The verdicts are others than those that the text claims.
    """
    answers: dict[str, str] = {}
    for line in block.body.splitlines():
        printed = output_of(line.removeprefix("$ "))
        answers |= dict(VERDICT.findall(printed))
        yield f"{line}\n{printed.rstrip()}\n"
    claimed = dict(word.split("=") for word in block.words)
    if answers != claimed:
        raise NotSoError(f"the text claims {claimed}, the answer is {answers}")


def output_of(command: str) -> str:
    """What a command of ackproof prints, without how long it took."""
    words = shlex.split(command)
    if words[0] != "ackproof":
        raise NotSoError(f"no command of ackproof: {command}")
    with printing() as printed:
        app(words[1:])
    return SECONDS.sub("", printed.getvalue())


def typed(block: Block, session: dict[str, object]) -> Iterator[str]:
    """What is typed at Python's prompt, and its answers."""
    for example in doctest.DocTestParser().get_examples(block.body):
        with printing() as printed:
            exec(compile(example.source, "<page>", "single"), session)
        lines = example.source.rstrip("\n").split("\n")
        yield "\n".join([f">>> {lines[0]}", *(f"... {line}" for line in lines[1:])]) + "\n" + printed.getvalue()


@contextmanager
def printing() -> Generator[io.StringIO, None, None]:
    """What is printed meanwhile, as on a terminal of a fixed width."""
    before, hook, printed = os.environ.get("COLUMNS"), sys.displayhook, io.StringIO()
    os.environ["COLUMNS"], sys.displayhook = str(COLUMNS), sys.__displayhook__
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield printed
    finally:
        sys.displayhook = hook
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
