"""Where settings stand in the user's files, by the names that changes of a configuration call them."""

from collections.abc import Iterator, Mapping

from ackproof.config.pipeline import Pipeline, Setting


def places(pipeline: Pipeline) -> dict[str, tuple[str, int | None]]:
    """File and line of each setting that somebody gave: ``producer.config.acks``, ``topic.min.insync.replicas``."""
    return {
        f"{table}.{setting.key}": (setting.file, setting.line)
        for table, settings in tables(pipeline)
        for setting in settings.values()
        if setting.file is not None
    }


def tables(pipeline: Pipeline) -> Iterator[tuple[str, Mapping[str, Setting]]]:
    """The settings of topic and clients."""
    yield "topic", pipeline.topic.settings
    if pipeline.producer:
        yield "producer.config", pipeline.producer.settings
    if pipeline.consumer:
        yield "consumer.config", pipeline.consumer.settings
