"""Transactions without faults: a request, what brokers do with it, and the answer are one step."""

from collections.abc import Iterator

import attrs

from ackproof.model.naming import record_name
from ackproof.model.system import Next, action
from ackproof.model.transactions.client import Client, requests, told, who
from ackproof.model.transactions.coordinator import Coordinator
from ackproof.model.transactions.hearing import begun, heard
from ackproof.model.transactions.instance import Instances, named, replaced
from ackproof.model.transactions.log import Log, end_of, starting_offset
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output
from ackproof.model.transactions.request import ADDING, ENDING, Answer, Request, heard_as
from ackproof.model.transactions.scene import Delayed, Scene, rested
from ackproof.model.transactions.serving import appended, committed, served, told_again


def adds_partition(instances: Instances, client: Client) -> bool:
    """Whether somebody asks to add a partition to its transaction."""
    return any(requests(client, instances, *ADDING))


def ends_or_starts(instances: Instances, client: Client) -> bool:
    """Whether somebody asks to end its transaction, or for an epoch."""
    return any(requests(client, instances, *ENDING))


def sends_batch(instances: Instances, client: Client) -> bool:
    """Whether somebody sends a batch."""
    return any(requests(client, instances, "produce"))


def sends_offsets(instances: Instances, client: Client) -> bool:
    """Whether somebody sends the offsets of its transaction."""
    return any(requests(client, instances, "commit-offsets"))


def has_room(log: Log, records: int) -> bool:
    """Whether a record is still to come."""
    return log.end < records


@action(fair=False, when={"log": has_room})
def append(log: Log, records: int) -> Iterator[Next]:
    """The next record is appended: durable, committed, visible."""
    yield Next(f"{record_name(log.end)} is appended", log=attrs.evolve(log, end=log.end + 1))


def unlocated(instances: Instances, deletes: bool) -> tuple[int, ...]:
    """Which owners that poll have no position, or one that may be out of range, as the log start can move."""
    return tuple(
        index
        for index, instance in enumerate(instances)
        if instance.status == "owner" and instance.is_polling and (deletes or instance.position is None)
    )


@action(when={"instances": unlocated})
def locate(client: Client, deletes: bool, instances: Instances, offsets: Offsets, log: Log) -> Iterator[Next]:
    """
    An owner without a position in range takes the committed offset, or else follows ``auto.offset.reset``.

    It waits while a transaction has an offset pending (UNSTABLE_OFFSET_COMMIT).
    """
    if offsets.is_unstable and client.rules.requires_stable_offsets:
        return
    offset = starting_offset(client.application, offsets.committed, log)
    for index in unlocated(instances, deletes):
        position = instances[index].position
        if offset is not None and (position is None or position < log.start):
            which = "committed" if offset == offsets.committed else client.application.reset
            after = replaced(instances, index, attrs.evolve(instances[index], position=offset))
            yield Next(f"{named(index)} starts at the {which} offset, {offset}", instances=after)


def may_begin(instances: Instances) -> bool:
    """Whether somebody can begin a transaction if there are records."""
    return any(instance.is_polling and instance.position is not None for instance in instances)


def ending(coordinator: Coordinator) -> tuple[bool, ...]:
    """Whose last transaction is not yet complete."""
    return tuple(transaction.is_preparing for transaction in coordinator)


@action(when={"instances": may_begin}, sees={"coordinator": ending})
def begin(client: Client, instances: Instances, coordinator: tuple[bool, ...], log: Log) -> Iterator[Next]:
    """
    The application takes records and calls beginTransaction; no broker hears of it.

    An instance that the group has put out goes on with what it can still fetch. While the last transaction is not
    complete every request is answered CONCURRENT_TRANSACTIONS, so it may as well begin once it is.
    """
    for index, instance in enumerate(instances):
        if client.detail.is_fine or not coordinator[index]:
            for after in begun(client, instance, log):
                taken = ", ".join(record_name(record) for record in range(after.first, after.upto))
                says = f"{who(client, index)} begins a transaction with {taken}"
                yield Next(says, instances=replaced(instances, index, after))


def hearing(
    client: Client, instances: Instances, request: Request, answer: Answer, end: int
) -> Iterator[tuple[str, Instances]]:
    """What is to be told, and the instances, after the sender of *request* has heard the *answer*."""
    says = f"{told(client, request)}: {heard_as(answer)}"
    for after in heard(client, instances[request.writer], request, answer, end):
        yield says, replaced(instances, request.writer, after)


@action(when={"instances": adds_partition})
def add_partition(client: Client, instances: Instances, coordinator: Coordinator) -> Iterator[Next]:
    """An instance asks the coordinator to add a partition to its transaction, and hears the answer."""
    for _, request in requests(client, instances, *ADDING):
        after, answer = served(client, coordinator, request)
        for says, left in hearing(client, instances, request, answer, 0):
            if (left, after) != (instances, coordinator):
                yield Next(says, instances=left, coordinator=after)


@action(when={"instances": ends_or_starts})
def end_or_start(
    client: Client, instances: Instances, coordinator: Coordinator, output: Output, offsets: Offsets, delayed: Delayed
) -> Iterator[Next]:
    """
    An instance asks the coordinator to end its transaction (EndTxn), or for an epoch (InitProducerId), and hears.

    A new process initialises its producer so, which first aborts what the old one has left open.
    """
    for index, request in requests(client, instances, *ENDING):
        after, answer = served(client, coordinator, request)
        for says, left in hearing(client, instances, request, answer, 0):
            if (left, after) != (instances, coordinator):
                kept = told_again(client, coordinator, output, request, answer)
                yield rested(client, Scene(left, after, kept, offsets, delayed), index).told(says)


@action(when={"instances": sends_batch}, sees={"log": end_of})
def produce(client: Client, instances: Instances, coordinator: Coordinator, output: Output, log: int) -> Iterator[Next]:
    """An instance sends a record to the leader of the output partition, and hears the answer."""
    for _, request in requests(client, instances, "produce"):
        known, after, answer = appended(client, coordinator, output, request)
        for says, left in hearing(client, instances, request, answer, log):
            if (left, known, after) != (instances, coordinator, output):
                yield Next(says, instances=left, coordinator=known, output=after)


@action(when={"instances": sends_offsets})
def commit_offsets(client: Client, instances: Instances, coordinator: Coordinator, offsets: Offsets) -> Iterator[Next]:
    """An instance sends the offsets of its transaction to the group coordinator, and hears the answer."""
    for _, request in requests(client, instances, "commit-offsets"):
        known, after, answer = committed(client, instances, coordinator, offsets, request)
        for says, left in hearing(client, instances, request, answer, 0):
            if (left, known, after) != (instances, coordinator, offsets):
                yield Next(says, instances=left, coordinator=known, offsets=after)
