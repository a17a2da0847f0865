"""Faults of processes, group and log."""

from collections.abc import Iterator

import attrs

from ackproof.model.naming import record_name
from ackproof.model.system import Action, Next, action
from ackproof.model.transactions.client import Client, who
from ackproof.model.transactions.coordinator import Coordinator, moved
from ackproof.model.transactions.hearing import paused, restarted
from ackproof.model.transactions.instance import (
    Instance,
    Instances,
    Status,
    named,
    numbered_anew,
    replaced,
    with_status,
)
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.membership import assigned, can_rebalance, joined, rebalanced, to_rebalance
from ackproof.model.transactions.offsets import Offsets, expired


def is_starting(instance: Instance) -> bool:
    """Whether a process has started again, and is not initialised yet."""
    return instance.status == "out" and instance.phase == "initialising"


def can_crash(instance: Instance) -> bool:
    """Whether a crash would change anything: not if it is starting, or has nothing to lose."""
    return instance.status not in {"absent", "member"} and instance.phase != "finished" and not is_starting(instance)


def crashed(client: Client, instances: Instances, index: int) -> Iterator[tuple[str, Instances]]:
    """What is to be told, and the instances, once the process of one has died and starts again."""
    instance = instances[index]
    if can_crash(instance) or (client.detail.rebalances_apart and instance.status == "member"):
        why = f"the process of {who(client, index)} dies and starts again"
        yield from passed_on(replaced(instances, index, restarted(client, instance)), client, instance, why)


def passed_on(instances: Instances, client: Client, former: Instance, why: str) -> Iterator[tuple[str, Instances]]:
    """If *former* had the partition of the log, another member is assigned it, now or later."""
    if client.detail.rebalances_apart:
        yield why, to_rebalance(instances) if former.status == "member" else instances
    elif client.has_offsets and former.status == "owner":
        yield from assigned(instances, why)
    else:
        yield why, instances


@action(fault="consumer-crash")
def consumer_crash(client: Client, instances: Instances) -> Iterator[Next]:
    """A process dies before anybody has seen the request that it was about to send."""
    for index in range(len(instances)):
        for says, after in crashed(client, instances, index):
            yield Next(says, instances=after)


producer_crash: Action = attrs.evolve(consumer_crash, name="producer crash", fault="producer-crash")
"""Consumer and producer are one process."""


@action(fault="consumer-pause")
def consumer_pause(client: Client, instances: Instances) -> Iterator[Next]:
    """An instance stands still beyond ``max.poll.interval.ms`` or ``session.timeout.ms``; the group puts it out."""
    for index in with_status(instances, "member", "owner"):
        instance = instances[index]
        zombie = replaced(instances, index, paused(client, instance))
        why = f"{named(index)} pauses for too long and is put out of the group"
        for says, after in passed_on(zombie, client, instance, why):
            yield Next(says, instances=after)


def coming(instances: Instances) -> tuple[int, ...]:
    """Who can join without having been expected."""
    return tuple(with_status(instances, "absent")) if can_rebalance(instances) else ()


@action(fault="member-joins", when={"instances": coming})
def member_joins(instances: Instances) -> Iterator[Next]:
    """One more instance joins the group."""
    for index in coming(instances):
        yield from joined(instances, index)


def leaving(instances: Instances) -> tuple[int, ...]:
    """Who can leave now, having finished its transaction."""
    members = with_status(instances, "member", "owner") if can_rebalance(instances) else []
    return tuple(index for index in members if instances[index].is_polling)


def starting_anew(instance: Instance, status: Status) -> Instance:
    """A process that has stopped between transactions, and initialises its producer once it is started again."""
    new = attrs.evolve(instance, status=status, phase="initialising", position=None, is_to_rejoin=False)
    return numbered_anew(new)


@action(fault="member-leaves", when={"instances": leaving})
def member_leaves(instances: Instances) -> Iterator[Next]:
    """An instance closes; who leaves does not return by itself, except the last one: it starts again."""
    for index in leaving(instances):
        others = (other for place, other in enumerate(instances) if place != index)
        is_last = all(other.status == "absent" for other in others)
        gone = starting_anew(instances[index], "out" if is_last else "absent")
        yield from rebalanced(replaced(instances, index, gone), f"{named(index)} leaves")


def keeps_more_than_its_log(coordinator: Coordinator) -> bool:
    """Whether a new coordinator would not know all of it."""
    return moved(coordinator) != coordinator


@action(fault="coordinator-failover", when={"coordinator": keeps_more_than_its_log})
def coordinator_failover(coordinator: Coordinator) -> Iterator[Next]:
    """Another broker becomes the transaction coordinator and reads its log."""
    yield Next("the transaction coordinator moves to another broker", coordinator=moved(coordinator))


@action(fault="retention")
def retention(log: Log, offsets: Offsets) -> Iterator[Next]:
    """The log start moves past records that the group has not committed (``retention.ms``, DeleteRecords)."""
    for start in range(max(log.start, offsets.committed or 0) + 1, log.end + 1):
        names = ", ".join(record_name(record) for record in range(log.start, start))
        yield Next(f"retention deletes {names}", log=attrs.evolve(log, start=start))


def can_all_stop(instances: Instances) -> bool:
    """Whether somebody runs, and nobody has anything left to finish."""
    is_running = bool(with_status(instances, "member", "owner")) and not with_status(instances, "stale")
    return is_running and all(instance.is_polling for instance in instances)


@action(fault="offsets-expired", when={"instances": can_all_stop})
def offsets_expired(client: Client, instances: Instances, offsets: Offsets) -> Iterator[Next]:
    """All instances stop cleanly for so long that the committed offset is deleted, then start again."""
    if offsets.is_unstable and not client.rules.expires_beside_pending:
        return
    stopped = tuple(
        instance if instance.status == "absent" else starting_anew(instance, "member") for instance in instances
    )
    why = "all instances stop; after offsets.retention.minutes the committed offset is gone; they start again"
    for says, after in assigned(stopped, why):
        yield Next(says, instances=after, offsets=expired(offsets))
