"""Settings that both clients have, by Kafka's keys."""

import attrs

from ackproof.reference.client.setting import addresses
from ackproof.reference.kernel.setting import integer, one_of, text
from ackproof.reference.protocol.request import Address


@attrs.frozen(kw_only=True)
class ClientSettings:
    """
    How a client connects, asks and learns of the cluster: Kafka's keys with ``_`` for ``.``, text is parsed.

    Source: ``CommonClientConfigs``, with the defaults of 4.3.
    """

    bootstrap_servers: tuple[Address, ...] = addresses()
    client_id: str | None = text()
    client_rack: str | None = text()
    request_timeout_ms: int = integer(30_000, 0)
    retry_backoff_ms: int = integer(100, 0)
    retry_backoff_max_ms: int = integer(1_000, 0)
    reconnect_backoff_ms: int = integer(50, 0)
    reconnect_backoff_max_ms: int = integer(1_000, 0)
    socket_connection_setup_timeout_ms: int = integer(10_000, 0)
    socket_connection_setup_timeout_max_ms: int = integer(30_000, 0)
    connections_max_idle_ms: int = integer(540_000)
    metadata_max_age_ms: int = integer(300_000, 0)
    metadata_recovery_strategy: str = one_of("rebootstrap", "none", "rebootstrap")
    metadata_recovery_rebootstrap_trigger_ms: int = integer(300_000, 0)
