"""kafka-python: the values that it takes and how its settings fit together, by version."""

from collections.abc import Callable

from ackproof.config.clients.definitions import Definition
from ackproof.config.clients.library import UNLIMITED, Delivery, Settings, Side
from ackproof.config.clients.python_values import NUMBER, acks_of, literal, wrong_type
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.versions import Version, since

ACKS, IDEMPOTENCE, RETRIES = "acks", "enable_idempotence", "retries"
IN_FLIGHT, TRANSACTIONAL_ID = "max_in_flight_requests_per_connection", "transactional_id"
DELIVERY_TIMEOUT = "delivery_timeout_ms"
COMPRESSION = ("gzip", "snappy", "lz4", "zstd", "none")
ISOLATION = ("read_uncommitted", "read_committed")

Idempotence = Callable[[Settings, Remarks], Delivery]


def raised(problem: str) -> str:
    """A problem as the client raises it."""
    return f"kafka.errors.KafkaConfigurationError: {problem}"


def refused_value(definition: Definition, value: str) -> str | None:
    """What is wrong with a *value*; None if the client takes it and it can be judged."""
    if definition.key == ACKS and value not in ("0", "1", "-1", "all"):
        return f"acks must be 0, 1, -1 or 'all', not {literal(value)}: the broker refuses it with INVALID_REQUIRED_ACKS"
    if definition.key == "compression_type" and value.lower() not in COMPRESSION:
        return f"ValueError: Not supported codec: {value}"
    if definition.key == "isolation_level" and value not in ISOLATION:
        return raised("Unrecognized isolation_level")
    if definition.key == IN_FLIGHT and NUMBER.fullmatch(value) and int(value) < 1:
        return f"{IN_FLIGHT} must be at least 1, not {value}"
    return wrong_type(definition, value)


def refused_key(setting: Setting, side: Side) -> str:
    """What the client says of a key that it does not know."""
    if side == "consumer":
        return raised(f"Unrecognized configs: {{{setting.key!r}}}")
    return f"ValueError: Unrecognized configs: {{{setting.key!r}: {literal(setting.value or '')}}}"


def as_configured(settings: Settings, remarks: Remarks) -> Delivery:
    """What the settings say by themselves, without idempotence."""
    del remarks
    acks = acks_of(settings.text(ACKS))
    in_flight, retries = settings.number(IN_FLIGHT), settings.number(RETRIES)
    return Delivery(acks, is_idempotent=False, max_in_flight=in_flight, retries=retries)


def asked_for(settings: Settings, remarks: Remarks) -> Delivery:
    """2.2 and 2.3: idempotence is asked for, or comes with a transactional_id; one request in flight."""
    transactional = bool(settings.text(TRANSACTIONAL_ID))
    _check_transactional(settings, remarks)
    if not settings.flag(IDEMPOTENCE) and not transactional:
        return as_configured(settings, remarks)
    using = "the idempotent producer. Otherwise we cannot guarantee idempotence"
    conflicts = (
        (RETRIES, settings.number(RETRIES) == 0, "Must set 'retries' to non-zero when using the idempotent producer."),
        (IN_FLIGHT, settings.number(IN_FLIGHT) != 1, f"Must set '{IN_FLIGHT}' to 1 in order to use {using}."),
        (ACKS, acks_of(settings.text(ACKS)) != "all", f"Must set 'acks' config to 'all' in order to use {using}"),
    )
    for key, is_one, problem in conflicts:
        if is_one and settings.is_given(key):
            remarks.refuse(key, raised(problem), settings.place(key))
    return Delivery("all", is_idempotent=True, max_in_flight=1, retries=settings.number(RETRIES))


def by_default(settings: Settings, remarks: Remarks) -> Delivery:
    """
    3.x: idempotence is on by default, and gives way to settings that are against it.

    An idempotent producer mutes a partition while a batch of it is in flight (``guarantee_message_order``).
    """
    _check_transactional(settings, remarks)
    transactional = bool(settings.text(TRANSACTIONAL_ID))
    is_asked_for = settings.is_given(IDEMPOTENCE) or transactional
    is_idempotent = settings.flag(IDEMPOTENCE) or transactional
    conflicts = _conflicts(settings) if is_idempotent else []
    pairs = ", ".join(f"{key}={literal(settings.text(key) or '')}" for key in conflicts)
    if conflicts and is_asked_for:
        problem = f"enable_idempotence=True is incompatible with user-provided {pairs}"
        remarks.refuse(conflicts[0], raised(problem), settings.place(conflicts[0]))
    elif conflicts:
        is_idempotent = False
        remarks.note(IDEMPOTENCE, f"turned off with a warning because {pairs}", settings.place(conflicts[0]))
    plain = as_configured(settings, remarks)
    if not is_idempotent:
        return plain
    return Delivery(plain.acks, is_idempotent=True, max_in_flight=1, retries=plain.retries)


def _conflicts(settings: Settings) -> list[str]:
    """The given keys that an idempotent producer can not have as they are."""
    conflicts = {
        ACKS: acks_of(settings.text(ACKS)) != "all",
        RETRIES: settings.number(RETRIES) == 0,
        IN_FLIGHT: settings.number(IN_FLIGHT) > 5,
    }
    return [key for key, is_one in conflicts.items() if is_one and settings.is_given(key)]


def _check_transactional(settings: Settings, remarks: Remarks) -> None:
    if settings.text(TRANSACTIONAL_ID) and settings.is_given(IDEMPOTENCE) and not settings.flag(IDEMPOTENCE):
        problem = "Cannot set transactional_id without enable_idempotence."
        remarks.refuse(TRANSACTIONAL_ID, raised(problem), settings.place(TRANSACTIONAL_ID))


IDEMPOTENCE_SINCE: tuple[tuple[Version, Idempotence], ...] = (
    ((0,), as_configured),
    ((2, 2), asked_for),
    ((3, 0), by_default),
)


def delivery(settings: Settings, version: Version, remarks: Remarks) -> Delivery:
    """How the producer delivers; settings that do not fit together are problems."""
    least = min(settings.number("linger_ms") + settings.number("request_timeout_ms"), UNLIMITED)
    if settings.text(DELIVERY_TIMEOUT) is not None and settings.number(DELIVERY_TIMEOUT) < least:
        given = settings.given((DELIVERY_TIMEOUT, "request_timeout_ms", "linger_ms"))
        key = given[0] if given else DELIVERY_TIMEOUT
        problem = f"Must set {DELIVERY_TIMEOUT} higher than linger_ms + request_timeout_ms"
        remarks.refuse(key, raised(problem), settings.place(key))
    return since(version, IDEMPOTENCE_SINCE)(settings, remarks)


def membership(settings: Settings, version: Version, remarks: Remarks) -> None:
    """Settings that do not fit together are problems."""
    del version
    idle, wait = settings.number("connections_max_idle_ms"), settings.number("fetch_max_wait_ms")
    timeout = settings.number("request_timeout_ms")
    if not wait < timeout < idle:
        key = (*settings.given(("fetch_max_wait_ms", "request_timeout_ms")), "connections_max_idle_ms")[0]
        problem = f"connections_max_idle_ms ({idle}) must be larger than request_timeout_ms ({timeout})"
        problem += f" which must be larger than fetch_max_wait_ms ({wait})."
        remarks.refuse(key, raised(problem), settings.place(key))
    heartbeat, session = settings.number("heartbeat_interval_ms"), settings.number("session_timeout_ms")
    if heartbeat >= session:
        key = (*settings.given(("heartbeat_interval_ms",)), "session_timeout_ms")[0]
        problem = f"Heartbeat interval must be lower than the session timeout ({heartbeat} v {session})"
        remarks.refuse(key, raised(problem), settings.place(key))
