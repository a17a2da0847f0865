"""Whatever is in a file, it is read or refused, and nothing else happens."""

import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.clients.definitions import table
from ackproof.model.faults import KINDS
from ackproof.properties.claims import CLAIMS
from tests.config.pipelines import messages, problems

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([*CLAIMS, *KINDS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
TABLES = (
    "topic",
    "producer",
    "consumer",
    "faults",
    "claims",
    "bounds",
    "features",
    "producer.config",
    "consumer.config",
)
WORDS = (
    *(
        "client",
        "config",
        "properties",
        "commit",
        "on_processing_failure",
        "on_revoke",
        "close",
        "instances",
        "sink",
        "kinds",
        "limits",
        "at_most",
        "expect",
        "records",
    ),
    *("budget_s", "on_restart", "processing", "transaction.version", "replication.factor", "name", "kafka"),
)
KAFKAS = st.sampled_from(["0.10", "0.11", "2.8", "3.1.0", "3.9", "4.0", "4.3"])


def toml(value: object) -> str:
    """A value as TOML writes it, if it can."""
    match value:
        case dict():
            pairs = cast("dict[str, object]", value).items()
            return f"{{ {', '.join(f'{toml(key)} = {toml(inner)}' for key, inner in pairs)} }}"
        case list():
            return f"[{', '.join(map(toml, cast('list[object]', value)))}]"
        case None:
            return "1979-05-27"
        case float():
            return repr(value)
        case _:
            return json.dumps(value)


@given(st.text() | st.binary())
def test_garbage_is_refused_and_nothing_else_happens(text: str | bytes) -> None:
    assert problems(text if isinstance(text, bytes) else text.encode(errors="replace"))


@given(st.lists(st.tuples(st.sampled_from(TABLES), st.sampled_from(WORDS), ANY), max_size=6), ANY)
def test_any_toml_is_read_or_refused(entries: list[tuple[str, str, object]], extra: object) -> None:
    tables: dict[str, dict[str, object]] = {"consumer": {"instances": 1}}
    for name, key, value in entries:
        tables.setdefault(name, {})[key] = value
    text = f"kafka = {toml(extra)}\n"
    for name, values in tables.items():
        text += f"[{name}]\n" + "".join(f"{toml(key)} = {toml(value)}\n" for key, value in values.items())

    assert isinstance(messages(text), list)


@pytest.mark.parametrize("client", ["java", "librdkafka", "kafka-python", "aiokafka"])
@pytest.mark.parametrize("side", ["producer", "consumer"])
@given(data=st.data(), kafka=KAFKAS)
def test_any_value_of_any_setting_is_read_or_refused(client: str, side: str, data: st.DataObject, kafka: str) -> None:
    name = client if client == "librdkafka" else f"{client}-{side}"
    keys = st.sampled_from(sorted(table(name).keys))
    values = ANY | st.sampled_from(
        ["", "1", "-1", "1.5", "inf", "1e5", "true", "١", "1_0", "99999999999999999999", "²"]
    )
    config = data.draw(st.dictionaries(keys, values, max_size=5))
    text = f'kafka = "{kafka}"\n[{side}]\nclient = "{client}"\n[{side}.config]\n'
    text += "".join(f"{toml(key)} = {toml(value)}\n" for key, value in config.items())

    assert isinstance(messages(text), list)


@given(st.dictionaries(st.sampled_from(sorted([*table("topic").keys, *table("broker").keys])), ANY, max_size=5), KAFKAS)
def test_any_value_of_any_topic_setting_is_read_or_refused(config: dict[str, object], kafka: str) -> None:
    text = f'kafka = "{kafka}"\n[producer]\n[topic]\n'
    text += "".join(f"{toml(key)} = {toml(value)}\n" for key, value in config.items())

    assert isinstance(messages(text), list)
