"""Changes of a YAML file that leave every other byte as it is: comments, order, quotes, ends of lines."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Sequence

import attrs
import yaml

from ackproof.config.files.problems import Remarks
from ackproof.config.sources.part import Slot
from ackproof.config.sources.tree import Document, Leaf, children, documents_in
from ackproof.repair.change import CanNotWriteError

PLAIN = re.compile(r"[A-Za-z0-9_.,=+/-]*[A-Za-z0-9]")
WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""What YAML takes for something else than the word that is meant."""

APPENDED = "[]"
"""The last part of a path to an element of a list that is not there yet."""

INDENT = 2


@attrs.frozen
class Edited:
    """Text to put in the place of the characters from *start* to *end*."""

    start: int
    end: int
    text: str


def with_scalar(data: bytes, slot: Slot, value: str) -> bytes:
    """
    *data* with *value* at a *slot*, in its place or else in a new line behind those that are beside it.

    Raises:
        CanNotWriteError: That can not be done without touching something else.
    """
    mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""
    text = data.removeprefix(mark).decode()
    nodes = list(yaml.compose_all(text, yaml.SafeLoader))
    if slot.document >= len(nodes):
        raise CanNotWriteError("it has no such document")
    edited = _edited(text, nodes[slot.document], slot, f"{slot.before}{value}")
    after = mark + (text[: edited.start] + edited.text + text[edited.end :]).encode()
    _check(data, after, slot, f"{slot.before}{value}")
    return after


def _edited(text: str, root: yaml.Node, slot: Slot, value: str) -> Edited:
    found, missing = _walk(root, slot.path)
    node = found[-1]
    if not missing:
        return _replaced(node, value)
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return _begun(text, _column(found[-2], node) + INDENT, node, missing, value)
    if not isinstance(node, yaml.CollectionNode):
        raise CanNotWriteError(f"line {node.start_mark.line + 1} holds a value where there would be more keys")
    return _within(text, node, missing, value) if node.flow_style else _behind(text, node, missing, value)


def _walk(root: yaml.Node, path: Sequence[str]) -> tuple[list[yaml.Node], Sequence[str]]:
    """The nodes along a *path*, as far as they are there, and the rest of it."""
    found = [root]
    for place, name in enumerate(path):
        inner = children(found[-1]).get(name)
        if inner is None:
            return found, path[place:]
        found.append(inner)
    return found, ()


def _replaced(node: yaml.Node, value: str) -> Edited:
    """Another *value* for a scalar, quoted as it was."""
    if not isinstance(node, yaml.ScalarNode) or node.style in ("|", ">"):
        raise CanNotWriteError(f"line {node.start_mark.line + 1} holds no plain value")
    quoted = {'"': json.dumps(value), "'": f"'{value}'"}.get(node.style or "", _plain(value, was=node.value))
    space = " " if node.start_mark.index == node.end_mark.index else ""
    return Edited(node.start_mark.index, node.end_mark.index, space + quoted)


def _within(text: str, node: yaml.CollectionNode, missing: Sequence[str], value: str) -> Edited:
    """A new entry at the end of a collection in brackets."""
    end = node.end_mark.index - 1
    start = len(text[:end].rstrip())
    entry = _plain(value)
    for name in reversed(missing):
        entry = entry if name == APPENDED else f"{{{_key(name)}: {entry}}}"
    inner = entry[1:-1] if entry.startswith("{") else entry
    return Edited(start, start, f"{', ' if node.value else ''}{inner}")


def _behind(text: str, node: yaml.CollectionNode, missing: Sequence[str], value: str) -> Edited:
    """New lines behind the last one of a collection in lines."""
    last = _last(node)
    line_end = text.find(
        "\n", max(last.end_mark.index - 1, last.start_mark.index) if last.end_mark.column == 0 else last.end_mark.index
    )
    return _lines_at(text, line_end, _first_column(node), missing, value)


def _first_column(node: yaml.CollectionNode) -> int:
    """Where the keys, or the dashes, of a collection stand in their lines, whatever anchor stands before it."""
    column: int = node.value[0][0].start_mark.column if isinstance(node, yaml.MappingNode) else node.start_mark.column
    return column


def _begun(text: str, column: int, node: yaml.Node, missing: Sequence[str], value: str) -> Edited:
    """New lines behind a key that has no value yet."""
    return _lines_at(text, text.find("\n", node.end_mark.index), column, missing, value)


def _lines_at(text: str, line_end: int, column: int, missing: Sequence[str], value: str) -> Edited:
    """Lines with the *missing* keys and the *value*, at the end of a line (-1 for the end of the text)."""
    end = len(text) if line_end < 0 else line_end
    end -= text[:end].endswith("\r")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = list[str]()
    for depth, name in enumerate(missing):
        head = "-" if name == APPENDED else f"{_key(name)}:"
        lines.append(f"{' ' * (column + INDENT * depth)}{head}")
    lines[-1] = f"{lines[-1]} {_plain(value)}"
    return Edited(end, end, "".join(newline + line for line in lines))


def _last(node: yaml.Node) -> yaml.Node:
    """The last scalar, or collection in brackets, within a *node*."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        key, inner = last if isinstance(node, yaml.MappingNode) else (last, last)
        # An alias leads elsewhere: its line is that of the key.
        node = inner if inner.start_mark.index >= key.start_mark.index else key
    return node


def _column(parent: yaml.Node, node: yaml.Node) -> int:
    """Where the key of a *node* begins in its line."""
    assert isinstance(parent, yaml.MappingNode)
    column: int = next(key.start_mark.column for key, value in parent.value if value is node)
    return column


def _plain(value: str, was: str = "") -> str:
    """A *value* without quotes, where it means the same so, or stood there without."""
    is_word = value.lower() in WORDS and was.lower() not in WORDS
    return json.dumps(value) if is_word or not PLAIN.fullmatch(value) else value


def _key(name: str) -> str:
    return name if PLAIN.fullmatch(name) else json.dumps(name)


def _check(before: bytes, after: bytes, slot: Slot, value: str) -> None:
    """
    Check that nothing but the value at the *slot* has changed, or what is one with it.

    Raises:
        CanNotWriteError: Something else has.
    """
    remarks = Remarks()
    old, new = (documents_in(data, "", remarks) for data in (before, after))
    is_new = slot.path[-1] == APPENDED
    found = [leaf for leaf in _leaves(new, slot.document) if is_new or leaf.path == slot.path]
    if remarks.problems or not any(leaf.written == value for leaf in found):
        raise CanNotWriteError(f"can not write {slot.path[-1]} without touching something else")
    told = {(document.number, leaf.path): leaf.written for document in new for leaf in document.leaves}
    line = next((leaf.line for leaf in _leaves(old, slot.document) if leaf.path == slot.path), None)
    for document in old:
        for leaf in document.leaves:
            is_same = told.get((document.number, leaf.path)) == leaf.written
            if not is_same and leaf.line != line and leaf.value:
                raise CanNotWriteError(f"can not write {slot.path[-1]} without touching line {leaf.line}")


def _leaves(documents: Sequence[Document], number: int) -> tuple[Leaf, ...]:
    return next((document.leaves for document in documents if document.number == number), ())
