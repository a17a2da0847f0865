"""How often the application of each group processed each record: at most once, at least once, exactly once."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator
from itertools import chain

import attrs

from ackproof.histories.evidence import Evidence
from ackproof.histories.history import History
from ackproof.histories.operation import Key, Value

Place = tuple[str, Key]
"""A group, and a partition that it reads."""
Effect = tuple[str, Key, Value]
"""That a group processed a record."""


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
    effects = Counter(effects_of(history))
    reach = reach_of(history)
    places = dict.fromkeys(chain(((group, key) for group, key, _ in effects), reach))
    return [delivery(evidence, effects, place, reach.get(place, (0, 0))) for place in places]


def effects_of(history: History) -> Iterator[Effect]:
    """Each time that a group processed a record."""
    says_so = {group_of(history, done.client) for done in history.done}
    for done in history.done:
        group = group_of(history, done.client)
        if group is not None:
            yield group, done.key, done.value
    for operation in history.operations:
        group = group_of(history, operation.client) if operation.polled and operation.outcome == "ok" else None
        if group is not None and group not in says_so:
            for key, records in operation.polled.items():
                yield from ((group, key, value) for value in records.values)


def group_of(history: History, client: Hashable) -> str | None:
    """The group that a *client* is in; None if in none, or nobody says so."""
    group = history.setting(client, "group")
    return group if isinstance(group, str) else None


def reach_of(history: History) -> dict[Place, tuple[int, int]]:
    """Where each group was first in a partition, and the highest offset that it committed."""
    first, last = dict[Place, int](), dict[Place, int]()
    for operation in history.operations:
        group = group_of(history, operation.client) if operation.polled else None
        for key, records in operation.polled.items() if group is not None else ():
            known = [offset for offset in records.offsets if offset is not None]
            if group is not None and known:
                first[group, key] = min(first.get((group, key), known[0]), *known)
    for commit in history.commits:
        place = commit.group, commit.key
        first[place] = min(first.get(place, commit.next), commit.next)
        last[place] = max(last.get(place, 0), commit.next)
    return {place: (start, last.get(place, 0)) for place, start in first.items()}


def delivery(evidence: Evidence, effects: Counter[Effect], place: Place, reach: tuple[int, int]) -> Delivery:
    """What a group did with one partition."""
    group, key = place
    order = evidence.order(key)
    within = slice(*(bisect_left(order.offsets, offset) for offset in reach))
    known = order.values[within]
    processed = [value for value in order.values if effects[group, key, value]]
    return Delivery(
        group,
        key,
        len(processed),
        tuple(value for value in processed if effects[group, key, value] > 1),
        tuple(value for value in known if not effects[group, key, value]),
    )
