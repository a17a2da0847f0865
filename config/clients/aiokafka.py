"""aiokafka: the values that it takes and how its settings fit together."""

from ackproof.config.clients.definitions import Definition
from ackproof.config.clients.library import UNLIMITED, Delivery, Settings, Side
from ackproof.config.clients.python_values import acks_of, literal, wrong_type
from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.versions import Version

ACKS, IDEMPOTENCE, TRANSACTIONAL_ID = "acks", "enable_idempotence", "transactional_id"
COMPRESSION = ("gzip", "snappy", "lz4", "zstd", "none")
ISOLATION = ("read_uncommitted", "read_committed")


def refused_value(definition: Definition, value: str) -> str | None:
    """What is wrong with a *value*; None if the client takes it and it can be judged."""
    if definition.key == ACKS and value not in ("0", "1", "-1", "all"):
        return "ValueError: Invalid ACKS parameter"
    if definition.key == "compression_type" and value not in COMPRESSION:
        return "ValueError: Invalid compression type!"
    if definition.key == "isolation_level" and value not in ISOLATION:
        return f"ValueError: Incorrect isolation level {value}"
    if definition.key == "max_poll_records" and not (value.isascii() and value.isdigit() and value.strip("0")):
        return "ValueError: `max_poll_records` should be positive Integer"
    return wrong_type(definition, value)


def refused_key(setting: Setting, side: Side) -> str:
    """What the client says of a key that it does not know."""
    return f"TypeError: AIOKafka{side.capitalize()}.__init__() got an unexpected keyword argument {setting.key!r}"


def delivery(settings: Settings, version: Version, remarks: Remarks) -> Delivery:
    """
    How the producer delivers: one batch per partition at a time, retried until its time is over.

    Idempotence is asked for, or comes with a transactional_id even where it was turned off.
    """
    del version
    is_idempotent = settings.flag(IDEMPOTENCE) or settings.text(TRANSACTIONAL_ID) is not None
    acks = acks_of(settings.text(ACKS)) if settings.is_given(ACKS) else "all" if is_idempotent else "1"
    if is_idempotent and acks != "all":
        problem = f"ValueError: acks={literal(settings.text(ACKS) or '')} not supported if enable_idempotence=True"
        remarks.refuse(ACKS, problem, settings.place(ACKS))
    return Delivery(acks, is_idempotent, max_in_flight=1, retries=UNLIMITED)


def membership(settings: Settings, version: Version, remarks: Remarks) -> None:
    """The client checks nothing between settings."""
    del settings, version, remarks
