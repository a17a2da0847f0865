"""Rules that a producer has if nobody says otherwise: those of Java today, with its settings."""

from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE
from ackproof.model.produce.rules import ProducerRules, each_to_the_front, in_send_order
from ackproof.reference.kernel.setting import ConfigError
from ackproof.reference.producer.settings import ProducerSettings


def rules_of(settings: ProducerSettings) -> ProducerRules:
    """The rules of Kafka's own client of today."""
    return ProducerRules(
        idempotence=JAVA_IDEMPOTENCE if settings.enable_idempotence else None,
        max_in_flight=settings.max_in_flight_requests_per_connection,
        requeue=in_send_order if settings.enable_idempotence else each_to_the_front,
    )


def check_rules(settings: ProducerSettings, rules: ProducerRules) -> None:
    """
    Settings and rules have to speak of the same producer.

    Raises:
        ConfigError: They do not.
    """
    if settings.enable_idempotence != (rules.idempotence is not None):
        raise ConfigError(f"enable.idempotence is {settings.enable_idempotence}, unlike the rules have it")
    if settings.enable_idempotence and settings.required_acks != -1:
        raise ConfigError("idempotence needs acks=all")
    if settings.transactional_id is not None and not settings.enable_idempotence:
        raise ConfigError("Cannot set a transactional.id without also enabling idempotence.")


def mutes_partitions(settings: ProducerSettings, rules: ProducerRules) -> bool:
    """Whether nothing is sent to a partition until the batch before has its outcome."""
    in_flight = min(settings.max_in_flight_requests_per_connection, rules.max_in_flight)
    return in_flight == 1 and rules.mutes_partition


def in_flight_of(settings: ProducerSettings, rules: ProducerRules) -> int:
    """How many requests may be under way on a connection; a client that mutes partitions has no need for fewer."""
    in_flight = settings.max_in_flight_requests_per_connection
    return in_flight if mutes_partitions(settings, rules) else min(in_flight, rules.max_in_flight)
