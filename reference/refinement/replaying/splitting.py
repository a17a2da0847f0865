"""
Traces of a pipeline in one piece in which readers start at the end of what they can read, while more is committed.

In the model readers may not know yet. Here whoever asks for the end is told all of it: so it asks earlier, and what
brokers do in one step of the trace is done in several, with the readers' between them.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import cast

import attrs

from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.produce.append import Leader
from ackproof.model.produce.network import Connection, Request
from ackproof.model.produce.replica import Replicas, has_leader, leader_log
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.produce.showing import committed_records
from ackproof.model.system import System, steps_of
from ackproof.reference.refinement.replaying.ordering import OF_PRODUCING, OF_READING, Moment, again
from ackproof.reference.refinement.replaying.produce import URGENT

Values = Mapping[str, Hashable]

INSERTED = ("append", "fetch")
"""What brokers may do earlier than in the trace."""

MOST_INSERTED, MOST_TRIED = 4, 20_000


def asks_in_vain(system: System, moment: Moment) -> bool:
    """Whether a reader starts at what it takes for the end, and is told of more."""
    values = moment.before
    log, group = cast("Log", values["log"]), cast("Group", values["group"])
    replicas, leader = cast("Replicas", values["replicas"]), cast("Leader", system.rules["leader"])
    if moment.step.action.name != "locate" or not has_leader(replicas):
        return False
    consumer = cast("ConsumerRules", system.rules["consumer"])
    both = zip(cast("Consumers", values["consumers"]), cast("Consumers", moment.after["consumers"]), strict=True)
    started = next(after.position for before, after in both if before != after)
    is_reset = consumer.reset == "latest" and started != group.committed
    return is_reset and len(committed_records(replicas, leader)) > log.end


def is_served_too_early(system: System, before: Values, after: Values) -> bool:
    """
    Whether a leader serves what comes behind a batch on a connection that breaks, while that is not committed.

    It serves one request of a connection after the other, each once the one before is answered (``SocketServer``).
    """
    replicas, later = (cast("Replicas", values["replicas"]) for values in (before, after))
    lost = len(cast("Connection", after["connection"]).broken) > len(cast("Connection", before["connection"]).broken)
    stored, served = leader_log(replicas), leader_log(later)
    waits = cast("ProducerRules", system.rules["client"]).acks == "all"
    if not lost or not waits or stored is None or served is None:
        return False
    committed = committed_records(replicas, cast("Leader", system.rules["leader"]))
    return len(served) > len(stored) > len(committed)


def split(system: System, all_steps: Sequence[Moment]) -> tuple[Moment, ...] | None:
    """The same steps, and as few more as can be, so that no reader asks in vain; None if there is no such order."""
    told_apart = attrs.evolve(system, symmetric={}, interchangeable=())
    producing = tuple(each for each in all_steps if each.side == "produce")
    reading = tuple(each for each in all_steps if each.side != "produce")
    for more in range(MOST_INSERTED + 1):
        found = Splitting(told_apart, producing, reading, all_steps[-1].after).path(all_steps[0].before, 0, 0, more)
        if found is not None:
            return found
    return None


def is_alike(one: Values, other: Values) -> bool:
    """Whether producer and network are the same in both; nobody hears which offset an answer waited for."""
    others = OF_PRODUCING - {"replicas", "connection"}
    connections = (cast("Connection", values["connection"]) for values in (one, other))
    mine, wanted = (attrs.evolve(each, broken=tuple(map(unheard, each.broken))) for each in connections)
    return mine == wanted and all(one.get(name) == other.get(name) for name in others)


def unheard(request: Request) -> Request:
    """A request that broke with its connection, whether it was served before or not."""
    return attrs.evolve(request, waits_for=None)


def has_same_leader(one: Values, other: Values) -> bool:
    """Whether brokers are the same in both, but for how far followers have come."""
    mine, wanted = (cast("Replicas", values["replicas"]) for values in (one, other))
    led = leader_log(mine) == leader_log(wanted)
    return led and [(each.role, each.is_up) for each in mine] == [(each.role, each.is_up) for each in wanted]


class Splitting:
    """A search for an order of the steps of a trace, depth first."""

    def __init__(self, system: System, producing: Sequence[Moment], reading: Sequence[Moment], last: Values) -> None:
        self._system = system
        self._producing = producing
        self._reading = reading
        self._last = last
        self._tried = set[tuple[Hashable, ...]]()

    def path(self, values: Values, produced: int, read: int, more: int) -> tuple[Moment, ...] | None:
        """The steps from a state on, of which so many have been taken; None if there is no way to the last state."""
        if produced == len(self._producing) and read == len(self._reading):
            return () if is_alike(values, self._last) and has_same_leader(values, self._last) else None
        key = (tuple(values.values()), produced, read, more)
        if key in self._tried or len(self._tried) > MOST_TRIED:
            return None
        self._tried.add(key)
        for moment, (is_produced, is_read, is_more) in self._next(values, produced, read, more):
            rest = self.path(moment.after, produced + is_produced, read + is_read, more - is_more)
            if rest is not None:
                return rest if moment.after is values else (moment, *rest)
        return None

    def _next(
        self, values: Values, produced: int, read: int, more: int
    ) -> Iterator[tuple[Moment, tuple[bool, bool, bool]]]:
        """What can be taken next: a step of a reader, one that readers do not take, or one more than in the trace."""
        coming = self._producing[produced] if produced < len(self._producing) else None
        is_busy = coming is not None and coming.step.action.name in URGENT
        if read < len(self._reading) and not is_busy:
            after = again(self._system, self._reading[read], values, OF_READING)
            if after is not None:
                moment = attrs.evolve(self._reading[read], before=values, after=after)
                if not asks_in_vain(self._system, moment):
                    yield moment, (False, True, False)
        if coming is not None:
            for moment in self._alike(coming, values):
                yield moment, (True, False, False)
            if more and not is_busy:
                for moment in self._inserted(coming, values):
                    yield moment, (False, False, True)

    def _alike(self, moment: Moment, values: Values) -> Iterator[Moment]:
        """A step as in the trace, be it of less, or of nothing, as some of it has been done earlier."""
        place = self._system.actions.index(moment.step.action)
        for step in steps_of(self._system, place, values):
            after = dict(zip(self._system.initial, step.state, strict=True))
            if is_alike(after, moment.after) and not is_served_too_early(self._system, values, after):
                yield attrs.evolve(moment, step=step, before=values, after=after)
        if moment.step.action.name in INSERTED and is_alike(values, moment.after):
            yield attrs.evolve(moment, before=values, after=values)

    def _inserted(self, coming: Moment, values: Values) -> Iterator[Moment]:
        for place, act in enumerate(self._system.actions):
            if act.name in INSERTED:
                for step in steps_of(self._system, place, values):
                    after = dict(zip(self._system.initial, step.state, strict=True))
                    yield attrs.evolve(coming, step=step, before=values, after=after)
