"""Changes of YAML files."""

import difflib

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from ackproof.config.sources.part import Slot
from ackproof.repair.change import CanNotWriteError
from ackproof.repair.in_yaml import with_scalar

FILE = """\
# top
x: &env
  A: 1 # one
  B: "two"
services:
  k:
    environment:
      <<: *env
      C: 'three'

    # after
    flow: {a: 1}
    list:
      - KAFKA_A=1   # c
      - KAFKA_B=2
    empty: # nothing
    flow_list: [a]
    block: |
      text
last:
  deep: 1"""


def difference(path: str, value: str, before: str = "", file: str = FILE) -> list[str]:
    """The lines that change."""
    after = with_scalar(file.encode(), Slot(0, tuple(path.split("/")), before), value).decode()
    found = list(difflib.unified_diff(file.splitlines(), after.splitlines(), n=0, lineterm=""))
    return [line for line in found if not line.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize(
    ("path", "value", "before", "changed"),
    [
        ("x/A", "9", "", ["-  A: 1 # one", "+  A: 9 # one"]),
        ("services/k/environment/B", "true", "", ['-  B: "two"', '+  B: "true"']),
        ("services/k/environment/C", "4", "", ["-      C: 'three'", "+      C: '4'"]),
        ("services/k/list/[0]", "7", "KAFKA_A=", ["-      - KAFKA_A=1   # c", "+      - KAFKA_A=7   # c"]),
        ("services/k/flow/a", "2", "", ["-    flow: {a: 1}", "+    flow: {a: 2}"]),
        ("last/deep", "4", "", ["-  deep: 1", "+  deep: 4"]),
        ("services/k/empty", "4", "", ["-    empty: # nothing", "+    empty: 4 # nothing"]),
    ],
)
def test_a_value_is_replaced_in_its_place(path: str, value: str, before: str, changed: list[str]) -> None:
    assert difference(path, value, before) == changed


@pytest.mark.parametrize(
    ("path", "value", "before", "changed"),
    [
        ("services/k/environment/NEW", "true", "", ['+      NEW: "true"']),
        ("services/k/environment/dotted.key", "a: b", "", ['+      dotted.key: "a: b"']),
        ("services/k/flow/b", "2", "", ["-    flow: {a: 1}", "+    flow: {a: 1, b: 2}"]),
        ("services/k/flow/c/d", "2", "", ["-    flow: {a: 1}", "+    flow: {a: 1, c: {d: 2}}"]),
        ("services/k/list/[]", "7", "KAFKA_C=", ["+      - KAFKA_C=7"]),
        ("services/k/flow_list/[]", "7", "K=", ["-    flow_list: [a]", "+    flow_list: [a, K=7]"]),
        ("services/k/empty/p/q.r", "7", "", ["+      p:", "+        q.r: 7"]),
        ("services/k/new", "7", "", ["+    new: 7"]),
        ("last/n/m", "x y", "", ["+  n:", '+    m: "x y"']),
    ],
)
def test_a_new_one_gets_a_line_behind_those_beside_it(path: str, value: str, before: str, changed: list[str]) -> None:
    assert difference(path, value, before) == changed


def test_it_stands_directly_behind_them() -> None:
    after = with_scalar(FILE.encode(), Slot(0, ("services", "k", "environment", "NEW")), "1").decode()

    assert "      C: 'three'\n      NEW: 1\n\n    # after\n" in after


@pytest.mark.parametrize(
    "environment",
    ["environment: &own\n    A: 1\n    <<: *common\n", "environment:\n    <<: *common\n", "environment: *common\n"],
)
def test_an_anchor_does_not_move_what_stands_behind_it(environment: str) -> None:
    text = f"x: &common\n  Z: 1\nk:\n  {environment}"

    after = with_scalar(text.encode(), Slot(0, ("k", "environment", "NEW")), "2").decode()

    assert yaml.safe_load(after)["k"]["environment"]["NEW"] == 2
    assert set(text.splitlines()) < set(after.splitlines())


def test_ends_of_lines_and_byte_order_marks_stay() -> None:
    data = b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode()

    after = with_scalar(data, Slot(0, ("last", "n")), "1")

    assert after == data + b"\r\n  n: 1"


def test_another_document_is_left_alone() -> None:
    data = b"a: 1\n---\na: 1\nb: 2\n---\na: 1\n"

    assert with_scalar(data, Slot(1, ("a",)), "3") == b"a: 1\n---\na: 3\nb: 2\n---\na: 1\n"
    assert with_scalar(data, Slot(1, ("c",)), "3") == b"a: 1\n---\na: 1\nb: 2\nc: 3\n---\na: 1\n"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("services/k/block", "line 18 holds no plain value"),
        ("services/k", "line 7 holds no plain value"),
        ("last/deep/er", "line 21 holds a value where there would be more keys"),
    ],
)
def test_what_has_no_place_is_said(path: str, said: str) -> None:
    with pytest.raises(CanNotWriteError, match=said):
        difference(path, "1")


def test_a_document_that_is_not_there_is_said() -> None:
    with pytest.raises(CanNotWriteError, match="no such document"):
        with_scalar(b"a: 1\n", Slot(1, ("a",)), "1")


KEYS = st.text("abc.-", min_size=1, max_size=4)
TREES = st.recursive(
    st.integers(0, 99) | st.sampled_from(["all", "true", "a b", "#x", ""]),
    lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=3), st.data(), st.booleans())
def test_what_is_written_is_what_is_read_and_nothing_else_moves(
    tree: dict[str, object], data: st.DataObject, flow: bool
) -> None:
    path, value = list[str](), data.draw(st.sampled_from(["2", "all", "true", "a: b"]))
    inner: object = tree
    while isinstance(inner, dict) and inner:
        name = data.draw(st.sampled_from(sorted(inner)) | KEYS)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # any tree
        path.append(name)
        inner = inner.get(name)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  # any tree
    text = yaml.safe_dump(tree, default_flow_style=flow)
    assume(not isinstance(inner, dict))

    after = with_scalar(text.encode(), Slot(0, tuple(path)), value)

    expected: dict[str, object] = yaml.safe_load(text)
    there: dict[str, object] = expected
    for name in path[:-1]:
        there = there.setdefault(name, {})  # type: ignore[assignment]  # any tree  # pyright: ignore[reportAssignmentType]
    found = yaml.safe_load(after)
    there[path[-1]] = ""
    written = found
    for name in path[:-1]:
        written = written[name]
    assert str(written[path[-1]]).lower() == value
    written[path[-1]] = ""
    assert found == expected
