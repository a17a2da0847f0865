"""What an idempotent producer makes of what it cannot know: rules of the clients, as values."""

from typing import Literal

import attrs


@attrs.frozen
class IdempotenceRules:
    """
    How a client's idempotent producer deals with what it cannot know. By default as Java does now.

    Attributes:
        on_gap: What follows an OUT_OF_ORDER_SEQUENCE_NUMBER for the oldest batch. ``bump``: a new epoch, in which all
            that is in flight is sent again (Java from 2.5, KIP-360). ``fail-and-reset``: the batch fails, and a new
            producer id is asked for (Java before, kafka-python 2). ``fail-and-bump``: the batch fails, and the epoch is
            a new one (kafka-python 3). ``end``: the producer ends (librdkafka). ``fail``: that batch alone fails
            (aiokafka).
        on_unknown_producer: What follows an UNKNOWN_PRODUCER_ID. ``gap``: what follows a gap. ``guess``: sequences from
            0 on, in the same epoch, if retention seems to have deleted what was acknowledged (KAFKA-5793). ``end``: the
            producer ends, unless nothing but this first attempt is in doubt. ``fail``: that batch alone fails.
            ``restart``: it fails, and the next ones have sequences from 0 on, in the same epoch (kafka-python).
        after_deadline: What follows the deadline of a batch in retry. ``resolve``: nothing new is sent until all in
            flight is answered; then a later success proves the batch stored, or the identity is a new one. ``drain``:
            nothing at all is sent until the wire is empty; then the epoch is a new one (librdkafka). ``reset``: a new
            producer id at once.
        unresolved_unless_retried: Whether a batch whose deadline passes on its first attempt counts as well. Java asks
            only batches in retry (``Sender.sendProducerData``), and may miss the gap.
        on_late_failure: What follows a failure that arrives after the deadline. Java takes the batch for certainly not
            stored: it bumps the epoch and renumbers what is in flight (``bump``; KAFKA-14397, KAFKA-14034), or moves
            later sequences down (``adjust``, 2.1 to 2.4). ``resolve``: as if it had passed its deadline in retry.
        hears_of_expired: A failure counts so also for a batch that had failed by its deadline before (2.1 to 3.5).
        counts_acknowledged: A sequence is used up by a success only, so the batch after a failed one gets its sequence
            (Java 0.11, kafka-python 2). Else by the first attempt.
        retries_one_by_one: A retry waits for all lower sequences. Else only for what was sent after it, and then all
            retries go out together (librdkafka).
        acknowledges_before: A success acknowledges all earlier batches that wait to be sent again (librdkafka).
        restarts_in_heap_order: Batches get new sequences in the order in which a heap holds them (before 2.3,
            KAFKA-8483).
        bumps_behind_failures: The epoch is bumped also where a sequence is refused because a lower one had failed
            (librdkafka #4953). Else it is tried again.
        shares_bumps: A batch of another partition can make it bump the epoch, which is one for all partitions, and so
            renumber all that waits (librdkafka).
        forgets_sequences: Sequences start again from 0, in the same epoch, when a broker has not heard of the topic
            for a moment (librdkafka before 1.9).
    """

    on_gap: Literal["bump", "fail-and-reset", "fail-and-bump", "end", "fail"] = "bump"
    on_unknown_producer: Literal["gap", "guess", "end", "fail", "restart"] = "gap"
    after_deadline: Literal["resolve", "drain", "reset"] = "resolve"
    unresolved_unless_retried: bool = False
    on_late_failure: Literal["bump", "adjust", "resolve", "nothing"] = "bump"
    hears_of_expired: bool = False
    counts_acknowledged: bool = False
    retries_one_by_one: bool = True
    acknowledges_before: bool = False
    restarts_in_heap_order: bool = False
    bumps_behind_failures: bool = False
    shares_bumps: bool = False
    forgets_sequences: bool = False


JAVA_IDEMPOTENCE = IdempotenceRules()
"""Java of today. Source: ``TransactionManager``, ``TxnPartitionEntry``, ``Sender``."""

FIRST_JAVA_IDEMPOTENCE = IdempotenceRules(
    on_gap="fail-and-reset",
    on_unknown_producer="fail",
    after_deadline="reset",
    on_late_failure="nothing",
    counts_acknowledged=True,
    restarts_in_heap_order=True,
)
"""Java 0.11, one batch in flight (KIP-98). It does not know UNKNOWN_PRODUCER_ID: no broker of its time answers that."""

LIBRDKAFKA_IDEMPOTENCE = IdempotenceRules(
    on_gap="end",
    on_unknown_producer="end",
    after_deadline="drain",
    unresolved_unless_retried=True,
    on_late_failure="nothing",
    retries_one_by_one=False,
    acknowledges_before=True,
    bumps_behind_failures=True,
    shares_bumps=True,
)
"""
librdkafka drains what is in flight before it sends again or bumps the epoch.

Source: INTRODUCTION.md; ``rd_kafka_handle_idempotent_Produce_error``, ``rd_kafka_handle_idempotent_Produce_success``,
``rd_kafka_toppar_producer_serve``, ``rd_kafka_idemp_drain_epoch_bump``.
"""

KAFKA_PYTHON_IDEMPOTENCE = IdempotenceRules(
    on_gap="fail-and-bump", on_unknown_producer="restart", after_deadline="reset", on_late_failure="nothing"
)
"""kafka-python from 3.0, one batch of a partition in flight. Source: ``Sender._dispatch_error``."""

AIOKAFKA_IDEMPOTENCE = IdempotenceRules(on_gap="fail", on_late_failure="nothing")
"""aiokafka, one batch of a partition in flight. Source: ``SendProduceReqHandler._can_retry``."""

TRANSACTIONAL_IDEMPOTENCE = IdempotenceRules(on_gap="fail", on_unknown_producer="fail", on_late_failure="nothing")
"""
Of a transactional producer: a batch that fails ends its transaction, so that nothing is numbered anew within one.

Source: ``TransactionManager.maybeTransitionToErrorState``.
"""
