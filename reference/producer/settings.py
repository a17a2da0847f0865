"""Settings of a producer, by Kafka's keys."""

from collections.abc import Mapping

import attrs

from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.kernel.setting import (
    INT_MAX,
    ConfigError,
    boolean,
    integer,
    integer_or,
    long,
    one_of,
    settings_of,
    text,
)
from ackproof.reference.records.compression import CODECS

IN_FLIGHT_MAX_IF_IDEMPOTENT = 5
IN_FLIGHT = "max.in.flight.requests.per.connection"


@attrs.frozen(kw_only=True)
class ProducerSettings(ClientSettings):
    """
    How a producer batches, sends and tries again; ``producer_settings`` checks what goes together.

    Source: ``ProducerConfig``, with the defaults of 4.3.
    """

    acks: str = one_of("all", "all", "-1", "0", "1")
    batch_size: int = integer(16_384, 0)
    buffer_memory: int = long(33_554_432, 0)
    compression_type: str = one_of("none", *CODECS)
    compression_gzip_level: int = integer_or(-1, least=1, most=9)
    compression_lz4_level: int = integer(9, least=1, most=17)
    compression_zstd_level: int = integer(3, least=-131_072, most=22)
    delivery_timeout_ms: int = integer(120_000, 0)
    enable_idempotence: bool = boolean(True)
    linger_ms: int = long(5, 0)
    max_block_ms: int = long(60_000, 0)
    max_in_flight_requests_per_connection: int = integer(5, least=1)
    max_request_size: int = integer(1_048_576, 0)
    metadata_max_idle_ms: int = long(300_000, 5_000)
    partitioner_adaptive_partitioning_enable: bool = boolean(True)
    partitioner_availability_timeout_ms: int = long(0, 0)
    partitioner_ignore_keys: bool = boolean(False)
    retries: int = integer(INT_MAX, 0)
    transaction_timeout_ms: int = integer(60_000)
    transactional_id: str | None = text(may_be_empty=False)

    @property
    def required_acks(self) -> int:
        """As requests say it: -1 for all."""
        return {"all": -1, "-1": -1, "0": 0, "1": 1}[self.acks]

    @property
    def compression_level(self) -> int | None:
        """Of the codec that is used; None where it has none."""
        levels = {
            "gzip": self.compression_gzip_level,
            "lz4": self.compression_lz4_level,
            "zstd": self.compression_zstd_level,
        }
        return levels.get(self.compression_type)


def producer_settings(properties: Mapping[str, object]) -> ProducerSettings:
    """
    Settings from values by Kafka's keys.

    Idempotence that was not asked for gives way to what excludes it, and a delivery timeout that was not is made long
    enough.

    Raises:
        ConfigError: Kafka refuses them.

    Source: ``ProducerConfig.postProcessAndValidateIdempotenceConfigs``, ``KafkaProducer.configureDeliveryTimeout``.
    """
    given = settings_of(ProducerSettings, properties, ignores_unknown=True)
    return _with_delivery_timeout(_with_idempotence(given, properties), properties)


def _with_idempotence(settings: ProducerSettings, properties: Mapping[str, object]) -> ProducerSettings:
    is_explicit = "enable.idempotence" in properties
    is_idempotent = settings.enable_idempotence
    if is_idempotent and settings.retries == 0:
        if is_explicit:
            raise ConfigError("Must set retries to non-zero when using the idempotent producer.")
        is_idempotent = False
    if is_idempotent and settings.required_acks != -1:
        if is_explicit:
            raise ConfigError(
                "Must set acks to all in order to use the idempotent producer. "
                "Otherwise we cannot guarantee idempotence."
            )
        is_idempotent = False
    in_flight = settings.max_in_flight_requests_per_connection
    if settings.enable_idempotence and in_flight > IN_FLIGHT_MAX_IF_IDEMPOTENT:
        raise ConfigError(
            f"To use the idempotent producer, {IN_FLIGHT} must be set to at most {IN_FLIGHT_MAX_IF_IDEMPOTENT}. "
            f"Current value is {in_flight}."
        )
    if settings.transactional_id is not None and not is_idempotent:
        raise ConfigError("Cannot set a transactional.id without also enabling idempotence.")
    return attrs.evolve(settings, enable_idempotence=is_idempotent)


def _with_delivery_timeout(settings: ProducerSettings, properties: Mapping[str, object]) -> ProducerSettings:
    least_ms = min(settings.linger_ms + settings.request_timeout_ms, INT_MAX)
    if settings.delivery_timeout_ms >= least_ms:
        return settings
    if "delivery.timeout.ms" in properties:
        raise ConfigError("delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms")
    return attrs.evolve(settings, delivery_timeout_ms=least_ms)
