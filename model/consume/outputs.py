"""Results that are sent to a topic: a send may fail, and then nobody knows whether it had an effect."""

from typing import cast

import attrs

from ackproof.model.consume.processing_failures import failure_crashes, failure_crashes_in_steps, processing_fails
from ackproof.model.consume.rules import ConsumerRules, OnProcessingFailure
from ackproof.model.system import System


def with_failing_outputs(system: System, on_failure: OnProcessingFailure) -> System:
    """
    A consume half whose results are sent by a producer: a send that fails is a failure to process its record.

    Args:
        on_failure: What the application then does, whatever it does with records that it can not process.

    Source: ``KafkaProducer.send``; ``Sender.failBatch``.
    """
    crashes = failure_crashes_in_steps if system.is_fine else failure_crashes
    failing = crashes if on_failure == "crash" else processing_fails
    fails = attrs.evolve(failing, name="output fails", fault="send-timeout").on(consumer="sender")
    sender = attrs.evolve(cast("ConsumerRules", system.rules["consumer"]), on_processing_failure=on_failure)
    return attrs.evolve(system, actions=(*system.actions, fails), rules={**system.rules, "sender": sender})
