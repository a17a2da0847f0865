"""
Clojure's data notation (EDN), as far as histories go.

It is read here since histories have a million lines, and the libraries that there are read some two thousand a second;
tests hold it against one of them. Maps are dicts, vectors and lists are lists, sets are frozensets, nil is None, and
keywords are strings with their colon. Tags are read over.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import cast

TOKEN = re.compile(
    r"""
    [^\s,;"\[\](){}#\\]+        # a number, a keyword, a word
    | [\[\](){}]
    | "(?:\\.|[^"\\])*"         # a string
    | "                         # one that goes on in the next line
    | ;.*                       # a comment
    | \#\{ | \#_ | \#[^\s,;"\[\](){}]+
    | \\(?:[^\s,;"\[\](){}]+|.) # a character
    """,
    re.VERBOSE,
)
OPENS, CLOSES = frozenset({"[", "(", "{", "#{", "#_"}), frozenset({"]", ")", "}"})
WORDS: dict[str, object] = {"nil": None, "true": True, "false": False}
FLOAT = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?")


class EdnError(Exception):
    """
    Something that is no EDN.

    Attributes:
        line: Where, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        """Say what is wrong in that *line*."""
        super().__init__(message)
        self.line = line


Open = tuple[str, int, list[object]]
"""A collection whose end has not come yet: what opened it, the line of that, and its elements."""


def forms(lines: Iterable[str]) -> Iterator[tuple[int, object]]:
    """
    The forms of a text, or of the one vector that it is, each with the line that it ends in.

    Raises:
        EdnError: A collection or a string does not end, or one ends that did not begin.
    """
    stack: list[Open] = [("", 0, [])]
    depth = 0
    for line, tokens in tokenised(lines):
        depth = depth or (2 if tokens[0] == "[" else 1)
        take(tokens, stack, line)
        elements = stack[-1][2]
        if len(stack) < depth:
            elements[:] = [*cast("list[object]", elements[0]), *elements[1:]]
            depth = 1
        if len(stack) == depth:
            for form in elements:
                yield line, form
            elements.clear()
    if len(stack) > 1:
        opens, began, _ = stack[-1]
        raise EdnError(f"{opens} is not closed", began)


def tokenised(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The tokens of each line that has any; a string belongs to the line that it ends in."""
    begun, began = "", 0
    for number, text in enumerate(lines, start=1):
        tokens = None if begun else plain_tokens(text)
        if tokens is None:
            tokens = TOKEN.findall(begun + text)
            if '"' in tokens:
                begun, began = begun + text, began or number
                continue
            begun, began = "", 0
            if tokens and tokens[-1][0] == ";":
                tokens.pop()
        if tokens:
            yield number, tokens
    if begun:
        raise EdnError("a string is not closed", began)


def plain_tokens(text: str) -> list[str] | None:
    """
    The tokens of a line that has none but brackets, numbers and words, which nearly all lines are; None of any other.

    It takes half the time that the expression does.
    """
    if '"' in text or "#" in text or ";" in text or "\\" in text or "(" in text or ")" in text:
        return None
    spaced = text.replace("[", " [ ").replace("]", " ] ").replace("{", " { ").replace("}", " } ")
    return spaced.replace(",", " ").split()


def take(tokens: Iterable[str], stack: list[Open], line: int) -> None:
    """Go on by the *tokens* of a line."""
    elements: list[object]
    opens, _, elements = stack[-1]
    for token in tokens:
        if token[0] == ":":
            form: object = token
        elif token.isdecimal():
            form = int(token)
        elif token in OPENS:
            opens, elements = token, []
            stack.append((opens, line, elements))
            continue
        elif token in CLOSES:
            form = elements if token == "]" and opens == "[" else closed(opens, elements, token, line)
            stack.pop()
            opens, _, elements = stack[-1]
        elif token[0] == "#":
            continue
        else:
            form = atom(token, line)
        if opens == "#_":
            stack.pop()
            opens, _, elements = stack[-1]
        else:
            elements.append(form)


def closed(opens: str, elements: list[object], token: str, line: int) -> object:
    """What a collection comes to that *token* ends."""
    collect = COLLECTIONS.get(opens + token)
    if collect is None:
        raise EdnError(f"{token} closes nothing", line)
    return collect(elements, line)


def mapping(elements: list[object], line: int) -> object:
    """A map of *elements* that are a key and a value by turns."""
    if len(elements) % 2:
        raise EdnError("a map has a key without a value", line)
    try:
        return dict(zip(elements[::2], elements[1::2], strict=True))
    except TypeError:  # a key is a collection
        return dict(zip(map(hashable, elements[::2]), elements[1::2], strict=True))


COLLECTIONS: dict[str, Callable[[list[object], int], object]] = {
    "()": lambda elements, _: elements,
    "{}": mapping,
    "#{}": lambda elements, _: frozenset(map(hashable, elements)),
}


def hashable(form: object) -> Hashable:
    """A *form* as it can be in a set, or be the key of a map."""
    if isinstance(form, list):
        return tuple(map(hashable, cast("list[object]", form)))
    if isinstance(form, dict):
        pairs = cast("dict[Hashable, object]", form).items()
        return frozenset((key, hashable(value)) for key, value in pairs)
    return form


def atom(token: str, line: int) -> object:
    """What a token means that is no collection."""
    first = token[0]
    if first == ":":
        return token
    if first.isdigit() or first in "+-":
        return number(token)
    if first == '"':
        return text(token, line)
    return WORDS.get(token, token)


def number(token: str) -> object:
    """A number, or the word that only begins like one."""
    try:
        return int(token.rstrip("N"))
    except ValueError:
        return float(token.rstrip("M")) if FLOAT.fullmatch(token) else token


def text(token: str, line: int) -> str:
    """The text of a string."""
    try:
        return cast("str", json.loads(token, strict=False))
    except ValueError:
        raise EdnError(f"{token} has an escape that there is none of", line) from None
