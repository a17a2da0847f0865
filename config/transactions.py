"""From what the user runs to the rules of transactions."""

from collections.abc import Iterator, Mapping
from typing import cast

import attrs

from ackproof.config.pipeline import Client, Pipeline
from ackproof.config.versions import Changes, Version, changed, dotted, last_patch, parts, version_of
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.half import KINDS, OF_LOG, transactional
from ackproof.model.transactions.rules import ApplicationRules, Isolation, Reset, TransactionRules
from ackproof.properties.claims import OF_TRANSACTIONS

FIRST_PROTOCOL = TransactionRules(
    bumps_epoch_at_every_end=False,
    fences_late_markers=False,
    adds_partitions_implicitly=False,
    verifies_partitions=False,
    bumps_epoch_after_failed_batch=False,
    reuses_sequences_after_deadline=False,
    fenced_by_timeout_is_abortable=False,
    sends_group_metadata=False,
    requires_stable_offsets=False,
)
"""As of 0.11 (KIP-98)."""

CLIENT_CHANGES: Mapping[str, Changes] = {
    "java": (
        ((2, 1), {"reuses_sequences_after_deadline": True}),  # KIP-91
        # KIP-360, KIP-447
        (
            (2, 5),
            {
                "bumps_epoch_after_failed_batch": True,
                "sends_group_metadata": True,
                "requires_stable_offsets": True,
            },
        ),
        ((2, 7), {"fenced_by_timeout_is_abortable": True}),  # KIP-588
    ),
    # TxnOffsetCommit 3 and InitProducerId 3; fenced is fatal: rdkafka_txnmgr.c, rd_kafka_txn_normalize_err.
    "librdkafka": (
        ((0,), {"sends_meanwhile": True, "reuses_sequences_after_abort": True, "adds_again_first": False}),
        ((1, 6), {"sends_group_metadata": True}),
        ((1, 7), {"bumps_epoch_after_failed_batch": True, "bumps_epoch_while_committing": True}),
    ),
    # A consumer that was put out forgets its generation, and nobody checks what it then sends: reset_generation.
    "kafka-python": (((0,), {"adds_again_first": False}), ((3,), {"bumps_epoch_after_failed_batch": True})),
    # send_offsets_to_transaction takes a group id and nothing else; InitProducerId 0.
    "aiokafka": (((0,), {"sends_meanwhile": True}),),
}
"""What clients do since which version."""

BROKER_CHANGES: Changes = (
    ((0,), {"loses_completion": True, "reads_stop_at_last_stable_offset": False, "expires_beside_pending": True}),
    ((2, 5, 1), {"reads_stop_at_last_stable_offset": True}),  # KAFKA-9807
    ((2, 6), {"loses_completion": False}),  # KAFKA-9777
    ((4, 0), {"expires_beside_pending": False}),  # the coordinator that came with KIP-848
)
"""What brokers do since which version."""

READS_ABORTS_SINCE: Version = (1, 7)
"""librdkafka that tells aborted transactions of one producer apart. Source: its CHANGELOG, 1.7.0."""

FENCE_KEEPS_LAST_EPOCH_SINCE: Version = (4, 0, 1)
"""
Brokers that hand out the epoch of a transaction that they have aborted themselves (``transaction.version=2``).

4.0.0 does not, as it takes two epochs there (KAFKA-19367); 4.0 stands for its later releases too.
"""

MARKERS_FENCED_SINCE: Version = (4, 2)
"""Brokers that refuse a marker which comes a second time, in the next transaction (KAFKA-19446, KIP-1228)."""

ABORTS_BEFORE_NEXT_EPOCH_SINCE: Version = (1, 8, 2)
"""
librdkafka that has the application abort before it sends anything in another epoch.

Earlier ones ask for that (``rd_kafka_idemp_drain_epoch_bump``) in the middle of a transaction, which the coordinator
then aborts, and go on sending to its partitions, which nobody has added in the new epoch. Source: its CHANGELOG, 1.8.2
(#3575).
"""

GO_ON_AFTER_FAILED_SENDS = frozenset({"kafka-python", "aiokafka"})
"""Clients that commit a transaction of which a batch has passed its deadline, unless the application looks at it."""

ANSWERED_SINCE: Version = (2, 5)
"""Brokers that answer InitProducerId 3, TxnOffsetCommit 3 and OffsetFetch 7 (KIP-360, KIP-447)."""

VERIFIES_SINCE: Version = (3, 6)
VERIFICATION = "transaction.partition.verification.enable"
EPOCH_AT_EVERY_END_SINCE: Version = (4,)
"""Java clients that speak ``transaction.version=2`` where brokers do (KIP-890 part 2)."""


def has_transactions(pipeline: Pipeline) -> bool:
    """Whether the producer is a transactional one."""
    return pipeline.producer is not None and pipeline.producer.transactional_id is not None


def transactional_system(pipeline: Pipeline, basic: str, budget: Faults, *, is_fine: bool) -> System:
    """The transactions of the pipeline, with just what *basic* asks for."""
    return transactional(
        application_rules(pipeline),
        transaction_rules(pipeline),
        records=pipeline.bounds.records,
        faults=budget,
        kinds=possible_kinds(pipeline),
        tells_transactions_apart=basic in OF_TRANSACTIONS,
        keeps_order=basic == "in-order",
        is_fine=is_fine,
    )


def possible_kinds(pipeline: Pipeline) -> frozenset[str]:
    """Which kinds of fault happen: an application that crashes on a record is one that crashes."""
    kinds = frozenset(pipeline.faults.kinds)
    crashes = pipeline.consumer is not None and pipeline.consumer.on_processing_failure in ("stop", "crash")
    return kinds | {"consumer-crash"} if crashes and "processing-fails" in kinds else kinds


def suffered_by_transactions(pipeline: Pipeline) -> frozenset[str]:
    """The kinds of fault that the transactions of this pipeline can suffer; what is tried again leaves no trace."""
    consumer = pipeline.consumer
    if consumer is None or not is_consume_process_produce(pipeline):
        return KINDS - OF_LOG
    return KINDS | {"processing-fails"} if consumer.on_processing_failure in {"stop", "crash", "skip"} else KINDS


def unmodelled_transactions(pipeline: Pipeline) -> Iterator[str]:
    """What no model of transactions has yet."""
    consumer = pipeline.consumer
    can_fail = pipeline.faults.at_most and "processing-fails" in pipeline.faults.kinds
    if consumer and is_consume_process_produce(pipeline) and can_fail and consumer.on_processing_failure == "skip":
        yield "records that are skipped in a transaction (on_processing_failure = skip) are not modelled yet"
    if not has_transactions(pipeline) or not pipeline.faults.at_most:
        return
    assert pipeline.producer is not None
    client = pipeline.producer.client
    if "send-timeout" not in pipeline.faults.kinds:
        return
    if client.name in GO_ON_AFTER_FAILED_SENDS:
        yield f"a batch of {client.name} that passes its deadline in a transaction (send-timeout) is not modelled yet"
    if asks_within_transaction(client, version_of(pipeline.kafka)):
        yield (
            f"librdkafka before {dotted(ABORTS_BEFORE_NEXT_EPOCH_SINCE)} asks for another epoch within a transaction "
            "of which a batch passes its deadline (send-timeout), which is not modelled yet"
        )


def transaction_rules(pipeline: Pipeline) -> TransactionRules:
    """How brokers and the producer's client speak about transactions."""
    assert pipeline.producer is not None
    client, kafka = pipeline.producer.client, version_of(pipeline.kafka)
    speaks_the_second = client.name == "java" and parts(client.version) >= EPOCH_AT_EVERY_END_SINCE
    is_finalized = pipeline.features["transaction.version"] >= 2
    is_second = speaks_the_second and is_finalized
    fences_markers = is_finalized and kafka >= MARKERS_FENCED_SINCE
    rules = changed(of_client(client), BROKER_CHANGES, kafka)
    bumps_after_failure = rules.bumps_epoch_after_failed_batch and kafka >= ANSWERED_SINCE
    return attrs.evolve(
        rules,
        reader_pops_any_abort=is_misled_by_empty_aborts(pipeline),
        bumps_epoch_at_every_end=is_second,
        fences_late_markers=is_second and fences_markers,
        shares_epoch_of_fence=is_finalized
        and last_patch(pipeline.kafka) >= FENCE_KEEPS_LAST_EPOCH_SINCE
        and not (is_second or fences_markers),
        adds_partitions_implicitly=is_second,
        verifies_partitions=kafka >= VERIFIES_SINCE and is_verification_on(pipeline),
        bumps_epoch_after_failed_batch=bumps_after_failure,
        ends_where_unresolved=client.name == "java" and not bumps_after_failure,
        ends_after_failed_batch=ends_after_failed_batch(client, kafka),
        sends_group_metadata=rules.sends_group_metadata and kafka >= ANSWERED_SINCE,
        requires_stable_offsets=requires_stable_offsets(pipeline) and kafka >= ANSWERED_SINCE,
    )


def ends_after_failed_batch(client: Client, kafka: Version) -> bool:
    """Whether a client has to ask for the next epoch, and brokers have none to give (``rd_kafka_idemp_pid_fsm``)."""
    wants_bump = client.name == "librdkafka" and of_client(client).bumps_epoch_after_failed_batch
    return wants_bump and kafka < ANSWERED_SINCE


def asks_within_transaction(client: Client, kafka: Version) -> bool:
    """Whether a client may get another epoch while its transaction goes on, as a batch passes its deadline."""
    is_early = client.name == "librdkafka" and last_patch(client.version) < ABORTS_BEFORE_NEXT_EPOCH_SINCE
    return is_early and not ends_after_failed_batch(client, kafka)


def of_client(client: Client) -> TransactionRules:
    """What a client does by itself."""
    return changed(FIRST_PROTOCOL, CLIENT_CHANGES[client.name], parts(client.version))


def is_misled_by_empty_aborts(pipeline: Pipeline) -> bool:
    """Whether who reads the output takes the marker of any aborted transaction for that of the first one."""
    consumer = pipeline.consumer
    reads = consumer is not None and consumer.sink != "kafka" and consumer.client.name == "librdkafka"
    return reads and consumer is not None and parts(consumer.client.version) < READS_ABORTS_SINCE


def is_verification_on(pipeline: Pipeline) -> bool:
    """Whether the brokers are to verify partitions with the coordinator (KIP-890 part 1)."""
    setting = pipeline.topic.settings.get(VERIFICATION)
    return setting is None or (setting.value or "true").strip().lower() == "true"


def requires_stable_offsets(pipeline: Pipeline) -> bool:
    """
    Whether the consumer waits for pending offsets: Java from 2.5 always, others where they read committed records.

    Source: KIP-447; rdkafka_assignment.c; kafka-python ``ConsumerCoordinator``.
    """
    if pipeline.consumer is None:
        return True
    client = pipeline.consumer.client
    if client.name == "java":
        return of_client(client).requires_stable_offsets
    waits = client.name == "kafka-python" or (client.name == "librdkafka" and parts(client.version) >= (1, 6))
    return waits and pipeline.consumer.isolation_level == "read_committed"


def is_consume_process_produce(pipeline: Pipeline) -> bool:
    """Whether outputs and offsets are committed in the same transactions."""
    return pipeline.consumer is not None and pipeline.consumer.commit == "transaction"


def application_rules(pipeline: Pipeline) -> ApplicationRules:
    """The application around the transactional producer, and who reads what it writes."""
    producer, consumer = pipeline.producer, pipeline.consumer
    assert producer is not None
    if consumer is not None and is_consume_process_produce(pipeline):
        return ApplicationRules(
            source="log",
            instances=consumer.instances,
            reset=cast("Reset", consumer.auto_offset_reset),
        )
    reads = consumer is not None and consumer.sink != "kafka"
    isolation = cast("Isolation", consumer.isolation_level) if consumer and reads else "read_committed"
    return ApplicationRules(
        source="application",
        isolation=isolation,
        on_send_failure=producer.on_send_failure,
        on_restart=producer.on_restart,
    )


def assumed_of_transactions(pipeline: Pipeline) -> Iterator[str]:
    """What is taken as given where there are transactions, or outputs that go back to Kafka."""
    consumer = pipeline.consumer
    if consumer is not None and consumer.sink == "kafka":
        yield "what is read is durable and committed; each record read gives one output"
    if not has_transactions(pipeline):
        return
    yield "a transaction holds any number of consecutive records, each in a batch of its own"
    yield "the transaction log and the offsets topic keep what was written to them"
    if is_consume_process_produce(pipeline):
        yield "each instance has a transactional.id of its own, and keeps it when it starts again"
        yield "what fails in a transaction is tried again, or the transaction is aborted"
        yield "a read_committed reader of the output stands for who reads it; isolation.level is that of the input"
