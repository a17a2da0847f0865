"""Settings of topics: what they were created with, else what the broker says."""

from collections.abc import Mapping

from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.kernel.setting import text_of
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.settings import of as log_settings_of

SYNONYMS = {
    "cleanup.policy": "log.cleanup.policy",
    "compression.type": "compression.type",
    "delete.retention.ms": "log.cleaner.delete.retention.ms",
    "flush.messages": "log.flush.interval.messages",
    "flush.ms": "log.flush.interval.ms",
    "max.compaction.lag.ms": "log.cleaner.max.compaction.lag.ms",
    "max.message.bytes": "message.max.bytes",
    "message.timestamp.after.max.ms": "log.message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms": "log.message.timestamp.before.max.ms",
    "message.timestamp.type": "log.message.timestamp.type",
    "min.cleanable.dirty.ratio": "log.cleaner.min.cleanable.ratio",
    "min.compaction.lag.ms": "log.cleaner.min.compaction.lag.ms",
    "min.insync.replicas": "min.insync.replicas",
    "retention.bytes": "log.retention.bytes",
    "retention.ms": "log.retention.ms",
    "segment.bytes": "log.segment.bytes",
    "segment.ms": "log.roll.ms",
    "unclean.leader.election.enable": "unclean.leader.election.enable",
}
"""The broker's key for what each topic key is by default. Source: ``ServerTopicConfigSynonyms``."""


def defaults(settings: BrokerSettings) -> LogSettings:
    """Those of a topic that says nothing. Source: ``KafkaConfig.extractLogConfigMap``."""
    values = {key: getattr(settings, broker_key.replace(".", "_")) for key, broker_key in SYNONYMS.items()}
    values |= {"retention.ms": settings.retention_ms, "segment.ms": settings.roll_ms}
    texts = {key: text_of(value) for key, value in values.items()}
    return log_settings_of({key: text for key, text in texts.items() if text is not None})


def settings_of(given: Mapping[str, str], settings: BrokerSettings) -> LogSettings:
    """
    Those of a topic that was created with the ones *given*.

    Raises:
        ValueError: There is no such key, or the value is not valid for it.
    """
    return log_settings_of(given, defaults(settings))


def internal_topic_settings(settings: BrokerSettings) -> dict[str, dict[str, str]]:
    """
    What the topics of coordinators are created with.

    Source: ``GroupCoordinatorService.groupMetadataTopicConfigs``,
    ``TransactionStateManager.transactionTopicConfigs``.
    """
    return {
        "__consumer_offsets": {
            "cleanup.policy": "compact",
            "compression.type": "producer",
            "segment.bytes": str(settings.offsets_topic_segment_bytes),
        },
        "__transaction_state": {
            "cleanup.policy": "compact",
            "compression.type": "uncompressed",
            "min.insync.replicas": str(settings.transaction_state_log_min_isr),
            "segment.bytes": str(settings.transaction_state_log_segment_bytes),
            "unclean.leader.election.enable": "false",
        },
    }
