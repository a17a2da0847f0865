"""The clients of confluent-kafka as far as they are recorded, and what librdkafka makes of their configuration."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ackproof.histories.recording.journal import Settings
from ackproof.histories.recording.recorder import part


class Place(Protocol):
    """``confluent_kafka.TopicPartition``."""

    @property
    def topic(self) -> str:
        """Its topic."""
        ...

    @property
    def partition(self) -> int:
        """Its number."""
        ...

    @property
    def offset(self) -> int:
        """An offset in it."""
        ...

    @property
    def error(self) -> object:
        """Why what was asked for it failed."""
        ...


class Message(Protocol):
    """``confluent_kafka.Message``."""

    def topic(self) -> str | None:
        """Its topic."""
        ...

    def partition(self) -> int | None:
        """Its partition."""
        ...

    def offset(self) -> int | None:
        """Its offset."""
        ...

    def key(self) -> object:
        """Its key."""
        ...

    def value(self) -> object:
        """Its value."""
        ...

    def headers(self) -> object:
        """Its headers."""
        ...

    def error(self) -> object:
        """Why it is no record."""
        ...


class Produces(Protocol):
    """What can only be a producer."""

    @property
    def produce(self) -> Callable[..., None]:
        """Sends a record."""
        ...


class Consumes(Protocol):
    """What can only be a consumer."""

    @property
    def consume(self) -> Callable[..., Sequence[Message]]:
        """Reads records."""
        ...


class Producer(Protocol):
    """``confluent_kafka.Producer``, as far as it is recorded."""

    produce: Callable[..., None]
    flush: Callable[..., int]
    begin_transaction: Callable[[], None]
    send_offsets_to_transaction: Callable[..., None]
    commit_transaction: Callable[..., None]
    abort_transaction: Callable[..., None]

    def __len__(self) -> int:
        """How many records are on their way."""
        ...


class Consumer(Protocol):
    """``confluent_kafka.Consumer``, as far as it is recorded."""

    subscribe: Callable[..., None]
    assign: Callable[..., None]
    incremental_assign: Callable[..., None]
    poll: Callable[..., Message | None]
    consume: Callable[..., Sequence[Message]]
    seek: Callable[..., None]
    commit: Callable[..., Sequence[Place] | None]
    consumer_group_metadata: Callable[[], object]
    close: Callable[[], None]


def producer_settings(configuration: Mapping[str, object]) -> Settings:
    """The settings of a producer, by the format's names."""
    get = configuration.get
    transactional_id = get("transactional.id") or ""
    is_idempotent = is_on(get("enable.idempotence", False)) or bool(transactional_id)
    acks = str(get("acks", get("request.required.acks", -1)))
    most = int(str(get("max.in.flight", get("max.in.flight.requests.per.connection", 1_000_000))))
    return {
        "acks": "all" if acks in {"-1", "all"} else acks,
        "idempotence": is_idempotent,
        # librdkafka lowers it without a word where nobody set it.
        "max_in_flight": min(most, 5) if is_idempotent else most,
        "txn_id": transactional_id,
    }


def consumer_settings(configuration: Mapping[str, object]) -> Settings:
    """The settings of a consumer, by the format's names."""
    get = configuration.get
    return {
        "group": get("group.id", ""),
        "isolation": get("isolation.level", "read_committed"),
        "auto_commit": is_on(get("enable.auto.commit", True)),
        "reset": get("auto.offset.reset", "largest"),
    }


def is_on(value: object) -> bool:
    """Whether a setting is true, as librdkafka reads it."""
    return str(value).lower() in {"true", "t", "1"}


def following(places: Iterable[Place]) -> dict[str, int]:
    """The offsets of *places* that have one, and no error."""
    return {part(each.topic, each.partition): each.offset for each in places if each.error is None and each.offset >= 0}


def starts(places: Iterable[Place]) -> dict[str, int | None]:
    """Where each of *places* starts; None for the beginning, the end or what is committed."""
    return {part(each.topic, each.partition): known(each.offset) for each in places}


def known(offset: int) -> int | None:
    """An *offset*; None of the numbers below 0, by which librdkafka means beginning, end, or what is committed."""
    return offset if offset >= 0 else None
