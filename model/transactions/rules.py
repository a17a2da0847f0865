"""Rules: what differs between the transaction protocols, versions, clients and applications, as values."""

from typing import Literal

import attrs

Reset = Literal["earliest", "latest", "none"]
Isolation = Literal["read_committed", "read_uncommitted"]


@attrs.frozen
class TransactionRules:
    """
    The transaction protocol as brokers and client speak it together; left out, that of Kafka 4.3 with its own client.

    Attributes:
        bumps_epoch_at_every_end: EndTxn gives the producer its next epoch (KIP-890 part 2, EndTxn 5:
            ``transaction.version=2`` and a Java client from 4.0). Else the epoch stays from transaction to transaction.
        fences_late_markers: A marker of the new protocol is refused where its epoch is already known, as it comes a
            second time (KAFKA-19446, KIP-1228, WriteTxnMarkers 2: brokers from 4.2;
            ``ProducerAppendInfo.checkProducerEpoch``). Else it ends whatever transaction of that epoch is open.
        shares_epoch_of_fence: Who had open what the coordinator has aborted itself may ask for the epoch that this
            took, which the markers of that abort carry too (brokers 4.0.1 to 4.1 with ``transaction.version=2``, and a
            client of the first protocol: ``TransactionMetadata.prepareAbortOrCommit``). Later ones hand it out as well,
            but refuse those markers where they come a second time, so that it is as good as an epoch of its own.
        adds_partitions_implicitly: Produce 12 and TxnOffsetCommit 5 add their partition to the transaction (KIP-890
            part 2). Else AddPartitionsToTxn and AddOffsetsToTxn come first.
        verifies_partitions: A partition leader asks the coordinator before the first write of a transaction (KIP-890
            part 1, brokers from 3.6: ``AddPartitionsToTxnManager``).
        bumps_epoch_after_failed_batch: After the abort of a transaction in which a batch failed, the client asks for
            the next epoch (KIP-360, InitProducerId 3: Java from 2.5, ``TransactionManager.handleFailedBatch``).
        ends_after_failed_batch: The client needs that epoch, and the coordinator has none to give: once the transaction
            is aborted the producer ends (librdkafka from 1.7 with brokers before 2.5: ``rd_kafka_idemp_pid_fsm``).
        bumps_epoch_while_committing: Also if the application had called commitTransaction when the batch failed; Java
            does not (``TransactionManager.maybeTransitionToErrorState`` asks ``isCompleting``).
        reuses_sequences_after_deadline: A batch whose connection breaks as its deadline passes is taken for not stored,
            so the next one gets its sequence: in the same epoch its leader takes that one for a repeat (KAFKA-8805,
            KAFKA-14397; Java from 2.1, ``Sender.completeBatch`` with ``adjustSequencesDueToFailedBatch``).
        reuses_sequences_after_abort: A batch that waits to be sent again as its transaction is aborted is dropped,
            stored or not, and the next one gets its sequence: in the same epoch its leader takes that one for a repeat
            (librdkafka: ``rd_kafka_toppar_purge_queues`` with ``RD_KAFKA_PURGE_F_ABORT_TXN``). Else it is sent until it
            is known what became of it (Java: ``RecordAccumulator.abortUndrainedBatches``).
        ends_where_unresolved: A batch that passes its deadline after it was sent again may be stored, and that ends the
            producer: nothing else can make it safe to go on (Java without KIP-360: ``Sender.runOnce``,
            ``TransactionManager.maybeResolveSequences``).
        sends_meanwhile: The client begins to send batches also while it asks a coordinator (librdkafka,
            ``rd_kafka_txn_may_send_msg``; aiokafka, ``Sender._sender_routine``). Else only those are on their way then
            that were before (``Sender.maybeSendAndPollTransactionalRequest``), which is all that brokers can see of it.
        adds_again_first: An AddPartitionsToTxn of which the connection breaks is sent again before the coordinators are
            asked for anything else (Java: ``TxnRequestHandler.onComplete`` puts it behind the search for the
            coordinator, from where the heap of ``pendingRequests`` takes it to the top; aiokafka adds partitions first
            always, ``Sender._maybe_do_transactional_request``). Else offsets may come before it (kafka-python, where it
            queues up anew, ``TransactionManager._enqueue_request``; librdkafka, which lets a while pass,
            ``rd_kafka_txn_handle_AddPartitionsToTxn``).
        fenced_by_timeout_is_abortable: A client that hears from a partition leader that its epoch is old aborts and
            goes on if it can (KIP-588, Java from 2.7). Else the error is fatal: it starts another producer.
        sends_group_metadata: TxnOffsetCommit 3 says which member of which generation sends it, and who is no longer in
            the group is refused (KIP-447, Java from 2.5: ``sendOffsetsToTransaction(offsets, groupMetadata)``).
        requires_stable_offsets: Who takes over a partition waits until no transaction has pending offsets for it
            (KIP-447, OffsetFetch 7, Java from 2.5: UNSTABLE_OFFSET_COMMIT).
        expires_beside_pending: What a group has committed expires although a transaction has offsets pending for it
            (``GroupMetadata.removeExpiredOffsets``; since 4.0 ``OffsetMetadataManager.cleanupExpiredOffsets`` waits).
        loses_completion: That the last marker is written may pass unnoticed (KAFKA-9777:
            ``DelayedOperation.maybeTryComplete`` of a ``DelayedTxnMarker``).
        refuses_end: EndTxn 5 is answered UNSUPPORTED_VERSION, as ``transaction.version`` is 0 and the client does not
            ask for it.
        refusal_keeps_pending: The pending state that such an EndTxn has set is never cleared.
        reads_stop_at_last_stable_offset: A fetch under read_committed returns nothing of open transactions (KAFKA-9807:
            ``Log.read`` looked at a high watermark that moves twice).
        reader_pops_any_abort: A reader takes the abort marker of a transaction without records for the end of the next
            aborted one (librdkafka before 1.7.0: ``rd_kafka_aborted_txns_pop_offset``).
    """

    bumps_epoch_at_every_end: bool = True
    fences_late_markers: bool = True
    shares_epoch_of_fence: bool = False
    adds_partitions_implicitly: bool = True
    verifies_partitions: bool = True
    bumps_epoch_after_failed_batch: bool = True
    ends_after_failed_batch: bool = False
    bumps_epoch_while_committing: bool = False
    reuses_sequences_after_deadline: bool = True
    reuses_sequences_after_abort: bool = False
    ends_where_unresolved: bool = False
    sends_meanwhile: bool = False
    adds_again_first: bool = True
    fenced_by_timeout_is_abortable: bool = True
    sends_group_metadata: bool = True
    requires_stable_offsets: bool = True
    expires_beside_pending: bool = False
    loses_completion: bool = False
    refuses_end: bool = False
    refusal_keeps_pending: bool = False
    reads_stop_at_last_stable_offset: bool = True
    reader_pops_any_abort: bool = False

    @property
    def transaction_version(self) -> int:
        """The finalized level of the feature ``transaction.version``, as far as it matters to this client."""
        if self.refuses_end:
            return 0
        return 2 if self.bumps_epoch_at_every_end or self.shares_epoch_of_fence else 1


TRANSACTION_VERSION_2 = TransactionRules()
"""``transaction.version=2`` and a Java client from 4.0. Source: KIP-890."""

TRANSACTION_VERSION_1 = TransactionRules(
    bumps_epoch_at_every_end=False, fences_late_markers=False, adds_partitions_implicitly=False
)
"""``transaction.version`` 0 or 1, brokers from 3.6; or any older client with newer brokers. Source: KIP-98, KIP-890."""


@attrs.frozen
class ApplicationRules:
    """
    The application around the transactional producer, and who reads what it writes.

    Attributes:
        source: A "log" that a group reads (consume-process-produce), or the "application" itself, which has records
            to send and no offsets to commit.
        instances: Of consume-process-produce, each with a ``transactional.id`` of its own.
        reset: ``auto.offset.reset`` of the consumer of the log.
        isolation: ``isolation.level`` of who reads the output.
        on_send_failure: After an abort: send nothing more, go on with the next records, or send the same ones again.
            Consume-process-produce always rewinds to the committed offset.
        on_restart: What becomes of records whose transaction the application did not see committed before a crash.
            Consume-process-produce always starts from the committed offset.
    """

    source: Literal["log", "application"] = "log"
    instances: int = 1
    reset: Reset = "earliest"
    isolation: Isolation = "read_committed"
    on_send_failure: Literal["stop", "drop", "resend"] = "stop"
    on_restart: Literal["forget", "resend"] = "forget"


@attrs.frozen
class Detail:
    """
    How much of the history a claim asks for, and how fine the steps are.

    Attributes:
        tells_transactions_apart: It is remembered which transaction of the application something belongs to.
        keeps_order: The order of the output is remembered.
        keeps_aborted: Aborted records stay in the log, as readers may have seen them.
        keeps_markers: Markers stay too, as the reader goes by them.
        remembers_acknowledged: It is remembered of which records the application saw the transaction commit.
        forgets: What nothing depends on any more is forgotten.
        sends_beside: A transaction's offsets are sent beside its batches. Else they come last, which is the same where
            no request of an earlier transaction can end this one.
        rebalances_apart: The group rebalances some time after members have come or gone, also those that
            have no partition. Else it does so at once, if that matters.
        is_fine: Requests and answers are steps of their own, and a transaction's records are taken at once. Else it is
            decided after each record whether another one follows.
    """

    tells_transactions_apart: bool = True
    keeps_order: bool = True
    keeps_aborted: bool = False
    keeps_markers: bool = False
    remembers_acknowledged: bool = True
    forgets: bool = True
    sends_beside: bool = False
    rebalances_apart: bool = False
    is_fine: bool = False
