"""
YAML as values with their lines.

PyYAML reads YAML 1.1, as Spring (SnakeYAML) and Kubernetes do: ``no`` is false there.
"""

from collections.abc import Iterator
from typing import Any

import attrs
import yaml

from ackproof.config.files.problems import Remarks
from ackproof.config.files.section import setting_text
from ackproof.config.pipeline import Place

MOST_LEAVES = 100_000
"""A file of more values than that, aliases followed, is not one that people write."""

MERGE = "tag:yaml.org,2002:merge"
Path = tuple[str, ...]


@attrs.frozen
class Leaf:
    """
    A value that holds no others.

    Attributes:
        value: As text, as it would stand in a properties file; empty for null.
        is_null: It is there and says nothing.
        written: The same as YAML 1.2 reads it, for which ``no`` is a word.
        line: Of the value in its file, from 1.
    """

    path: Path
    value: str
    written: str
    line: int
    is_null: bool = False


@attrs.frozen
class Document:
    """
    One of the documents in a file.

    Attributes:
        number: From 0.
        leaves: By their paths, in the order of the file.
    """

    number: int
    leaves: tuple[Leaf, ...]

    def under(self, *path: str) -> Iterator[tuple[Path, Leaf]]:
        """The leaves under a *path*, each with the rest of its own."""
        for leaf in self.leaves:
            if leaf.path[: len(path)] == path:
                yield leaf.path[len(path) :], leaf

    def leaf(self, *path: str) -> Leaf | None:
        """The value at *path*, if it holds no others."""
        return next((leaf for leaf in self.leaves if leaf.path == path), None)


def documents_in(data: bytes, file: str, remarks: Remarks) -> tuple[Document, ...]:
    """The documents of a YAML *file* that hold anything; what is wrong goes to *remarks*."""
    try:
        nodes = list(yaml.compose_all(data.decode("utf-8-sig"), yaml.SafeLoader))
        return tuple(Document(number, tuple(_Walk().leaves(node))) for number, node in enumerate(nodes))
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        remarks.refuse(None, "the file is not UTF-8", Place(file, line))
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        said = ", ".join(filter(None, (problem.context, problem.problem)))
        remarks.refuse(None, f"no valid YAML: {said}", Place(file, mark.line + 1 if mark else None))
    except yaml.reader.ReaderError as problem:
        remarks.refuse(None, f"no valid YAML: {problem.reason}", Place(file))
    except RecursionError:
        remarks.refuse(None, "nested too deeply", Place(file))
    return ()


@attrs.define
class _Walk:
    """A way through a document, which follows aliases, though not for ever."""

    found: int = 0

    def leaves(self, node: yaml.Node | None, path: Path = ()) -> Iterator[Leaf]:
        """The leaves of a *node*."""
        if isinstance(node, yaml.ScalarNode):
            self.found += 1
            if self.found > MOST_LEAVES:
                problem = f"more than {MOST_LEAVES:,} values"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
            is_null = node.tag.endswith(":null")
            written = "" if is_null else str(node.value)
            yield Leaf(path, text_of(node), written, node.start_mark.line + 1, is_null)
        for name, inner in children(node).items():
            yield from self.leaves(inner, (*path, name))


def children(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """
    What a *node* holds, by key or by place; of a key that is merged in, that of the mapping itself counts.

    Raises:
        yaml.MarkedYAMLError: A key comes twice, which the tools that read such files refuse.
    """
    if isinstance(node, yaml.SequenceNode):
        return {f"[{place}]": element for place, element in enumerate(node.value)}
    own: dict[str, yaml.Node] = {}
    merged: dict[str, yaml.Node] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.tag == MERGE:
            for each in value.value if isinstance(value, yaml.SequenceNode) else (value,):
                merged = {**children(each), **merged}
        elif not isinstance(key, yaml.ScalarNode):
            problem = "a key that is no text, as in a template that has yet to be rendered"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        elif (name := text_of(key)) in own:
            raise yaml.MarkedYAMLError(problem=f"the key {name} comes twice", problem_mark=key.start_mark)
        else:
            own[name] = value
    return {**merged, **own}


def text_of(node: yaml.ScalarNode) -> str:
    """The value of a scalar as it would stand in a properties file: what it means for numbers and truth values."""
    if node.tag.endswith((":bool", ":int")):
        loader: Any = yaml.SafeLoader("")  # its types do not say what it takes
        try:
            value: object = loader.construct_object(node)
        except (ValueError, KeyError, IndexError):
            kind = node.tag.rpartition(":")[2]
            raise yaml.MarkedYAMLError(problem=f"{node.value} is no {kind}", problem_mark=node.start_mark) from None
        return setting_text(value) or node.value
    return "" if node.tag.endswith(":null") else str(node.value)
