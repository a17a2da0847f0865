import tomllib
from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.files.section import flat
from ackproof.repair.change import CanNotWriteError, Value
from ackproof.repair.in_toml import with_value

FILE = """\
# Payments.
name = "p"

[topic]
min.insync.replicas = 2   # two
"replication.factor" = 3

[producer]
client = 'java'
config = { acks = "1" }

[consumer]  # it
  client = "java"  # x
  instances = 2

# About faults.
[faults]
at_most = 1
"""


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("topic/min.insync.replicas", "3", "replicas = 2   # two", "replicas = 3   # two"),
        ("topic/flush.messages", "1", '.factor" = 3\n', '.factor" = 3\n"flush.messages" = 1\n'),
        ("producer/client", "java 4.3.1", "'java'", "'java 4.3.1'"),
        ("producer/config/acks", "all", '"1"', '"all"'),
        ("consumer/commit", "sync", "instances = 2\n", 'instances = 2\n  commit = "sync"\n'),
        (
            "consumer/config/enable.auto.commit",
            "false",
            "instances = 2\n",
            'instances = 2\n\n[consumer.config]\n"enable.auto.commit" = false\n',
        ),
        ("features/transaction.version", 2, "at_most = 1\n", 'at_most = 1\n\n[features]\n"transaction.version" = 2\n'),
        ("kafka", "4.3", 'name = "p"\n', 'name = "p"\nkafka = "4.3"\n'),
    ],
)
def test_a_value_is_put_where_it_belongs(key: str, value: Value, before: str, after: str) -> None:
    assert FILE.count(before) == 1

    assert with_value(FILE, tuple(key.split("/")), value) == FILE.replace(before, after)


def test_a_file_without_any_table_gets_one() -> None:
    assert with_value("", ("features", "transaction.version"), 2) == '[features]\n"transaction.version" = 2\n'
    assert with_value("[topic]\n", ("kafka",), "4.3") == 'kafka = "4.3"\n[topic]\n'


def test_a_table_within_a_line_is_changed_in_that_line() -> None:
    assert with_value('producer = {client = "java"}', ("producer", "config", "acks"), "all").count("\n") == 0
    assert with_value('[producer]\nconfig.acks = "1"\n', ("producer", "config", "acks"), "all") == (
        '[producer]\nconfig.acks = "all"\n'
    )


def test_a_list_stays_a_list() -> None:
    assert with_value('[consumer.config]\nx = ["a", "b"]\n', ("consumer", "config", "x"), "c") == (
        '[consumer.config]\nx = ["c"]\n'
    )


def test_what_can_not_be_changed_alone_is_refused() -> None:
    with pytest.raises(CanNotWriteError):
        with_value('topic = "a name"\n', ("topic", "flush.messages"), "1")


PATHS = (
    *("kafka", "topic/min.insync.replicas", "topic/flush.messages", "producer/config/acks", "producer/on_restart"),
    *("consumer/commit", "consumer/config/enable.auto.commit", "features/transaction.version", "producer/client"),
)
comments = st.sampled_from(["", "# a comment", "   ", "  # [topic]", "# ä"])
roots = st.sampled_from(['name = "x"', 'kafka = "4.1"', "kafka = '4.1' # old", 'producer.client = "java"'])
topic = st.sampled_from(['"min.insync.replicas" = 2', "min.insync.replicas = 2 # two", '  "flush.messages"=1', ""])
producer = st.sampled_from(['client = "java"', 'config.acks = "1"', "config = {acks = '1'}", 'on_restart="forget"'])
config = st.sampled_from(['"enable.auto.commit" = true', '"group.id" = """\n# g\n"""', "x = [\n  1, # one\n]", ""])


def table(header: str, lines: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(lines | comments, max_size=3, unique_by=lambda line: line.strip().partition(" ")[0].strip('"'))
    return body.map(lambda lines: "\n".join([header, *lines]))


tables = st.tuples(
    table("", roots),
    st.just("") | table("[topic]", topic),
    st.just("") | table("[producer]  # it", producer),
    st.just("") | table("[consumer.config]", config),
    st.just("") | table('["features"]', comments),
).map("\n".join)


def is_valid(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


@given(tables.filter(is_valid), st.sampled_from(PATHS), st.sampled_from(["all", "false", "3"]), st.booleans())
def test_everything_but_the_changed_lines_is_the_same(text: str, key: str, value: str, is_crlf: bool) -> None:
    before = text.replace("\n", "\r\n") if is_crlf else text
    path = tuple(key.split("/"))
    after = with_value(before, path, value)
    lines = [content.splitlines(keepends=True) for content in (before, after)]
    codes = SequenceMatcher(None, lines[0], lines[1], autojunk=False).get_opcodes()
    told, found = (dict(flat(tomllib.loads(content))) for content in (before, after))

    assert str(found.pop(".".join(path))).lower() == value
    assert found == {name: given for name, given in told.items() if name != ".".join(path)}
    assert sum(code[0] != "equal" for code in codes) <= 1
    assert with_value(after, path, value) == after
