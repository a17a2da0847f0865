"""What must happen at last: goals that every fair execution reaches again and again."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.action import Action, Next
from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.coordinator import Coordinator, Protocol
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.requests import ask_to_commit_the_processed_prefix, send_automatic_commit
from ackproof.model.consume.rules import ConsumerRules, starting_offset
from ackproof.model.produce.half import deadline_of
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import has_more_to_send
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.reading import parameters_of
from ackproof.model.system import System
from ackproof.properties.property import always, sometimes

eventually = always
"""Make a goal of a function: a state that satisfies it always lies ahead."""


def awaits_an_outcome(connection: Connection) -> bool:
    """Whether a send waits for the outcome of a request on the connection, or to hear that the connection broke."""
    return any(request.attempt for request in connection.requests + connection.broken)


@eventually(
    source="KafkaProducer.send; ProducerConfig.DELIVERY_TIMEOUT_MS_DOC",
    sees={"producer": has_more_to_send, "connection": awaits_an_outcome},
)
def every_send_is_resolved(producer: bool, connection: bool, records: int) -> bool:
    """At last every record is sent, and its send succeeds or fails."""
    return not producer and not connection


@sometimes(source="KafkaProducer.send")
def a_send_waits_for_its_outcome(connection: Connection) -> bool:
    """A send waits for its outcome."""
    return awaits_an_outcome(connection)


def has_deadline(client: ProducerRules) -> bool:
    """Whether a send that has no outcome fails at last: not with ``message.timeout.ms=0`` of librdkafka."""
    return client.expiry != "never"


def with_deadlines(system: System) -> System:
    """
    A produce half in which time goes on until every deadline has passed.

    ``delivery.timeout.ms`` passes for a batch that has been sent: for as many as there are, and at last it does.
    Without it a batch that is refused for ever would be sent for ever. So it is where only batches that wait to be sent
    can pass a deadline (Java before 2.1, aiokafka), as it never waits for long.
    """
    client = cast("ProducerRules", system.rules["client"])
    if not has_deadline(client):
        return system
    deadline = attrs.evolve(deadline_of(client), name="deadline", fault=None, is_fair=True)
    return attrs.evolve(system, actions=(*system.actions, deadline))


def with_polls(system: System) -> System:
    """
    A consume half in which committing again and again does not keep anybody from polling, or from hearing of its group.

    A commit that was put off is asked for once more only when that may come to something, and who was told that it is
    out of its group commits nothing before it joins again. All that is left out is tries that come to nothing: whatever
    they seem to keep from happening goes on beside them, or between two of them.

    - Java: ``commitSync`` raises RebalanceInProgressException, which is not retriable, and each poll takes the
      rebalance further, however short it is (``ConsumerCoordinator``: ``sendOffsetCommitRequest``,
      ``commitOffsetsSync``, ``poll``). Under the new protocol heartbeats do not wait for commits, and what is committed
      before a revocation is given up at a deadline (``ConsumerNetworkThread.runOnce``; ``CommitRequestManager``:
      ``maybeAutoCommitAsync``, ``autoCommitSyncBeforeRebalanceWithRetries``, ``commitSyncWithRetries``).
    - kafka-python: as Java's classic one (``ConsumerCoordinator``: ``_send_offset_commit_request``,
      ``_commit_offsets_sync_async``).
    - aiokafka: one task commits and rejoins in turn, and ``getone`` and ``getmany`` wait as it rejoins
      (``GroupCoordinator.__coordination_routine``, ``Fetcher.next_record``). A commit that is refused as it rejoins has
      it rejoin once more, with the member id that SyncGroup brought (``_send_sync_group_request``).
    - librdkafka: it commits by itself only once it has its assignment (``rd_kafka_cgrp_offset_commit_tmr_cb``); the
      assignment goes on as soon as no commit is under way (``rd_kafka_cgrp_op_handle_OffsetCommit``,
      ``rd_kafka_assignment_serve``); STALE_MEMBER_EPOCH is tried again until ``session.timeout.ms``, beside heartbeats
      (``rd_kafka_cgrp_consumer_defer_offset_commit``).

    That what poll tells is strongly fair comes to the same, where somebody polls. This leaves out states as well, and
    what such a commit would be repeated for in a trace.

    Not modelled: an application that tries a commit again without a poll in between; with librdkafka, one whose
    asynchronous commits are so many that one is always under way.
    """
    return attrs.evolve(system, actions=tuple(map(with_prospects, system.actions)))


def with_prospects(act: Action) -> Action:
    """An action, without what comes to nothing if it asks for a commit."""
    for tries, function in WITH_PROSPECTS:
        if act.name == tries.name:
            parameters = parameters_of(function)
            return attrs.evolve(act, function=function, parameters=parameters, reads=parameters)
    return act


def ask_with_prospects(
    consumer: ConsumerRules,
    protocol: Protocol,
    in_flight_max: int,
    consumers: Consumers,
    group: Group,
    coordinator: Coordinator,
) -> Iterator[Next]:
    """An application asks for a commit that would not be put off, of a client that has not lost its generation."""
    for outcome in ask_to_commit_the_processed_prefix.outcomes(consumer, in_flight_max, consumers, group, coordinator):
        after = cast("Consumers", outcome.changes["consumers"])
        index = changed(consumers, after)
        answer = protocol.answer(consumer, coordinator, group, consumers, index)
        if answer not in ("put off", "no group") and consumers[index].generation:
            yield outcome


def send_as_a_member(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """A client that has not heard that it is out of its group, which is there, sends a commit by itself."""
    for outcome in send_automatic_commit.outcomes(consumer, consumers, group, coordinator):
        index = changed(consumers, cast("Consumers", outcome.changes["consumers"]))
        has_group = protocol.answer(consumer, coordinator, group, consumers, index) != "no group"
        if consumers[index].generation and has_group:
            yield outcome


def changed(before: Consumers, after: Consumers) -> int:
    """The one consumer that is not as it was."""
    return next(index for index, each in enumerate(after) if each != before[index])


WITH_PROSPECTS = (
    (ask_to_commit_the_processed_prefix, ask_with_prospects),
    (send_automatic_commit, send_as_a_member),
)


Reading = tuple[bool, frozenset[int]]


def reading(consumers: Consumers) -> Reading:
    """Whether somebody has records in hand, and where all stand who have a position."""
    positions = frozenset(consumer.position for consumer in consumers if consumer.position is not None)
    return any(consumer.held for consumer in consumers), positions


def is_behind(rules: ConsumerRules, log: Log, group: Group) -> bool:
    """Whether the log holds records, and who starts now does not start behind all of them, or can not start."""
    return log.start < log.end and starting_offset(rules, group.committed, log) != log.end


@eventually(source="ConsumerGroupCommand; ConsumerConfig.AUTO_OFFSET_RESET_DOC", sees={"consumers": reading})
def the_lag_is_zero(consumer: ConsumerRules, log: Log, group: Group, consumers: Reading) -> bool:
    """
    At last the group has processed and committed all that there is to read.

    A group that has committed nothing has no lag where ``auto.offset.reset`` leads to the end of the log.
    """
    has_records, positions = consumers
    has_read_all = positions <= {log.end} and not log.ahead
    return not has_records and has_read_all and not is_behind(consumer, log, group)


@sometimes(source="ConsumerGroupCommand")
def the_group_lags(consumer: ConsumerRules, log: Log, group: Group) -> bool:
    """The group has not committed all that is in the log."""
    return is_behind(consumer, log, group)
