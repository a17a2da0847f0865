"""YAML as values with their lines."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.files.problems import Remarks
from ackproof.config.sources.tree import Document, documents_in

FILE = b"""\
x-common: &common
  A: 1_000
  B: no

services:
  kafka:
    environment:
      <<: *common
      B: "yes"
      C:
    ports: [a, "b=c"]
---
d.e: 010
"""

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def documents(data: bytes) -> tuple[Document, ...]:
    remarks = Remarks()
    found = documents_in(data, "file.yaml", remarks)
    assert remarks.problems == []
    return found


def problem(data: bytes) -> str:
    remarks = Remarks()
    assert documents_in(data, "file.yaml", remarks) == ()
    return "\n".join(map(str, remarks.problems))


def test_each_value_has_its_path_and_line() -> None:
    first, second = documents(FILE)

    assert [(leaf.path[2:], leaf.value, leaf.line) for leaf in first.leaves if leaf.path[0] == "services"] == [
        (("environment", "A"), "1000", 2),
        (("environment", "B"), "yes", 9),
        (("environment", "C"), "", 10),
        (("ports", "[0]"), "a", 11),
        (("ports", "[1]"), "b=c", 11),
    ]
    assert [(leaf.path, leaf.value, leaf.line) for leaf in second.leaves] == [(("d.e",), "8", 13)]


def test_a_word_is_a_truth_value_in_yaml_1_1_only() -> None:
    (document, _) = documents(FILE)

    leaf = document.leaf("x-common", "B")

    assert leaf is not None
    assert (leaf.value, leaf.written) == ("false", "no")


def flat(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of the leaves, by PyYAML's own loader."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in flat(inner, (*path, str(key)))]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any YAML
    if isinstance(value, list):
        return [leaf for place, inner in enumerate(value) for leaf in flat(inner, (*path, f"[{place}]"))]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any YAML
    return [path]


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_its_leaves_are_those_that_yaml_loads(value: object) -> None:
    data = yaml.safe_dump(value, allow_unicode=True).encode()

    (document,) = documents(data)

    assert [leaf.path for leaf in document.leaves] == flat(yaml.safe_load(data))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a: 1\nb: 1\na: 2", "file.yaml:3: no valid YAML: the key a comes twice"),
        (b"a: [", "file.yaml:1: no valid YAML: while parsing a flow node"),
        (b"a: 1\nb: {{ .Values.b }}", "file.yaml:2: no valid YAML: a key that is no text, as in a template"),
        (b"a: !!int b", "file.yaml:1: no valid YAML: b is no int"),
        (b"a: !!bool b", "file.yaml:1: no valid YAML: b is no bool"),
        (b"a: 1\nb: \xff", "file.yaml:2: the file is not UTF-8"),
        (b"a: \x07", "file.yaml: no valid YAML: special characters are not allowed"),
        (b"a: &a\n b: *a", "file.yaml: nested too deeply"),
        (b"[" * 5_000, "file.yaml: nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_a_problem_with_its_line(data: bytes, said: str) -> None:
    assert problem(data).startswith(said)


def test_aliases_that_multiply_are_a_problem() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 8)]

    assert "more than 100,000 values" in problem("\n".join(lines).encode())


@given(st.binary(max_size=60) | st.text("ab:-[]{}&*<|>\"'\n #", max_size=40).map(str.encode))
def test_nothing_that_is_read_is_an_exception(data: bytes) -> None:
    documents_in(data, "file.yaml", Remarks())
