"""Levers: the keys whose change can repair a claim, the values that may help, and what each costs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import attrs

from ackproof.config.clients.definitions import definitions
from ackproof.config.clients.libraries import LIBRARIES
from ackproof.config.clients.library import Side
from ackproof.config.document import as_document
from ackproof.config.pipeline import Pipeline
from ackproof.config.versions import version_of
from ackproof.repair.change import Change, Value, value_at

Where = Literal["configuration", "upgrade", "application"]
"""A setting of Kafka and its clients, a newer version of them, or how the application is written."""

Dimension = Literal["latency", "throughput", "availability", "storage", "effort"]


@attrs.frozen
class Cost:
    """What a change costs, and why."""

    of: Dimension
    why: str


def _anywhere(_: Pipeline) -> bool:
    return True


@attrs.frozen
class Lever:
    """
    One value of one key that may repair something.

    Attributes:
        key: As in a pipeline file; of a client's configuration in Java's words.
        value: Or what it is in a pipeline; None where there is none.
        is_for: Which pipelines it makes sense for.
    """

    key: str
    value: Value | Callable[[Pipeline], Value | None]
    costs: tuple[Cost, ...]
    where: Where = "configuration"
    is_for: Callable[[Pipeline], bool] = _anywhere

    def value_in(self, pipeline: Pipeline) -> Value | None:
        """The value that it gives the key in *pipeline*."""
        return self.value(pipeline) if callable(self.value) else self.value


@attrs.frozen
class Option:
    """A lever as one pipeline can be changed by it."""

    change: Change
    lever: Lever

    @property
    def pays(self) -> frozenset[Dimension]:
        """What it costs."""
        return frozenset(cost.of for cost in self.lever.costs)


def options(pipeline: Pipeline, levers: Sequence[Lever]) -> Iterator[Option]:
    """What of the *levers* this pipeline does not have yet."""
    document = as_document(pipeline)
    for lever in levers:
        key, value = spelt(pipeline, lever.key), lever.value_in(pipeline)
        if key is not None and value is not None and lever.is_for(pipeline):
            change = Change(key, value)
            if not _is(value_at(document, change), value):
                yield Option(change, lever)


def spelt(pipeline: Pipeline, key: str) -> str | None:
    """The key as it stands in this pipeline, or as its client calls it; None if it has no such part or key."""
    part, _, rest = key.partition(".")
    if part not in {"producer", "consumer"}:
        return key
    side: Side = "producer" if part == "producer" else "consumer"
    client = pipeline.producer if side == "producer" else pipeline.consumer
    if client is None or not rest.startswith("config."):
        return key if client else None
    name = rest.removeprefix("config.")
    library = LIBRARIES[client.client.name]
    known = definitions(library.tables[side], version_of(client.client.version))
    definition = known.get(library.spell(name))
    if definition is None:
        return None
    given = client.settings[definition.alias_of or definition.key]
    return f"{part}.config.{given.key if given.file else definition.key}"


def _is(given: object, value: Value) -> bool:
    return str(given).lower() == str(value).lower()


def known_key(pipeline: Pipeline, key: str) -> str | None:
    """What is wrong with *key* as one of this pipeline's; None if nothing is."""
    part, _, rest = key.partition(".")
    if part not in {"producer", "consumer", "topic", "features", "kafka"}:
        return "a key begins with producer, consumer, topic, features, or is kafka"
    if part in {"producer", "consumer"} and getattr(pipeline, part) is None:
        return f"this pipeline has no {part}"
    return None if rest or part == "kafka" else f"which key of {part}?"
