"""Actions of brokers and controller: they serve, replicate, answer, elect and come back."""

from collections.abc import Iterator

import attrs

from ackproof.model.naming import record_name
from ackproof.model.produce.append import Error, Leader, Refused, serve
from ackproof.model.produce.controller import candidates, elected, joined, noticed, registered
from ackproof.model.produce.network import Connection, Delayed, Request, with_head, without_head
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas, broker, in_sync, is_short, leader_of, replaced
from ackproof.model.produce.sending import answered
from ackproof.model.system import Next, action


@action
def append(leader: Leader, replicas: Replicas, connection: Connection) -> Iterator[Next]:
    """The leader serves the first request of the connection."""
    head, index = connection.head, leader_of(replicas)
    if head is None or head.is_served or index is None:
        return
    after, served = served_head(leader, replicas, head)
    left = without_head(connection) if leader.acks == "0" else with_head(connection, served)
    yield Next(what_happened(index, replicas, after, served), replicas=after, connection=left)


def served_head(leader: Leader, replicas: Replicas, head: Request) -> tuple[Replicas, Request]:
    """Replicas and request after the leader served it."""
    after, answer = serve(leader, replicas, head.sent)
    if isinstance(answer, Refused):
        return after, attrs.evolve(head, error=answer.error)
    return after, attrs.evolve(head, waits_for=answer.offset + 1)


def what_happened(index: int, before: Replicas, after: Replicas, served: Request) -> str:
    """The leader's decision in a sentence."""
    if served.error:
        return f"{broker(index)}, the leader, refuses {served.sent.name}: {served.error}"
    offset = (served.waits_for or 0) - 1
    if after == before:
        return f"{broker(index)}, the leader, has {served.sent.name} already, at offset {offset}"
    return f"{broker(index)}, the leader, appends {served.sent.name} at offset {offset}"


@action
def answer(
    leader: Leader,
    replicas: Replicas,
    connection: Connection,
    producer: Producer,
    acknowledged: frozenset[int],
    remembers_acknowledged: bool,
) -> Iterator[Next]:
    """The answer goes out once the acknowledgement mode allows it (``DelayedProduce``), and the producer hears it."""
    head = connection.head
    if head is None or head.waits_for is None or not may_answer(leader, replicas, head.waits_for):
        return
    after, left = answered(producer, connection)
    name = record_name(head.sent.record)
    if head.attempt is None:
        yield Next(f"the answer for {name} comes too late", producer=after, connection=left)
        return
    done = acknowledged | {head.sent.record} if remembers_acknowledged else acknowledged
    yield Next(f"producer gets the acknowledgement of {name}", producer=after, connection=left, acknowledged=done)


def may_answer(leader: Leader, replicas: Replicas, offset: int) -> bool:
    """Whether everything below *offset* is acknowledged: by the leader alone, or by all that are in sync."""
    if leader_of(replicas) is None:
        return False
    if leader.acks == "1":
        return True
    return not is_short(leader.rules, replicas) and leader.watermark.committed(leader.rules, replicas) >= offset


@action
def give_up(leader: Leader, replicas: Replicas, connection: Connection) -> Iterator[Next]:
    """
    The in-sync replicas became too few after the append: the producer is told so, or that time ran out.

    Source: ``Partition.checkEnoughReplicasReachOffset``, ``DelayedProduce.onExpiration``.
    """
    head, index = connection.head, leader_of(replicas)
    if leader.acks != "all" or head is None or head.waits_for is None or index is None:
        return
    if is_short(leader.rules, replicas):
        frozen = leader.rules.keeps_high_watermark_below_min_isr
        error: Error = "REQUEST_TIMED_OUT" if frozen else "NOT_ENOUGH_REPLICAS_AFTER_APPEND"
        refused = with_head(connection, Request(head.sent, head.attempt, error=error))
        yield Next(f"{broker(index)}, the leader, answers {error} for {head.sent.name}", connection=refused)


@action
def fetch(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """A follower fetches from the leader, and truncates what the leader does not have (KIP-101, KIP-279, KIP-320)."""
    source = leader_of(replicas)
    if source is None:
        return
    for index, replica in enumerate(replicas):
        if index != source and replica.is_up:
            for after in leader.watermark.fetched(replicas, source, index):
                verb = "truncates and fetches" if len(after[index].log) < len(replica.log) else "fetches"
                yield Next(f"{broker(index)} {verb} from {broker(source)}, the leader", replicas=after)


@action
def expand(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """A follower that caught up becomes in-sync (``Partition.maybeExpandIsr``)."""
    source = leader_of(replicas)
    if source is None:
        return
    for index, replica in enumerate(replicas):
        if replica.is_up and not replica.is_in_sync and leader.watermark.may_join(replicas[source], replica):
            after = leader.watermark.settled(leader.rules, joined(leader.rules, replicas, index))
            yield Next(f"{broker(index)} has caught up and is in sync again", replicas=after)


@action(urgent=True)
def notice(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """The controller removes brokers that are down from the in-sync replicas, and elects a leader if there is none."""
    fenced = noticed(leader.rules, replicas)
    members = candidates(leader.rules, fenced) if leader_of(fenced) is None else []
    for index in members:
        led = leader.watermark.led(elected(leader.rules, fenced, index), index)
        after = leader.watermark.settled(leader.rules, led)
        yield Next(f"the controller makes {broker(index)} the leader; in sync: {brokers(after)}", replicas=after)
    if not members and fenced != replicas:
        after = leader.watermark.settled(leader.rules, fenced)
        yield Next(f"the controller notices; in sync: {brokers(after) or 'nobody'}", replicas=after)


def brokers(replicas: Replicas) -> str:
    """The in-sync replicas in words."""
    return ", ".join(broker(index) for index in in_sync(replicas))


@action
def come_back(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """A broker that was down starts again and registers."""
    if noticed(leader.rules, replicas) != replicas:
        return
    for index, replica in enumerate(replicas):
        if not replica.is_up:
            after = registered(leader.rules, replicas, index)
            yield Next(f"{broker(index)} comes back with {contents(replica.log)}", replicas=after)


def contents(log: tuple[object, ...]) -> str:
    """How much a log holds, in words."""
    return f"{len(log)} record{'' if len(log) == 1 else 's'} in its log" if log else "an empty log"


@action(urgent=True)
def show(leader: Leader, replicas: Replicas, visible: tuple[int, ...]) -> Iterator[Next]:
    """Consumers can read what is below the high watermark; the longest they could ever read is remembered."""
    index = leader_of(replicas)
    if index is not None:
        committed = replicas[index].log[: leader.watermark.committed(leader.rules, replicas)]
        records = tuple(batch.record for batch in committed)
        if len(records) > len(visible):
            yield Next(f"consumers can read up to offset {len(records)}", visible=records)


@action
def late(leader: Leader, replicas: Replicas, delayed: Delayed) -> Iterator[Next]:
    """What a stuck connection held reaches the leader after all; nobody reads the answer."""
    index = leader_of(replicas)
    if delayed and index is not None:
        after, served = served_head(leader, replicas, Request(delayed[0], None))
        says = f"the delayed {delayed[0].name} arrives: {what_happened(index, replicas, after, served)}"
        yield Next(says, replicas=after, delayed=delayed[1:])


def down(replicas: Replicas, index: int, log_end_offset: int) -> Replicas:
    """*replicas* after the broker of *index* went down with that much of its log left."""
    replica = replicas[index]
    watermark = min(replica.high_watermark, log_end_offset)
    log = replica.log[:log_end_offset]
    after = attrs.evolve(replica, is_up=False, is_dirty=True, log=log, high_watermark=watermark, fetched_to=0)
    return replaced(replicas, index, after)
