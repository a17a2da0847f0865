"""The settings of a pipeline about which questions of timing are asked."""

from collections.abc import Iterator

from ackproof.config.pipeline import Pipeline
from ackproof.config.timing.consumers import consumer_setting
from ackproof.config.timing.producers import producer_setting
from ackproof.proofs.timing.setting import Setting


def timing_settings(pipeline: Pipeline) -> Iterator[Setting]:
    """One of each client, where something was measured."""
    if pipeline.timing is None:
        return
    if pipeline.producer is not None:
        yield producer_setting(pipeline, pipeline.producer, pipeline.timing)
    if pipeline.consumer is not None:
        yield consumer_setting(pipeline, pipeline.consumer, pipeline.timing)
