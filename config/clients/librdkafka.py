"""librdkafka: the values that it takes and how its settings fit together, in the words of confluent-kafka."""

import re
from collections.abc import Iterable, Mapping

from ackproof.config.clients.definitions import Definition
from ackproof.config.clients.library import UNLIMITED, Delivery, Settings
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Acks, Setting
from ackproof.config.versions import Version, since

ACKS, IDEMPOTENCE, IN_FLIGHT = "request.required.acks", "enable.idempotence", "max.in.flight.requests.per.connection"
RETRIES, TRANSACTIONAL_ID, LINGER = "message.send.max.retries", "transactional.id", "queue.buffering.max.ms"
MESSAGE_TIMEOUT, TRANSACTION_TIMEOUT, SOCKET_TIMEOUT = (
    "message.timeout.ms",
    "transaction.timeout.ms",
    "socket.timeout.ms",
)
SESSION_TIMEOUT, POLL_INTERVAL, ASSIGNORS = (
    "session.timeout.ms",
    "max.poll.interval.ms",
    "partition.assignment.strategy",
)
KNOWN_SINCE: Mapping[str, Version] = {
    IDEMPOTENCE: (1, 0),
    POLL_INTERVAL: (1, 0),
    "isolation.level": (1, 2),
    "group.instance.id": (1, 3),
    "client.rack": (1, 3),
    TRANSACTIONAL_ID: (1, 4),
    "transaction.timeout.ms": (1, 4),
    "retry.backoff.max.ms": (2, 3),
    "group.protocol": (2, 4),
    "group.remote.assignor": (2, 4),
}
"""Keys that older releases do not know, of those that may matter. Source: rdkafka_conf.c of each release."""

ACKS_SINCE: tuple[tuple[Version, str], ...] = (((0,), "1"), ((1, 0), "-1"))
RETRIES_SINCE: tuple[tuple[Version, int], ...] = (((0,), 2), ((1, 6), UNLIMITED))
"""Defaults by release."""

WRAPPERS = ("go.", "dotnet.")
"""Keys of confluent-kafka-go and confluent-kafka-dotnet. Source: ``NewProducer``; ``ConfigPropertyNames``."""

BOOLEANS = ("true", "false", "t", "f", "1", "0")
COOPERATIVE = {"range": False, "roundrobin": False, "cooperative-sticky": True}
COOPERATES_SINCE: Version = (1, 6)
"""The first with ``cooperative-sticky``. Source: librdkafka, CHANGELOG.md of 1.6.0."""


def raised(problem: str) -> str:
    """A problem as the client raises it."""
    return f'cimpl.KafkaException: KafkaError{{code=_INVALID_ARG,val=-186,str="{problem}"}}'


def refused_value(definition: Definition, value: str) -> str | None:
    """What the client raises for a *value* that it does not take; None if it takes it."""
    problem = invalid(definition, value)
    return raised(problem) if problem else None


def invalid(definition: Definition, value: str) -> str | None:
    """
    What ``rd_kafka_conf_set`` says of a *value* that it does not take; None if it takes it.

    Stricter than the client with numbers: it reads as much of ``5x`` as it can, and we do not.
    """
    name, range_ = definition.alias_of or definition.key, definition.valid or ""
    match definition.type:
        case "integer" | "float" if not value:
            return f'Integer configuration property "{name}" cannot be set to empty value'
        case "integer" | "float" if not (name == ACKS and value.lower() == "all"):
            return _refused_number(
                name, value, range_, "[-+]?[0-9]{1,18}" + (r"(\.[0-9]*)?" * (definition.type == "float"))
            )
        case "boolean" if not value:
            return f'Bool configuration property "{name}" cannot be set to empty value'
        case "boolean" if value.lower() not in BOOLEANS:
            return f'Expected bool value for "{name}": true or false'
        case "enum value" if range_ and value.lower() not in range_.split(", "):
            return f'Invalid value "{value}" for configuration property "{name}"'
        case _:
            return None


def _refused_number(name: str, value: str, range_: str, form: str) -> str | None:
    if not re.fullmatch(form, value):
        return f'Invalid value for configuration property "{name}"'
    least, most = range_.split(" .. ")
    if float(least) <= float(value) <= float(most):
        return None
    return f'Configuration property "{name}" value {value} is outside allowed range {least}..{most}'


def refused_key(setting: Setting, side: str) -> str:
    """What the client says of a key that it does not know."""
    del side
    return raised(f'No such configuration property: "{setting.key}"')


def delivery(settings: Settings, version: Version, remarks: Remarks) -> Delivery:
    """
    How the producer delivers; only what was not given adapts to idempotence.

    Source: ``rd_kafka_conf_finalize``, ``rd_kafka_topic_conf_finalize``.
    """
    transactional = bool(settings.text(TRANSACTIONAL_ID))
    is_idempotent = settings.flag(IDEMPOTENCE) or (transactional and not settings.is_given(IDEMPOTENCE))
    for key, problem in _producer_conflicts(settings, transactional=transactional, is_idempotent=is_idempotent):
        remarks.refuse(settings.name(key), raised(f"Failed to create producer: {problem}"), settings.place(key))
    in_flight = settings.number(IN_FLIGHT)
    return Delivery(
        acks="all" if is_idempotent else _acks(settings, version, remarks),
        is_idempotent=is_idempotent,
        max_in_flight=min(in_flight, 5) if is_idempotent else in_flight,
        retries=_retries(settings, version, is_idempotent=is_idempotent),
    )


def _retries(settings: Settings, version: Version, *, is_idempotent: bool) -> int:
    if settings.is_given(RETRIES):
        return settings.number(RETRIES)
    return UNLIMITED if is_idempotent else since(version, RETRIES_SINCE)


def _producer_conflicts(settings: Settings, *, transactional: bool, is_idempotent: bool) -> Iterable[tuple[str, str]]:
    """Keys whose given values do not fit, and what the client says of each."""
    if is_idempotent:
        yield from _idempotence_conflicts(settings)
    elif transactional:
        yield TRANSACTIONAL_ID, "`transactional.id` requires `enable.idempotence=true`"
    if transactional:
        yield from _transaction_conflicts(settings)
    timeout = settings.number(MESSAGE_TIMEOUT)
    if settings.is_given(LINGER) and 0 < timeout <= float(settings.text(LINGER) or 0):
        key = MESSAGE_TIMEOUT if settings.is_given(MESSAGE_TIMEOUT) else LINGER
        yield key, "`message.timeout.ms` must be greater than `linger.ms`"
    if settings.flag("enable.gapless.guarantee") and not is_idempotent:
        yield "enable.gapless.guarantee", "`enable.gapless.guarantee` requires `enable.idempotence` to be enabled"


def _idempotence_conflicts(settings: Settings) -> Iterable[tuple[str, str]]:
    threshold = "queue.buffering.backpressure.threshold"
    conflicts = (
        (IN_FLIGHT, settings.number(IN_FLIGHT) > 5, "`max.in.flight` must be set <= 5"),
        (RETRIES, settings.number(RETRIES) < 1, "`retries` must be set >= 1"),
        (ACKS, (settings.text(ACKS) or "").lower() not in ("-1", "all"), "`acks` must be set to `all`"),
        ("queuing.strategy", settings.text("queuing.strategy") == "lifo", "`queuing.strategy` must be set to `fifo`"),
        (threshold, settings.number(threshold) != 1, f"`{threshold}` must be set to 1"),
    )
    for key, is_one, problem in conflicts:
        if is_one and settings.is_given(key):
            yield key, f"{problem} when `enable.idempotence` is true"


def _transaction_conflicts(settings: Settings) -> Iterable[tuple[str, str]]:
    limit = settings.number(TRANSACTION_TIMEOUT)
    if settings.is_given(MESSAGE_TIMEOUT) and settings.number(MESSAGE_TIMEOUT) > limit:
        yield MESSAGE_TIMEOUT, "`message.timeout.ms` must be set <= `transaction.timeout.ms`"
    if settings.is_given(SOCKET_TIMEOUT) and settings.number(SOCKET_TIMEOUT) > limit + 100:
        yield SOCKET_TIMEOUT, "`socket.timeout.ms` must be set <= `transaction.timeout.ms` + 100"


def _acks(settings: Settings, version: Version, remarks: Remarks) -> Acks:
    value = (settings.text(ACKS) or "").lower() if settings.is_given(ACKS) else since(version, ACKS_SINCE)
    if value in ("0", "1"):
        return "0" if value == "0" else "1"
    if value not in ("all", "-1"):
        refused = f"the client takes acks={value}, and the broker refuses every request with INVALID_REQUIRED_ACKS"
        remarks.refuse(settings.name(ACKS), refused, settings.place(ACKS))
    return "all"


def membership(settings: Settings, version: Version, remarks: Remarks) -> None:
    """Settings that do not fit together are problems."""
    is_classic = (settings.text("group.protocol") or "classic").lower() == "classic"
    for key, problem in _classic_conflicts(settings, version) if is_classic else _protocol_conflicts(settings):
        remarks.refuse(settings.name(key), raised(f"Failed to create consumer: {problem}"), settings.place(key))


def _classic_conflicts(settings: Settings, version: Version) -> Iterable[tuple[str, str]]:
    if settings.number(POLL_INTERVAL) < settings.number(SESSION_TIMEOUT):
        key = POLL_INTERVAL if settings.is_given(POLL_INTERVAL) else SESSION_TIMEOUT
        yield key, "`max.poll.interval.ms`must be >= `session.timeout.ms`"
    value = settings.text(ASSIGNORS) or ""
    names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if name not in COOPERATIVE or (COOPERATIVE[name] and version < COOPERATES_SINCE):
            yield ASSIGNORS, f"Unsupported partition.assignment.strategy: {name}"
    if len({COOPERATIVE[name] for name in names if name in COOPERATIVE}) > 1:
        mixed = f"All partition.assignment.strategy ({value}) assignors must have the same protocol type"
        yield ASSIGNORS, f"{mixed}, online migration between assignors with different protocol types is not supported"


def _protocol_conflicts(settings: Settings) -> Iterable[tuple[str, str]]:
    """What ``group.protocol=consumer`` leaves to the broker."""
    unsupported = "is not supported for `group.protocol=consumer`"
    for key in settings.given((SESSION_TIMEOUT, "heartbeat.interval.ms")):
        yield key, f"`{key}` {unsupported} or share consumer. It is defined broker side"
    for key in settings.given(("group.protocol.type",)):
        yield key, f"`{key}` {unsupported} or share consumer"
    for key in settings.given((ASSIGNORS,)):
        yield key, f"`{key}` {unsupported}. Use `group.remote.assignor` instead"
