"""What the parts of a pipeline must agree on."""

from ackproof.config.clients.libraries import LIBRARIES
from ackproof.config.clients.library import Settings
from ackproof.config.files.problems import Remarks
from ackproof.config.files.section import Section
from ackproof.config.pipeline import Client, Consumer, Place, Producer, Topic
from ackproof.config.versions import Version, version_of

OLD_CLIENTS_LEFT_OUT: Version = (4,)
OLDEST_ANSWERED: Version = (2, 1)

ERRORS = "org.apache.kafka.common.errors"


def check_agreement(
    root: Section, kafka: Version, topic: Topic, producer: Producer | None, consumer: Consumer | None, remarks: Remarks
) -> None:
    """What one part asks of another and does not get is a problem."""
    if not root.values.keys() & {"producer", "consumer"}:
        remarks.refuse(None, "there is neither a producer nor a consumer", root.place)
    if producer is not None and producer.transactional_id is not None:
        _check_transaction_timeout(topic, producer, remarks)
    for side, client in (("producer", producer), ("consumer", consumer)):
        if client is not None:
            _note_age(root.place_of(f"{side}.client"), kafka, f"{side}.client", client.client, remarks)
    if consumer is not None:
        _check_sink(root, producer, consumer, remarks)
        if consumer.group_protocol == "classic":
            _check_session_timeout(topic, consumer, remarks)


def _note_age(at: Place, kafka: Version, key: str, client: Client, remarks: Remarks) -> None:
    """Source: KIP-896."""
    if kafka >= OLD_CLIENTS_LEFT_OUT and client.name == "java" and version_of(client.version) < OLDEST_ANSWERED:
        message = "brokers from 4.0 on do not answer Java clients before 2.1 (KIP-896); judged as if they did"
        remarks.note(key, message, at)


def _check_sink(root: Section, producer: Producer | None, consumer: Consumer, remarks: Remarks) -> None:
    """Consume-process-produce needs both sides, and a transaction needs a transactional.id."""
    if consumer.sink == "kafka" and producer is None:
        remarks.refuse("consumer.sink", 'sink = "kafka" needs a [producer]', root.place_of("consumer.sink"))
    if consumer.commit != "transaction":
        return
    at = root.place_of("consumer.commit")
    key = LIBRARIES[consumer.client.name].spell("isolation.level")
    settings = Settings(consumer.settings)
    if consumer.isolation_level == "read_uncommitted" and settings.is_given(key):
        message = "is about what this group reads, taken as committed; who reads its outputs has one of its own"
        remarks.note(key, f"read_uncommitted {message}", settings.place(key))
    if consumer.sink != "kafka":
        remarks.refuse("consumer.commit", 'commit = "transaction" needs sink = "kafka"', at)
    if producer is not None and producer.transactional_id is None:
        key = LIBRARIES[producer.client.name].spell("transactional.id")
        remarks.refuse(key, f'commit = "transaction" needs a {key} of the producer', at)


def _check_transaction_timeout(topic: Topic, producer: Producer, remarks: Remarks) -> None:
    """Source: ``TransactionCoordinator.handleInitProducerId``."""
    key = LIBRARIES[producer.client.name].spell("transaction.timeout.ms")
    client, brokers = Settings(producer.settings), Settings(topic.settings)
    if client.number(key) > brokers.number("transaction.max.timeout.ms"):
        problem = "The transaction timeout is larger than the maximum value allowed by the broker"
        problem += " (as configured by transaction.max.timeout.ms)."
        remarks.refuse(key, f"{ERRORS}.InvalidTxnTimeoutException: {problem}", client.place(key))


def _check_session_timeout(topic: Topic, consumer: Consumer, remarks: Remarks) -> None:
    """Source: ``GroupMetadataManager.classicGroupJoin``."""
    key = LIBRARIES[consumer.client.name].spell("session.timeout.ms")
    client, brokers = Settings(consumer.settings), Settings(topic.settings)
    least, most = brokers.number("group.min.session.timeout.ms"), brokers.number("group.max.session.timeout.ms")
    if not least <= client.number(key) <= most:
        problem = "The session timeout is not within the range allowed by the broker"
        problem += " (as configured by group.min.session.timeout.ms and group.max.session.timeout.ms)."
        remarks.refuse(key, f"{ERRORS}.InvalidSessionTimeoutException: {problem}", client.place(key))
