"""How often the application of each group processed each record: at most once, at least once, exactly once."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

import attrs

from ackproof.histories.evidence import Evidence
from ackproof.histories.history import History
from ackproof.histories.operation import Key, Value

Place = tuple[str, Key]
"""A group, and a partition that it reads."""


@attrs.frozen
class Delivery:
    """
    What a group did with the records of a partition.

    Attributes:
        repeated: Records that took effect more than once.
        missed: Records behind which the group's committed offset is, and that never took effect.
    """

    group: str
    key: Key
    processed: int
    repeated: tuple[Value, ...]
    missed: tuple[Value, ...]

    @property
    def semantics(self) -> dict[str, bool]:
        """Which of the delivery semantics it was."""
        once, least = not self.repeated, not self.missed
        return {"at-most-once": once, "at-least-once": least, "exactly-once": once and least}


def deliveries(history: History, evidence: Evidence) -> list[Delivery]:
    """
    What each group did with each partition that it read or committed an offset of.

    A record is processed when the application says so; in a group where it never does, when a successful operation read
    it, which for one read in a transaction is when that is committed. A record from before the group first read or
    committed anything of its partition is none of its.
    """
    groups = groups_of(history)
    effects, reach = effects_of(history, groups), reach_of(history, groups)
    places = dict.fromkeys((*effects, *reach))
    return [delivery(evidence, effects[place], place, reach.get(place, (0, 0))) for place in places]


def groups_of(history: History) -> Mapping[Hashable, str | None]:
    """The group that each client is in; None if in none, or nobody says so."""
    clients = {operation.client for operation in history.operations}.union(done.client for done in history.done)
    settings = {client: history.setting(client, "group") for client in clients}
    return {client: group if isinstance(group, str) else None for client, group in settings.items()}


def effects_of(history: History, groups: Mapping[Hashable, str | None]) -> defaultdict[Place, dict[Value, int]]:
    """How often each group processed each record of a partition."""
    effects = defaultdict[Place, dict[Value, int]](dict)
    for done in history.done:
        group = groups[done.client]
        if group is not None:
            count(effects[group, done.key], (done.value,))
    says_so = {None, *(groups[done.client] for done in history.done)}
    for operation in history.operations:
        group = groups[operation.client] if operation.polled and operation.outcome == "ok" else None
        if group is not None and group not in says_so:
            for records in operation.polled:
                count(effects[group, records.key], records.values)
    return effects


def count(effects: dict[Value, int], values: Iterable[Value]) -> None:
    """Count each of *values*, in half the time that a ``Counter`` takes for a few."""
    for value in values:
        effects[value] = effects.get(value, 0) + 1


def reach_of(history: History, groups: Mapping[Hashable, str | None]) -> dict[Place, tuple[int, int]]:
    """Where each group was first in a partition, and the highest offset that it committed."""
    first, last = dict[Place, int](), dict[Place, int]()
    for operation in history.operations:
        group = groups[operation.client] if operation.polled else None
        if group is not None:
            for records in operation.polled:
                known = [offset for offset in records.offsets if offset is not None]
                place = group, records.key
                if known and (place not in first or min(known) < first[place]):
                    first[place] = min(known)
    for commit in history.commits:
        place = commit.group, commit.key
        first[place] = min(first.get(place, commit.next), commit.next)
        last[place] = max(last.get(place, 0), commit.next)
    return {place: (start, last.get(place, 0)) for place, start in first.items()}


def delivery(evidence: Evidence, effects: Mapping[Value, int], place: Place, reach: tuple[int, int]) -> Delivery:
    """What a group did with one partition."""
    group, key = place
    order = evidence.order(key)
    within = slice(*(bisect_left(order.offsets, offset) for offset in reach))
    processed = [value for value in order.values if value in effects]
    return Delivery(
        group,
        key,
        len(processed),
        tuple(value for value in processed if effects[value] > 1),
        tuple(value for value in order.values[within] if value not in effects),
    )
