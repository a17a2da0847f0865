"""Consume-process-produce outside transactions: how the two halves are judged when they are one process."""

from collections.abc import Mapping

import attrs

from ackproof.config.pipeline import OnProcessingFailure, OnSendFailure, Pipeline

CRASHES = frozenset({"producer-crash", "consumer-crash"})

AS_PROCESSING: Mapping[OnSendFailure, OnProcessingFailure] = {"stop": "crash", "drop": "skip", "resend": "retry"}
"""What a failed send means to the record that the output was made from; who stops is started again at last."""


def is_one_process(pipeline: Pipeline) -> bool:
    """Whether outputs are sent and offsets committed by the same process, but not in the same transaction."""
    consumer = pipeline.consumer
    return consumer is not None and consumer.sink == "kafka" and consumer.commit != "transaction"


def with_separate_halves(pipeline: Pipeline) -> Pipeline:
    """
    The same with a consumer whose sink is another topic, and a producer that writes there.

    The crash of one is the crash of both. Who starts again starts from the committed offset: nothing is sent again but
    what is read again.
    """
    if not is_one_process(pipeline):
        return pipeline
    assert pipeline.consumer is not None
    assert pipeline.producer is not None
    kinds = pipeline.faults.kinds
    more = CRASHES - set(kinds) if CRASHES & set(kinds) else frozenset[str]()
    return attrs.evolve(
        pipeline,
        producer=attrs.evolve(pipeline.producer, on_restart="forget"),
        consumer=attrs.evolve(pipeline.consumer, sink="plain"),
        faults=attrs.evolve(pipeline.faults, kinds=(*kinds, *sorted(more))),
    )


def on_failed_output(pipeline: Pipeline) -> OnProcessingFailure | None:
    """
    What the process does with a record whose output it could not send; None where that can not happen.

    A record counts as processed once its output is acknowledged, so a send that fails is a failure to process.
    """
    can_fail = is_one_process(pipeline) and pipeline.faults.at_most and "send-timeout" in pipeline.faults.kinds
    return AS_PROCESSING[pipeline.producer.on_send_failure] if can_fail and pipeline.producer else None
