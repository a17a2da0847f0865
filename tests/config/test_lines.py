import tomllib

from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.files.lines import lines_of

TEXT = '''# a comment
name = "a = b # [no]"
"quoted.key" = 1

[producer]  # [not this]
list = [
  "x", # ]
  { a = 1 },
]
long = """
[consumer]
key = 1
"""
"min.insync.replicas" = 2
enable.idempotence = true
inline = { "broker-crash" = 1 }
[[many]]
[ consumer . "config" ]
\'literal\' = \'\'\'
=\'\'\'
"escaped \\" = \\u0041" = 1
'''

KEYS = st.from_regex(r"[a-z]{1,5}", fullmatch=True)
VALUES = st.sampled_from(
    ["1", '"["', "'#'", '"""\n[x]\n"""', "[\n1, # ]\n]", "{ a = [1] }", '"""a""""', "'''\n''''", "1979-05-27 07:32:00"]
)


def test_each_key_is_found_on_its_line() -> None:
    assert lines_of(TEXT) == {
        "name": 2,
        "quoted.key": 3,
        "producer": 5,
        "producer.list": 6,
        "producer.long": 10,
        "producer.min.insync.replicas": 14,
        "producer.enable": 15,
        "producer.enable.idempotence": 15,
        "producer.inline": 16,
        "many": 17,
        "consumer": 18,
        "consumer.config": 18,
        "consumer.config.literal": 19,
        'consumer.config.escaped " = A': 21,
    }


def test_lines_may_end_as_on_windows() -> None:
    assert lines_of("a = 1\r\n\r\n[b]\r\nc = 2\r\n") == {"a": 1, "b": 3, "b.c": 4}


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.dictionaries(KEYS, VALUES, max_size=6), st.integers(0, 3))
def test_a_key_stands_where_it_was_written(root: dict[str, str], table: dict[str, str], blank: int) -> None:
    lines = [*(f"{key} = {value}" for key, value in root.items()), *[""] * blank, "[TABLE]"]
    lines += [f"{key} = {value} # {key}" for key, value in table.items()]
    text = "\n".join(lines)
    assert tomllib.loads(text)["TABLE"].keys() == table.keys()

    found = lines_of(text)

    for key in root:
        assert text.splitlines()[found[key] - 1].startswith(f"{key} =")
    for key in table:
        assert text.splitlines()[found[f"TABLE.{key}"] - 1].startswith(f"{key} =")
    assert set(found) == {*root, "TABLE", *(f"TABLE.{key}" for key in table)}
