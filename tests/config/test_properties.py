from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.files.problems import Remarks
from ackproof.config.files.properties import read_properties, settings_of
from ackproof.config.pipeline import Setting

NOISE = st.sampled_from(["", "# a comment", "! another", "   ", "#acks = 1 \\"])
KEYS = st.text("abz.\\:= é", min_size=1).filter(lambda key: key.strip() == key)
VALUES = st.text("ab01,:=#! \\é", max_size=8).filter(lambda value: value.strip() == value)


def settings(text: str | bytes) -> list[tuple[str, str | None, int | None]]:
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    return [(found.key, found.value, found.line) for found in settings_of(data, "p", Remarks())]


def escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\:=#! " else letter for letter in text)


def test_keys_and_values_are_parted_as_java_parts_them() -> None:
    assert settings("a=1\nb: 2\nc 3\n d\t=\t4\ne") == [
        ("a", "1", 1),
        ("b", "2", 2),
        ("c", "3", 3),
        ("d", "4", 4),
        ("e", "", 5),
    ]


def test_a_continued_line_is_that_of_its_key() -> None:
    assert settings("a = 1,\\\n    2,\\\n    3\nb = 4") == [("a", "1,2,3", 1), ("b", "4", 4)]


def test_escapes_are_undone() -> None:
    assert settings("a\\.b\\ c = \\u0041\\t\\\\") == [("a.b c", "A\t\\", 1)]


def test_lines_may_end_in_any_way() -> None:
    assert settings(b"a=1\r\nb=2\rc=3\n") == [("a", "1", 1), ("b", "2", 2), ("c", "3", 3)]


def test_bytes_are_latin_1_as_java_reads_them() -> None:
    assert settings(b"a=\xe9") == [("a", "é", 1)]


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert settings("a=\\ud83d") == [("a", "\ufffd", 1)]


def test_a_bad_escape_is_a_problem_with_its_line() -> None:
    remarks = Remarks()

    assert len(list(settings_of(b"a=1\n\nb=\\u12\n", "p", remarks))) == 1
    assert [(problem.file, problem.line) for problem in remarks.problems] == [("p", 3)]


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    remarks = Remarks()

    assert read_properties(tmp_path / "none", remarks) == []
    assert "No such file" in remarks.problems[0].message


def test_a_directory_is_a_problem(tmp_path: Path) -> None:
    remarks = Remarks()

    assert read_properties(tmp_path, remarks) == []
    assert "directory" in remarks.problems[0].message


@given(st.lists(st.tuples(st.lists(NOISE, max_size=3), KEYS, VALUES, st.booleans()), max_size=6))
def test_each_key_has_the_line_on_which_it_begins(entries: list[tuple[list[str], str, str, bool]]) -> None:
    lines: list[str] = []
    expected: list[tuple[str, str, int]] = []
    for noise, key, value, is_continued in entries:
        lines += noise
        expected.append((key, value, len(lines) + 1))
        lines += (
            [f"{escaped(key)} = \\", f"   {escaped(value)}"] if is_continued else [f"{escaped(key)} = {escaped(value)}"]
        )

    assert settings("\n".join(lines)) == expected


@given(st.binary())
def test_no_bytes_are_too_strange(data: bytes) -> None:
    remarks = Remarks()

    found = list(settings_of(data, "p", remarks))

    assert all(isinstance(setting, Setting) for setting in found)
    assert all("\\u" in problem.message for problem in remarks.problems)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "p.properties"
    for data, said in [
        (b"\xef\xbb\xbfacks=1\n", "begins with a byte order mark"),
        ("acks=1\n".encode("utf-16"), "begins with a byte order mark"),
        (b"a=b\n\x7fELF\x02\x01\x00", "has control characters"),
    ]:
        file.write_bytes(data)
        remarks = Remarks()

        assert read_properties(file, remarks) == []
        assert said in remarks.problems[0].message
