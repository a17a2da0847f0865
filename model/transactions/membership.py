"""Who has the partition of the log: a rebalance is one step, and whoever the group has put out is marked stale."""

from collections.abc import Iterator

import attrs

from ackproof.model.system import Next, action
from ackproof.model.transactions.instance import Instance, Instances, named, replaced, with_status


def assigned(instances: Instances, why: str) -> Iterator[tuple[str, Instances]]:
    """What is to be told, and the instances, after any member was assigned the partition, if there is one."""
    members = with_status(instances, "member")
    if not members:
        yield why, instances
    for index in members:
        member = instances[index]
        owner = attrs.evolve(member, status="owner", generation=member.generation + 1, position=None)
        yield f"{why}; {named(index)} is assigned the partition", replaced(instances, index, owner)


def without_partition(instance: Instance) -> Instance:
    """An owner that rejoins, with nothing left to do."""
    return attrs.evolve(instance, status="member", position=None, is_to_rejoin=False)


def can_rebalance(instances: Instances) -> bool:
    """Whether the owner, if there is one, polls."""
    return all(instances[owner].is_polling for owner in with_status(instances, "owner"))


def rebalanced(instances: Instances, why: str) -> Iterator[Next]:
    """The owner rejoins from poll, then any member is assigned the partition; it is for the caller to ask whether."""
    for owner in with_status(instances, "owner"):
        instances = replaced(instances, owner, without_partition(instances[owner]))
    for says, after in assigned(instances, why):
        yield Next(says, instances=after)


def joined(instances: Instances, index: int) -> Iterator[Next]:
    """The instance at *index* joins, and the group rebalances."""
    member = attrs.evolve(instances[index], status="member")
    yield from rebalanced(replaced(instances, index, member), f"{named(index)} joins")


def returning(instances: Instances) -> tuple[int, ...]:
    """Who is out, has initialised its producer, and can join again now."""
    if not can_rebalance(instances):
        return ()
    return tuple(index for index in with_status(instances, "out") if instances[index].is_polling)


@action(when={"instances": returning})
def join(instances: Instances) -> Iterator[Next]:
    """An instance that crashed or was put out joins again."""
    for index in returning(instances):
        yield from joined(instances, index)


def to_rebalance(instances: Instances) -> Instances:
    """*instances*, of whom the group waits for the owner, if there is one: others have come or gone."""
    return tuple(attrs.evolve(each, is_to_rejoin=each.status == "owner") for each in instances)


def outside(instances: Instances) -> tuple[int, ...]:
    """Who is out, and has initialised its producer."""
    return tuple(index for index in with_status(instances, "out") if instances[index].is_polling)


@action(when={"instances": outside})
def enter(instances: Instances) -> Iterator[Next]:
    """An instance that crashed or was put out joins again, and the group is to rebalance."""
    for index in outside(instances):
        member = attrs.evolve(instances[index], status="member")
        yield Next(f"{named(index)} joins", instances=to_rebalance(replaced(instances, index, member)))


def is_rebalancing(instances: Instances) -> bool:
    """Whether the group can assign the partition now: nobody has it, or its owner is to rejoin, and polls."""
    owners = [instances[owner] for owner in with_status(instances, "owner")]
    can_assign = bool(owners or with_status(instances, "member"))
    return can_assign and all(owner.is_to_rejoin and owner.is_polling for owner in owners)


@action(when={"instances": is_rebalancing})
def rebalance(instances: Instances) -> Iterator[Next]:
    """The group rebalances some time after members have come or gone."""
    yield from rebalanced(instances, "the group rebalances")


def put_out(instances: Instances) -> tuple[int, ...]:
    """Who polls after the group has put it out."""
    return tuple(index for index in with_status(instances, "stale") if instances[index].is_polling)


@action(when={"instances": put_out})
def notice(instances: Instances) -> Iterator[Next]:
    """An instance that polls learns that it is no longer in the group (``onPartitionsLost``)."""
    for index in put_out(instances):
        after = attrs.evolve(instances[index], status="out", position=None)
        says = f"{named(index)} polls and learns that it is no longer in the group"
        yield Next(says, instances=replaced(instances, index, after))
