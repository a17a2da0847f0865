"""How far apart two states of the consume half are, as far as the map says anything of them."""

from collections.abc import Hashable, Mapping
from typing import cast

import attrs

from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.coordinator import Coordinator, is_current
from ackproof.model.consume.log import Group, Log

State = Mapping[str, Hashable]


def distance(state: State, wanted: State) -> int:
    """In how many places two states differ; the faults that are left do not count."""
    apart = sum(state[name] != wanted[name] for name in ("history", "offsets_in_sync") if name in wanted)
    apart += int(shown(state["log"]) != shown(wanted["log"])) + int(is_to_be_assigned(state["log"], wanted["log"]))
    mine, others = cast("Consumers", state["consumers"]), cast("Consumers", wanted["consumers"])
    for one, other in zip(mine, others, strict=True):
        apart += fields_apart(attrs.evolve(one, generation=0), attrs.evolve(other, generation=0))
    apart += groups_apart(cast("Group", state["group"]), cast("Group", wanted["group"]))
    return apart + fields_apart(told(state["coordinator"]), told(wanted["coordinator"]))


def shown(log: Hashable) -> tuple[Hashable, ...]:
    """What a log holds; what else the model remembers of it only bounds what comes later."""
    of = cast("Log", log)
    return of.start, of.records, of.added and attrs.evolve(of.added, is_seen=False, is_assigned=False)


def is_to_be_assigned(log: Hashable, wanted: Hashable) -> bool:
    """Whether a member is assigned what was added, and in the model none is; it may be there before."""
    mine, other = cast("Log", log).added, cast("Log", wanted).added
    return other is not None and other.is_assigned and not (mine is not None and mine.is_assigned)


def groups_apart(one: Group, wanted: Group) -> int:
    """The same of two groups; a commit that may have expired may, though it was sent again since."""
    is_expired = one.is_expired and wanted.is_expired
    mine = attrs.evolve(one, generation=0, earlier=None, is_expired=is_expired)
    return fields_apart(mine, attrs.evolve(wanted, generation=0, earlier=None))


def distance_by_generation(state: State, wanted: State) -> int:
    """The same where commits are judged by generations."""
    apart = sum(a != b for a, b in zip(currents(state), currents(wanted), strict=True))
    return apart + distance(state, wanted)


def fields_apart(one: object, other: object) -> int:
    """In how many fields two values of one class differ."""
    cls = type(one)
    assert attrs.has(cls)
    return sum(getattr(one, field.name) != getattr(other, field.name) for field in attrs.fields(cls))


def currents(state: State) -> list[bool]:
    """Whose commits are of the present generation: how generations are counted says nothing else."""
    consumers = cast("Consumers", state["consumers"])
    coordinator, group = cast("Coordinator", state["coordinator"]), cast("Group", state["group"])
    return [
        (consumer.status in ("member", "owner") or bool(consumer.in_flight))
        and is_current(coordinator, group, consumers, number)
        for number, consumer in enumerate(consumers)
    ]


def told(coordinator: Hashable) -> Coordinator:
    """
    A coordinator without what says nothing any more.

    That is who had joined with the partition, once it is assigned, and what epoch who has left for a while had.
    What its log lacks is seen once another broker has loaded that, and who does not lead as it commits.
    """
    of = cast("Coordinator", coordinator)
    of = attrs.evolve(of, behind=of.behind - of.released, unsaved=frozenset(), followers=frozenset())
    return attrs.evolve(of, claimant=None, older=()) if of.state == "stable" else of
