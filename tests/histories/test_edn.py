"""Clojure's notation is read as a library reads it."""

from collections.abc import Mapping
from importlib import import_module
from io import StringIO
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.histories.reading.edn import TOKEN, EdnError, forms, plain_tokens

edn_format: Any = import_module("edn_format")  # it has no types
ATOMS = (
    st.integers()
    | st.booleans()
    | st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\r")).filter(lambda text: "\\" not in text)
    | st.sampled_from(["ok", "rebalance-log", "seek-to-beginning?"]).map(edn_format.Keyword)
)
FORMS = st.recursive(ATOMS, lambda inner: st.lists(inner) | st.dictionaries(st.integers(), inner), max_leaves=12)


def plain(form: object) -> object:
    """A form of the library in ours."""
    if isinstance(form, edn_format.Keyword):
        return str(form)
    if isinstance(form, Mapping):
        return {plain(key): plain(value) for key, value in cast("Mapping[object, object]", form).items()}
    if isinstance(form, list | tuple | edn_format.ImmutableList):
        return [plain(each) for each in cast("list[object]", form)]
    return form


@given(form=FORMS)
def test_what_a_library_writes_is_read_as_it_reads_it(form: object) -> None:
    text = cast("str", edn_format.dumps({edn_format.Keyword("f"): form}))

    ((_, read),) = forms(StringIO(text, newline="\n"))

    assert read == plain(edn_format.loads(text))


@pytest.mark.parametrize("vector", [False, True])
def test_operations_stand_one_a_line_or_in_one_vector(*, vector: bool) -> None:
    lines = ["{:index 0 ; the first\n", " :f :send}\n", "#jepsen.history.Op{:index 1, :f #_ :txn :poll}\n"]

    read = list(forms(["[", *lines, "]"] if vector else lines))

    assert [form for _, form in read] == [{":index": 0, ":f": ":send"}, {":index": 1, ":f": ":poll"}]


def test_sets_tags_characters_and_numbers_are_read() -> None:
    text = r'{:all [#{1 [2]} #inst "2020-01-01" \a 1.5e3 -7 +2 3N 1.0M (nil true) word]}'

    ((_, read),) = forms([text])

    assert read == {":all": [frozenset({1, (2,)}), "2020-01-01", r"\a", 1500.0, -7, 2, 3, 1.0, [None, True], "word"]}


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["{:a 1}\n", "{:b [1}\n"], 2, "} closes nothing"),
        (["{:a 1}\n", "\n", "{:b 1\n", ":c 2\n"], 3, "{ is not closed"),
        (["{:a 1}]\n"], 1, "] closes nothing"),
        (["{:a}\n"], 1, "a map has a key without a value"),
        (['{:a "b\n', "c}\n"], 1, "a string is not closed"),
        (['{:a "\\q"}\n'], 1, '"\\q" has an escape that there is none of'),
    ],
)
def test_what_is_no_edn_is_said_with_its_line(lines: list[str], line: int, message: str) -> None:
    with pytest.raises(EdnError) as problem:
        list(forms(lines))

    assert (problem.value.line, str(problem.value)) == (line, message)


@given(text=st.text(st.sampled_from("[]{},:a1-. \t\n\r\x1c\x85\xa0٣é"), max_size=40))
def test_a_plain_line_is_cut_into_the_tokens_of_any_line(text: str) -> None:
    assert plain_tokens(text) == TOKEN.findall(text)


@pytest.mark.parametrize("special", ['"', "#", ";", "\\", "(", ")"])
def test_a_line_with_more_than_brackets_and_words_is_not_plain(special: str) -> None:
    assert plain_tokens(f"{{:a {special}}}") is None


def test_what_is_discarded_may_be_a_tagged_form_or_end_in_another_line() -> None:
    lines = ["[1 #_ #tag {:a 2} 3 #_\n", "#_ 4 [5]\n", "6]\n"]

    assert [form for _, form in forms(["{:all \n", *lines, "}"])] == [{":all": [1, 3, 6]}]


def test_a_map_may_have_collections_as_keys() -> None:
    assert [form for _, form in forms(["{[1 [2]] 3, {4 5} 6}"])] == [{(1, (2,)): 3, frozenset({(4, 5)}): 6}]
