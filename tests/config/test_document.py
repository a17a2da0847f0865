"""A pipeline as a document is the same pipeline."""

from typing import cast

import attrs
import pytest

from ackproof.config.document import as_document
from ackproof.config.pipeline import Consumer, Pipeline, Producer
from tests.config.pipelines import read

PIPELINES = [
    '[producer]\nclient = "java 3.1.0"\n[producer.config]\nacks = "1"\n[topic]\n"min.insync.replicas" = 2\n',
    '[consumer]\nclient = "aiokafka"\ncommit = "auto"\n[consumer.config]\ngroup_id = "g"\n[faults]\nat_most = 1\n',
    '[consumer]\ncommit = "with-sink"\non_processing_failure = "dead-letter"\nclose = "none"\n',
    '[consumer]\ncommit = "async"\ncommit_when = "before-processing"\non_revoke = "commit"\n',
    '[producer]\n[faults]\nkinds = ["partitions-added"]\n',
    'kafka = "3.9"\n[consumer]\nclient = "librdkafka"\ncommit = "sync"\n[consumer.config]\n"group.id" = "g"\n',
]


def toml(document: dict[str, object]) -> str:
    """A document of tables and plain values as TOML; inline tables are enough."""
    return "".join(f"{key} = {value_of(value)}\n" for key, value in document.items())


def value_of(value: object) -> str:
    """A value as TOML."""
    match value:
        case dict():
            table = cast("dict[str, object]", value)
            return "{ " + ", ".join(f'"{key}" = {value_of(item)}' for key, item in table.items()) + " }"
        case list():
            return f"[{', '.join(value_of(item) for item in cast('list[object]', value))}]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


@pytest.mark.parametrize("text", PIPELINES)
def test_reading_the_document_gives_the_same_pipeline(text: str) -> None:
    found = read(text)

    again = read(toml(as_document(found)))

    assert as_document(again) == as_document(found)
    assert (again.faults, again.names_faults, again.features, again.topic.min_insync_replicas) == (
        found.faults,
        found.names_faults,
        found.features,
        found.topic.min_insync_replicas,
    )
    assert unconfigured(again) == unconfigured(found)


def unconfigured(pipeline: Pipeline) -> tuple[Producer | None, Consumer | None]:
    """Both sides without the places of their settings."""
    sent = attrs.evolve(pipeline.producer, settings={}) if pipeline.producer else None
    read_by = attrs.evolve(pipeline.consumer, settings={}) if pipeline.consumer else None
    return sent, read_by
