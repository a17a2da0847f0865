"""Changes of a pipeline: values under the keys where they stand in its file."""

from collections.abc import Mapping
from typing import cast

import attrs

from ackproof.config.document import Document, as_document
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import BadConfiguration, pipeline_in

Value = str | int


class CanNotWriteError(Exception):
    """A file can not be changed as it has to be, and why."""


@attrs.frozen
class Change:
    """
    One key and the value that it gets.

    Attributes:
        key: As in the file, with its tables: ``producer.config.acks``.
    """

    key: str
    value: Value

    @property
    def path(self) -> tuple[str, ...]:
        """The tables that the key is in, and the key, which may have dots of its own."""
        table, _, rest = self.key.partition(".")
        if table in {"producer", "consumer"} and rest.startswith("config."):
            return (table, "config", rest.removeprefix("config."))
        return (table, rest) if rest else (table,)


def changed(pipeline: Pipeline, changes: frozenset[Change]) -> Pipeline | None:
    """*pipeline* with *changes*; None where Kafka, its client or the pipeline file would refuse them."""
    try:
        return tried(pipeline, changes)
    except BadConfiguration:
        return None


def tried(pipeline: Pipeline, changes: frozenset[Change]) -> Pipeline:
    """
    *pipeline* with *changes*.

    Raises:
        BadConfiguration: Kafka, its client or the pipeline file would refuse them.
    """
    document = as_document(pipeline)
    if any(change.key == "kafka" for change in changes):
        document = _following_brokers(pipeline, document)
    for change in sorted(changes, key=lambda change: change.key):
        document = _put(document, change.path, change.value)
    after = pipeline_in(document, file=pipeline.file or pipeline.name)
    return attrs.evolve(
        after,
        file=pipeline.file,
        claims=pipeline.claims,
        bounds=pipeline.bounds,
        names_faults=pipeline.names_faults,
        notices=(),
    )


def _following_brokers(pipeline: Pipeline, document: Document) -> Document:
    """*document* without what it says only because the brokers have their version: levels of features, and clients."""
    features = {name: level for name, level in pipeline.features.items() if name in pipeline.given_features}
    sides = {"producer": pipeline.producer, "consumer": pipeline.consumer}
    for side, found in sides.items():
        if found is not None and found.client.is_default:
            document = _put(document, (side, "client"), found.client.name)
    return {**document, "features": features}


def _put(document: Mapping[str, object], path: tuple[str, ...], value: Value) -> Document:
    head, *rest = path
    if not rest:
        return {**document, head: value}
    inner = cast("Mapping[str, object]", document.get(head, {}))
    return {**document, head: _put(inner, tuple(rest), value)}


def value_at(document: Mapping[str, object], change: Change) -> object:
    """What stands in *document* under the key of *change*; None if nothing does."""
    *tables, key = change.path
    found = document
    for name in tables:
        found = cast("Mapping[str, object]", found.get(name) or {})
    return found.get(key)
