"""The coordinator's settings, by Kafka's keys."""

import attrs

DAY_MS = 24 * 60 * 60 * 1_000


@attrs.frozen(kw_only=True)
class TransactionSettings:
    """
    How long transactions may take, and how often that is looked at: Kafka's keys with ``_`` for ``.``.

    Attributes:
        add_partitions_to_txn_retry_backoff_ms: How long a partition leader waits before it asks the coordinator again
            that was still ending the last transaction; and how long it does so at most.

    Source: ``TransactionStateManagerConfig``, ``TransactionLogConfig``, ``AddPartitionsToTxnConfig``.
    """

    transaction_max_timeout_ms: int = 15 * 60 * 1_000
    transaction_abort_timed_out_transaction_cleanup_interval_ms: int = 10_000
    transactional_id_expiration_ms: int = 7 * DAY_MS
    transaction_remove_expired_transaction_cleanup_interval_ms: int = 60 * 60 * 1_000
    transaction_state_log_num_partitions: int = 50
    transaction_partition_verification_enable: bool = True
    offsets_topic_num_partitions: int = 50
    add_partitions_to_txn_retry_backoff_ms: int = 20
    add_partitions_to_txn_retry_backoff_max_ms: int = 100
    request_timeout_ms: int = 30_000
