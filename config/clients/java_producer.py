"""How the settings of a Java producer fit together."""

from collections.abc import Callable

from ackproof.config.clients.java import raised, wrapped
from ackproof.config.clients.library import UNLIMITED, Delivery, Settings
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Acks
from ackproof.config.versions import Version, since

ACKS, IDEMPOTENCE, RETRIES = "acks", "enable.idempotence", "retries"
IN_FLIGHT, TRANSACTIONAL_ID = "max.in.flight.requests.per.connection", "transactional.id"
DELIVERY_TIMEOUT, TWO_PHASE = "delivery.timeout.ms", "transaction.two.phase.commit.enable"
TRANSACTION_TIMEOUT = "transaction.timeout.ms"

RETRIES_ARE_ZERO = "Must set retries to non-zero when using the idempotent producer."
ACKS_ARE_NOT_ALL = (
    "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
)
NOT_IDEMPOTENT = "Cannot set a transactional.id without also enabling idempotence."
AT_MOST_ONE = (
    f"Must set {IN_FLIGHT} to 1 in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
)
AT_MOST_FIVE = f"Must set {IN_FLIGHT} to at most 5 to use the idempotent producer."

Idempotence = Callable[[Settings, Remarks], Delivery]


def acks_of(value: str | None) -> Acks:
    """The meaning of a valid value of acks."""
    return "0" if value == "0" else "1" if value == "1" else "all"


def as_configured(settings: Settings, *, is_idempotent: bool) -> Delivery:
    """What the settings say by themselves."""
    acks = acks_of(settings.text(ACKS))
    return Delivery(acks, is_idempotent, settings.number(IN_FLIGHT), settings.number(RETRIES))


def unknown(settings: Settings, remarks: Remarks) -> Delivery:
    """No producer is idempotent before 0.11."""
    del remarks
    return as_configured(settings, is_idempotent=False)


def asked_for_one_in_flight(settings: Settings, remarks: Remarks) -> Delivery:
    """0.11: idempotence is asked for, and takes one request at a time (KAFKA-5494)."""
    return _asked_for(settings, remarks, 1, AT_MOST_ONE)


def asked_for(settings: Settings, remarks: Remarks) -> Delivery:
    """
    Idempotence is asked for, or comes with a transactional.id; the other settings follow unless they were given.

    Also 3.0.0 and 3.1.0, which do not apply their default (KAFKA-13598).
    Source: ``ProducerConfig.maybeOverrideAcksAndRetries``, ``KafkaProducer.configureInflightRequests``.
    """
    return _asked_for(settings, remarks, 5, AT_MOST_FIVE)


def _asked_for(settings: Settings, remarks: Remarks, most: int, too_many: str) -> Delivery:
    asked = settings.flag(IDEMPOTENCE) and settings.is_given(IDEMPOTENCE)
    transactional = settings.is_given(TRANSACTIONAL_ID)
    if transactional and settings.is_given(IDEMPOTENCE) and not asked:
        remarks.refuse(TRANSACTIONAL_ID, raised(NOT_IDEMPOTENT), settings.place(TRANSACTIONAL_ID))
    if not asked and not transactional:
        if settings.flag(IDEMPOTENCE):
            remarks.note(IDEMPOTENCE, "off, though true by default: this release does not apply it (KAFKA-13598)")
        return as_configured(settings, is_idempotent=False)
    for key, problem in _conflicts(settings, most, too_many):
        if settings.is_given(key):
            remarks.refuse(key, raised(problem), settings.place(key))
    in_flight = settings.number(IN_FLIGHT) if settings.is_given(IN_FLIGHT) else min(most, 5)
    retries = settings.number(RETRIES) if settings.is_given(RETRIES) else UNLIMITED
    return Delivery("all", is_idempotent=True, max_in_flight=in_flight, retries=retries)


def by_default(settings: Settings, remarks: Remarks) -> Delivery:
    """3.x: idempotence is on by default, and turns itself off silently where another setting is against it."""
    return _by_default(settings, remarks, AT_MOST_FIVE, refuses_in_flight=False)


def by_default_strictly(settings: Settings, remarks: Remarks) -> Delivery:
    """4.x: as 3.x, but too many requests in flight are refused whenever idempotence is not set to false."""
    current = settings.number(IN_FLIGHT)
    too_many = f"To use the idempotent producer, {IN_FLIGHT} must be set to at most 5. Current value is {current}."
    return _by_default(settings, remarks, too_many, refuses_in_flight=True)


def _by_default(settings: Settings, remarks: Remarks, too_many: str, *, refuses_in_flight: bool) -> Delivery:
    """Source: ``ProducerConfig.postProcessAndValidateIdempotenceConfigs``."""
    is_idempotent = settings.flag(IDEMPOTENCE)
    for key, problem in _conflicts(settings, 5, too_many) if is_idempotent else ():
        if settings.is_given(IDEMPOTENCE) or (refuses_in_flight and key == IN_FLIGHT):
            remarks.refuse(key, raised(problem), settings.place(key))
        else:
            is_idempotent = False
            message = f"turned off silently because {key}={settings.text(key)}"
            remarks.note(IDEMPOTENCE, message, settings.place(key))
    if settings.is_given(TRANSACTIONAL_ID) and not is_idempotent:
        remarks.refuse(TRANSACTIONAL_ID, raised(NOT_IDEMPOTENT), settings.place(TRANSACTIONAL_ID))
    return as_configured(settings, is_idempotent=is_idempotent)


def _conflicts(settings: Settings, most: int, too_many: str) -> list[tuple[str, str]]:
    """Keys whose values an idempotent producer can not have, and what the client says of each."""
    conflicts = (
        (RETRIES, settings.number(RETRIES) == 0, RETRIES_ARE_ZERO),
        (ACKS, acks_of(settings.text(ACKS)) != "all", ACKS_ARE_NOT_ALL),
        (IN_FLIGHT, settings.number(IN_FLIGHT) > most, too_many),
    )
    return [(key, problem) for key, is_one, problem in conflicts if is_one]


IDEMPOTENCE_SINCE: tuple[tuple[Version, Idempotence], ...] = (
    ((0,), unknown),
    ((0, 11), asked_for_one_in_flight),
    ((1, 0), asked_for),
    ((3, 0, 1), by_default),
    ((3, 1, 0), asked_for),
    ((3, 1, 1), by_default),
    ((4, 0), by_default_strictly),
)


def delivery(settings: Settings, version: Version, remarks: Remarks) -> Delivery:
    """How the producer delivers; settings that do not fit together are problems."""
    _check_delivery_timeout(settings, remarks)
    if settings.flag(TWO_PHASE) and settings.is_given(TRANSACTION_TIMEOUT):
        problem = f"Cannot set {TRANSACTION_TIMEOUT} when {TWO_PHASE} is set to true. "
        problem += "Transactions will not expire with two-phase commit enabled."
        remarks.refuse(TRANSACTION_TIMEOUT, raised(problem), settings.place(TRANSACTION_TIMEOUT))
    return since(version, IDEMPOTENCE_SINCE)(settings, remarks)


def _check_delivery_timeout(settings: Settings, remarks: Remarks) -> None:
    """Source: ``KafkaProducer.configureDeliveryTimeout`` (from 2.1 on)."""
    least = min(settings.number("linger.ms") + settings.number("request.timeout.ms"), UNLIMITED)
    if settings.text(DELIVERY_TIMEOUT) is None or settings.number(DELIVERY_TIMEOUT) >= least:
        return
    problem = f"{DELIVERY_TIMEOUT} should be equal to or larger than linger.ms + request.timeout.ms"
    if settings.is_given(DELIVERY_TIMEOUT):
        remarks.refuse(DELIVERY_TIMEOUT, wrapped("producer", problem), settings.place(DELIVERY_TIMEOUT))
    else:
        cause = settings.place("request.timeout.ms" if settings.is_given("request.timeout.ms") else "linger.ms")
        remarks.note(DELIVERY_TIMEOUT, f"{problem}. Setting it to {least}.", cause)
