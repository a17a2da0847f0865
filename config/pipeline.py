"""A pipeline as its user configured it, with every setting resolved."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import attrs

from ackproof.proofs.timing.setting import Range

Acks = Literal["0", "1", "all"]
OnSendFailure = Literal["stop", "drop", "resend"]
OnRestart = Literal["forget", "resend"]
Commit = Literal["auto", "sync", "async", "transaction", "with-sink"]
CommitWhen = Literal["after-processing", "before-processing"]
Processing = Literal["in-poll-loop", "handed-off"]
Sink = Literal["plain", "idempotent", "kafka"]
OnProcessingFailure = Literal["retry", "skip", "dead-letter", "stop", "crash"]
OnRevoke = Literal["commit", "nothing"]
Close = Literal["clean", "none"]
OffsetReset = Literal["earliest", "latest", "none", "by_duration"]
GroupProtocol = Literal["classic", "consumer"]


@attrs.frozen
class Place:
    """A line of a file; a file of None is a default or the command line, a line of None the file as a whole."""

    file: str | None = None
    line: int | None = None


@attrs.frozen
class Setting:
    """The value of one key: where it was given, or no file for a default."""

    key: str
    value: str | None
    file: str | None = None
    line: int | None = None

    @property
    def place(self) -> Place:
        """Where it was given."""
        return Place(self.file, self.line)


@attrs.frozen
class Notice:
    """What the user should know, though nothing is wrong."""

    key: str
    message: str
    file: str | None = None
    line: int | None = None


@attrs.frozen
class Client:
    """
    A client library: ``java``, ``librdkafka``, ``kafka-python`` or ``aiokafka``, and its version.

    Attributes:
        is_default: The version was left out; that of Java is then the version of the brokers.
    """

    name: str
    version: str
    is_default: bool = attrs.field(default=False, eq=False)


@attrs.frozen
class Topic:
    """
    The topic, and the brokers as far as they matter to it.

    Attributes:
        min_insync_replicas: As configured; brokers from 3.7 on apply at most the replication factor.
        settings: Topic and broker settings by Kafka's own keys. A topic key has its broker synonym worked in.
    """

    replication_factor: int
    min_insync_replicas: int
    unclean_leader_election: bool
    flush_messages: int
    flush_ms: int
    settings: Mapping[str, Setting]


@attrs.frozen
class Producer:
    """
    A producer and the application around it.

    Attributes:
        is_idempotent: As the client works, after it turned idempotence on or off by itself.
        max_in_flight: As the client works: 1 where it keeps one batch per partition in flight.
        retries: 2147483647 where only the delivery deadline ends them.
        settings: As configured, by the client's own keys.
    """

    client: Client
    acks: Acks
    is_idempotent: bool
    max_in_flight: int
    retries: int
    transactional_id: str | None
    on_send_failure: OnSendFailure
    on_restart: OnRestart
    settings: Mapping[str, Setting]


@attrs.frozen
class Consumer:
    """
    The members of one consumer group, and the application around them.

    Attributes:
        group_id: None where the application sets it.
        assignors: What the client offers, best first; empty where the broker chooses.
        on_processing_failure: What the application does with a record that it could not process; one that stops closes
            its consumer as *close* says.
        on_revoke: What it does when partitions are revoked: commits what it has processed, or nothing.
        close: Whether an instance that stops closes its consumer.
        stores_offset_itself: Whether the client marks a record as consumed when it hands it over
            (librdkafka's ``enable.auto.offset.store``; True for clients without that setting).
        settings: As configured, by the client's own keys.
    """

    client: Client
    group_id: str | None
    commit: Commit
    commit_when: CommitWhen
    processing: Processing
    instances: int
    sink: Sink
    on_processing_failure: OnProcessingFailure
    on_revoke: OnRevoke
    close: Close
    auto_offset_reset: OffsetReset
    isolation_level: str
    group_protocol: GroupProtocol
    assignors: tuple[str, ...]
    group_instance_id: str | None
    stores_offset_itself: bool
    settings: Mapping[str, Setting]


@attrs.frozen
class Faults:
    """Which kinds of fault may happen, how many in all, and how many of a kind where that has a limit of its own."""

    at_most: int
    kinds: tuple[str, ...]
    limits: Mapping[str, int]


@attrs.frozen
class Bounds:
    """How far to look: records in the log, and seconds for each claim."""

    records: int
    budget_s: float


@attrs.frozen
class Timing:
    """What was measured: ranges of times, rates and sizes, and counts, by their keys in ``[timing]``."""

    ranges: Mapping[str, Range]
    counts: Mapping[str, int]


@attrs.frozen
class Accepted:
    """That a claim may be violated: why, and through which day."""

    claim: str
    reason: str
    until: date


@attrs.frozen
class Pipeline:
    """
    Everything that a verdict depends on.

    Attributes:
        file: As given; None for properties files from the command line.
        kafka: The version of the brokers, as given.
        claims: What is expected to hold, in the order given.
        features: Levels of cluster features by Kafka's names.
        names_faults: Whether the kinds of fault were named, rather than taken by default.
        timing: What was measured; None where nobody said.
        given_features: Those of the features that were given; the others are those of a new cluster.
    """

    name: str
    file: str | None
    kafka: str
    topic: Topic
    producer: Producer | None
    consumer: Consumer | None
    faults: Faults
    claims: tuple[str, ...]
    bounds: Bounds
    features: Mapping[str, int]
    notices: tuple[Notice, ...] = ()
    names_faults: bool = False
    timing: Timing | None = None
    accepted: tuple[Accepted, ...] = ()
    given_features: frozenset[str] = attrs.field(default=frozenset(), eq=False)
