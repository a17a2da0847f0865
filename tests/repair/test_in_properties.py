import re
from difflib import SequenceMatcher

import javaproperties
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.repair.change import CanNotWriteError
from ackproof.repair.in_properties import with_property

KEYS = ("acks", "linger.ms", "enable.idempotence", "a key", "größe")


def test_a_value_is_replaced_in_its_place() -> None:
    data = b"# why\nacks : 1\nlinger.ms=5\n"

    assert with_property(data, "acks", "all") == b"# why\nacks : all\nlinger.ms=5\n"


def test_a_key_that_is_not_there_comes_last_and_is_written_as_the_others() -> None:
    assert with_property(b"linger.ms = 5\r\n", "acks", "all") == b"linger.ms = 5\r\nacks = all\r\n"
    assert with_property(b"linger.ms=5", "acks", "all") == b"linger.ms=5\nacks=all"
    assert with_property(b"", "acks", "all") == b"acks=all\n"


def test_of_a_key_that_comes_twice_the_last_value_counts() -> None:
    assert with_property(b"acks=0\nacks=1\n", "acks", "all") == b"acks=0\nacks=all\n"


def test_a_setting_of_several_lines_becomes_one() -> None:
    data = b"a\\\n  cks = 1\\\r\n  2\r\nb=3\n"

    assert with_property(data, "acks", "all") == b"a\\\n  cks = all\r\nb=3\n"


def test_a_key_without_a_value_gets_one() -> None:
    assert with_property(b"acks\n", "acks", "all") == b"acks=all\n"


def test_what_latin_1_lacks_is_written_as_an_escape() -> None:
    assert with_property(b"# \xe4\n", "name", "\u20ac:x") == b"# \xe4\nname=\\u20ac\\:x\n"


def test_a_file_that_ends_within_a_line_is_left_alone() -> None:
    with pytest.raises(CanNotWriteError, match="backslash"):
        with_property(b"acks=1\\", "retries", "5")


escaped = st.sampled_from(["acks", "linger.ms", "enable.idempotence", "a\\ key", "gr\\u00f6\\u00dfe", "unknown"])
blank = st.sampled_from(["", " ", "\t", "  "])
ends = st.sampled_from(["\n", "\r\n", "\r"])
values = st.sampled_from(["", "1", "all", "a,b", "x\\u0041", "long\\\n    value", "c\\\\", "\u00e4", "= 5", "#no"])
settings = st.builds("{}{}{}{}{}{}".format, blank, escaped, blank, st.sampled_from(["=", ":", " "]), values, ends)
others = st.builds("{}{}{}".format, blank, st.sampled_from(["", "# acks=1", "! it \u00fc", "#x\\"]), ends)
contents = st.lists(settings | others, max_size=8).map("".join)


@given(contents, st.sampled_from(KEYS), st.sampled_from(["all", "2", "a b", " x", "\u20ac", "c\\d"]))
def test_everything_but_the_changed_lines_is_the_same(text: str, key: str, value: str) -> None:
    data = text.encode("latin-1")
    after = with_property(data, key, value)
    told = dict(javaproperties.loads(data))
    lines = [re.split(rb"(?<=\n)|(?<=\r)(?!\n)", content) for content in (data, after)]
    changes = [
        code for code in SequenceMatcher(None, lines[0], lines[1], autojunk=False).get_opcodes() if code[0] != "equal"
    ]

    assert javaproperties.loads(after) == {**told, key: value}
    assert len(changes) <= 1
    assert all(end - start <= 1 for _, _, _, start, end in changes)
    assert with_property(after, key, value) == after
