"""From a pipeline as it is configured to the consume half in which a processing function is called."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

import attrs

from ackproof.config.membership import moves_key
from ackproof.config.pipeline import Consumer, Pipeline
from ackproof.config.reading import pipeline_in, read_pipeline
from ackproof.config.systems import consume_system, unmodelled
from ackproof.model.system import State, System
from ackproof.properties.claims import INVARIANTS, basics_of
from ackproof.testing.moves import Move

Document = Mapping[str, object]
"""A pipeline in the words of a pipeline file."""


@attrs.frozen
class Configured:
    """
    What a processing function is driven by.

    Attributes:
        claims: The basic claims about the sink.
        known: What can happen in states that were met.
    """

    system: System
    claims: tuple[str, ...]
    known: dict[State, list[Move]] = attrs.field(factory=dict[State, "list[Move]"], eq=False, repr=False)

    @property
    def records(self) -> int:
        """How many records there are."""
        return cast("int", self.system.rules["records"])


def configured_by(given: str | Path | Document, records: int | None) -> Configured:
    """
    What a pipeline file, or a document, says.

    Args:
        records: How many, in place of what is said there.
    """
    if isinstance(given, Mapping):
        return configured_as(json.dumps(given, sort_keys=True), records)
    return configured_in(Path(given), records)


@lru_cache(maxsize=16)
def configured_in(path: Path, records: int | None) -> Configured:
    """What the file at *path* says; it is read once."""
    return configured(read_pipeline(path), records)


@lru_cache(maxsize=64)
def configured_as(document: str, records: int | None) -> Configured:
    """What a *document* in JSON says."""
    return configured(pipeline_in(cast("Document", json.loads(document)), file="pipeline"), records)


def configured(pipeline: Pipeline, records: int | None = None) -> Configured:
    """
    The consume half of *pipeline*, without any reduction that a processing function would notice.

    Raises:
        ValueError: There is none, or it can not be driven.
    """
    if pipeline.consumer is None:
        raise ValueError("the pipeline has no consumer")
    if pipeline.consumer.sink == "kafka" or pipeline.consumer.commit in ("transaction", "with-sink"):
        raise ValueError("offsets that are committed in transactions or by the sink can not be driven")
    basics = dict.fromkeys(basic for claim in pipeline.claims for basic in basics_of(claim))
    claims = tuple(basic for basic in basics if basic in INVARIANTS["consume"])
    if not claims:
        raise ValueError(f"a sink does not show {', '.join(pipeline.claims)}")
    alone = as_driven(pipeline, pipeline.consumer, records)
    if reasons := dict.fromkeys(what.reason for claim in claims for what in unmodelled(alone, claim)):
        raise ValueError("; ".join(reasons))
    system = consume_system(alone, "no-duplicates")
    return Configured(attrs.evolve(system, symmetric={}, interchangeable=()), claims)


def as_driven(pipeline: Pipeline, consumer: Consumer, records: int | None) -> Pipeline:
    """The consumer of *pipeline* alone: the user's own sink shows what it absorbs, and no key moves."""
    kinds = tuple(kind for kind in pipeline.faults.kinds if kind != "partitions-added" or not moves_key(pipeline))
    return attrs.evolve(
        pipeline,
        producer=None,
        consumer=attrs.evolve(consumer, sink="plain"),
        faults=attrs.evolve(pipeline.faults, kinds=kinds),
        bounds=attrs.evolve(pipeline.bounds, records=records or pipeline.bounds.records),
    )
