"""Actions of brokers and controller: they serve, replicate, answer, elect and come back."""

from collections.abc import Iterator
from functools import partial

import attrs

from ackproof.model.naming import record_name
from ackproof.model.produce.append import Error, Leader, Refused, serve
from ackproof.model.produce.controller import (
    candidates,
    elected,
    joined,
    noticed,
    proposed,
    registered,
    without,
    without_proposal,
)
from ackproof.model.produce.network import (
    Connection,
    Request,
    has_unserved_head,
    has_waiting_head,
    with_head,
    without_head,
)
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import (
    Replica,
    Replicas,
    broker,
    has_joining,
    has_leader,
    has_one_down,
    has_to_be_noticed,
    in_sync,
    is_led,
    is_short,
    leader_of,
    leading,
    maximal_in_sync,
    replaced,
)
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.sending import answered
from ackproof.model.system import Next, action


@action(when={"replicas": has_leader, "connection": has_unserved_head})
def append(leader: Leader, replicas: Replicas, connection: Connection) -> Iterator[Next]:
    """The leader serves the first request of the connection."""
    after, served = served_head(leader, replicas, connection.requests[0])
    left = without_head(connection) if leader.acks == "0" else with_head(connection, served)
    yield Next(what_happened(leading(replicas), replicas, after, served), replicas=after, connection=left)


def served_head(leader: Leader, replicas: Replicas, head: Request) -> tuple[Replicas, Request]:
    """Replicas and request after the leader served it."""
    after, answer = serve(leader, replicas, head.sent)
    if isinstance(answer, Refused):
        return after, attrs.evolve(head, error=answer.error, log_start=answer.log_start)
    return after, attrs.evolve(head, waits_for=answer.offset + 1)


def what_happened(index: int, before: Replicas, after: Replicas, served: Request) -> str:
    """The leader's decision in a sentence."""
    if served.error:
        return f"{broker(index)}, the leader, refuses {served.sent.name}: {served.error}"
    offset = (served.waits_for or 0) - 1
    if after == before:
        return f"{broker(index)}, the leader, has {served.sent.name} already, at offset {offset}"
    return f"{broker(index)}, the leader, appends {served.sent.name} at offset {offset}"


def answered_up_to(replicas: Replicas, leader: Leader) -> int:
    """The offset below which everything is acknowledged: by the leader alone, or by all that are in sync."""
    if not has_leader(replicas):
        return 0
    if leader.acks == "1":
        return len(replicas[leading(replicas)].log)
    return 0 if is_short(leader.rules, replicas) else leader.watermark.committed(leader.rules, replicas)


@action(when={"connection": has_waiting_head}, sees={"up_to": answered_up_to})
def answer(
    leader: Leader,
    client: ProducerRules,
    up_to: int,
    connection: Connection,
    producer: Producer,
    acknowledged: frozenset[int],
    remembers_acknowledged: bool,
) -> Iterator[Next]:
    """The answer goes out once the acknowledgement mode allows it (``DelayedProduce``), and the producer hears it."""
    head = connection.requests[0]
    if head.waits_for is None or head.waits_for > up_to:
        return
    after, left, succeeded = answered(client, producer, connection)
    if not succeeded:
        says = f"the answer for {record_name(head.sent.record)} comes too late"
        yield Next(says, producer=after, connection=left)
        return
    done = acknowledged | succeeded if remembers_acknowledged else acknowledged
    says = f"producer gets the acknowledgement of {record_name(head.sent.record)}"
    if len(succeeded) > 1:
        says += f", and takes it for that of {', '.join(map(record_name, sorted(succeeded - {head.sent.record})))} too"
    yield Next(says, producer=after, connection=left, acknowledged=done)


def leader_without_enough(replicas: Replicas, leader: Leader) -> int | None:
    """Who leads while the in-sync replicas are too few; None while they are enough."""
    return leader_of(replicas) if leader.acks == "all" and is_short(leader.rules, replicas) else None


def gives_up(replicas: Replicas, leader: Leader) -> bool:
    """Whether there is a leader, and the in-sync replicas are too few for it to acknowledge anything."""
    return leader_without_enough(replicas, leader) is not None


@action(when={"index": gives_up, "connection": has_waiting_head}, sees={"index": leader_without_enough})
def give_up(leader: Leader, index: int, connection: Connection) -> Iterator[Next]:
    """
    The in-sync replicas became too few after the append: the producer is told so, or that time ran out.

    Source: ``Partition.checkEnoughReplicasReachOffset``, ``DelayedProduce.onExpiration``.
    """
    head = connection.requests[0]
    frozen = leader.rules.keeps_high_watermark_below_min_isr
    error: Error = "REQUEST_TIMED_OUT" if frozen else "NOT_ENOUGH_REPLICAS_AFTER_APPEND"
    refused = with_head(connection, Request(head.sent, head.attempt, error=error))
    yield Next(f"{broker(index)}, the leader, answers {error} for {head.sent.name}", connection=refused)


@action(when={"replicas": has_leader})
def fetch(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """A follower fetches from the leader, and truncates what the leader does not have (KIP-101, KIP-279, KIP-320)."""
    source = leading(replicas)
    for index, replica in enumerate(replicas):
        if index != source and replica.is_up:
            for after in leader.watermark.fetched(leader.rules, replicas, source, index):
                says = f"{broker(index)} {followed(replica, after[index])} {broker(source)}, the leader"
                yield Next(f"{says}{learned(replica, after[index])}", replicas=after)


def followed(before: Replica, after: Replica) -> str:
    """What a follower did, in words."""
    truncates = len(after.log) < len(before.log)
    if before.is_truncating:
        return f"truncates to offset {len(after.log)} and follows" if truncates else "truncates nothing and follows"
    return "truncates and fetches from" if truncates else "fetches from"


def learned(before: Replica, after: Replica) -> str:
    """What a follower has heard of its leader's high watermark, in words, where it keeps one."""
    watermark = after.high_watermark
    return f"; its high watermark is {watermark}" if watermark > before.high_watermark else ""


def caught_up(replicas: Replicas, leader: Leader) -> tuple[int, ...]:
    """Which replicas outside the in-sync ones have caught up with the leader."""
    if not has_leader(replicas):
        return ()
    led = replicas[leading(replicas)]
    members = maximal_in_sync(replicas)
    others = ((i, replica) for i, replica in enumerate(replicas) if replica.is_up and i not in members)
    return tuple(i for i, replica in others if leader.watermark.may_join(leader.rules, led, replica))


@action(when={"replicas": caught_up})
def expand(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """A follower that caught up becomes in-sync, or the leader asks for it (``Partition.maybeExpandIsr``)."""
    for index in caught_up(replicas, leader):
        if leader.joins_in_two_steps:
            after, does = proposed(replicas, index), "the leader asks the controller to take it as in sync"
        else:
            after, does = joined(leader.rules, replicas, index), "is in sync again"
        yield Next(f"{broker(index)} has caught up and {does}", replicas=leader.watermark.settled(leader.rules, after))


@action(when={"replicas": has_joining})
def alter_partition(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """
    The controller lets a follower join, as the leader has asked: also one that it has not noticed to be down.

    Source: KIP-497; ``ReplicationControlManager.alterPartition``, ``ineligibleReplicasForIsr``.
    """
    settled = partial(leader.watermark.settled, leader.rules)
    # Not modelled: one that is down and can not be told from what it will be when it is back.
    asked = [i for i, one in enumerate(replicas) if one.is_joining and (one.is_up or leader.rules.checks_broker_epochs)]
    for index in asked:
        after = settled(joined(leader.rules, replicas, index))
        yield Next(f"the controller agrees that {broker(index)} is in sync", replicas=after)
        if not replicas[index].is_up:
            refused = settled(without_proposal(replicas, index))
            yield Next(f"the controller has noticed that {broker(index)} is down, and refuses it", replicas=refused)


@action(urgent=True, when={"replicas": has_to_be_noticed})
def notice(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """The controller removes brokers that are down from the in-sync replicas, and elects a leader if there is none."""
    yield from decided(leader, replicas, noticed(leader.rules, replicas))


@action(urgent=True, when={"replicas": has_to_be_noticed})
def notice_one(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """
    The controller notices that one broker is down: in the fine-grained system each is noticed by itself.

    While somebody leads, whoever is in sync counts as there: one that is down as well may be made the leader.

    Source: ``ReplicationControlManager.handleBrokerFenced``, which asks ``clusterControl.isActive`` of the others.
    """
    down = [index for index, replica in enumerate(replicas) if replica.is_in_sync and not replica.is_up]
    unnoticed = frozenset(down if is_led(replicas) else ())
    for index in down:
        yield from decided(leader, replicas, without(leader.rules, replicas, index), unnoticed - {index})
    if not down:
        yield from decided(leader, replicas, replicas)


def decided(
    leader: Leader, replicas: Replicas, fenced: Replicas, unnoticed: frozenset[int] = frozenset()
) -> Iterator[Next]:
    """What the controller makes of *fenced* brokers: somebody leads unless somebody is taken to."""
    members = [] if is_led(fenced) else candidates(leader.rules, fenced, unnoticed)
    for index in members:
        led = leader.watermark.led(leader.rules, elected(leader.rules, fenced, index), index)
        after = leader.watermark.settled(leader.rules, led)
        yield Next(f"the controller makes {broker(index)} the leader; in sync: {brokers(after)}", replicas=after)
    if not members and fenced != replicas:
        after = leader.watermark.settled(leader.rules, fenced)
        yield Next(f"the controller notices; in sync: {brokers(after) or 'nobody'}", replicas=after)


def brokers(replicas: Replicas) -> str:
    """The in-sync replicas in words."""
    return ", ".join(broker(index) for index in in_sync(replicas))


@action(when={"replicas": has_one_down})
def come_back(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """
    A broker that was down starts again and registers, once the controller has noticed that it is down.

    Source: ``ClusterControlManager.registerBroker``: until then it is a DUPLICATE_BROKER_REGISTRATION.
    """
    for index, replica in enumerate(replicas):
        if not replica.is_up and without(leader.rules, replicas, index) == replicas:
            after = registered(leader.rules, replicas, index)
            yield Next(f"{broker(index)} comes back with {contents(replica.log)}", replicas=after)


def contents(log: tuple[object, ...]) -> str:
    """How much a log holds, in words."""
    return f"{len(log)} record{'' if len(log) == 1 else 's'} in its log" if log else "an empty log"


def down(rules: BrokerRules, replicas: Replicas, index: int, log_end_offset: int) -> Replicas:
    """*replicas* after the broker of *index* went down with that much of its log left."""
    replica = replicas[index]
    after = attrs.evolve(
        replica,
        is_up=False,
        is_dirty=True,
        log=replica.log[:log_end_offset],
        # Not modelled: an older one, as it is written every 5 s (replica.high.watermark.checkpoint.interval.ms).
        high_watermark=min(replica.high_watermark, log_end_offset),
        is_truncating=rules.truncates_before_fetching and log_end_offset > 0,
        # Its connections are gone with its process.
        held=(),
    )
    return replaced(replicas, index, after)
