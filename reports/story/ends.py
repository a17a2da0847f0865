"""Between which lanes a step goes, by the name of its action."""

from collections.abc import Callable, Hashable, Mapping
from typing import Protocol, cast

import attrs

from ackproof.model.consume.consumer import named as consumer_name
from ackproof.model.produce.replica import Replicas, broker, leader_of
from ackproof.model.transactions.instance import named as instance_name
from ackproof.model.transactions.scene import Delayed
from ackproof.reports.story.story import Style

PRODUCER, CONTROLLER, NETWORK, LOG, SINK = "producer", "controller", "network", "log", "sink"
COORDINATOR, TRANSACTIONS, OUTPUT = "group coordinator", "transaction coordinator", "output"


class HasMembers(Protocol):
    """A group, whatever its protocol is."""

    @property
    def members(self) -> tuple[Hashable, ...]:
        """All consumers."""
        ...


@attrs.frozen
class Change:
    """The components before and after a step."""

    before: Mapping[str, Hashable]
    after: Mapping[str, Hashable]


Lane = Callable[[Change], str | None]
"""Which lane it is; None if that can not be told."""


@attrs.frozen
class Ends:
    """Where a step begins, where it goes, and how that is drawn."""

    source: Lane
    target: Lane | None = None
    style: Style = "note"


def at(lane: str) -> Lane:
    """A lane that is always the same."""
    return lambda _change: lane


def leader(change: Change) -> str | None:
    """The broker that leads, or the one that will."""
    for state in (change.before, change.after):
        index = leader_of(cast("Replicas", state["replicas"]))
        if index is not None:
            return broker(index)
    return None


def new_leader(change: Change) -> str | None:
    """The broker that leads from then on."""
    index = leader_of(cast("Replicas", change.after["replicas"]))
    return None if index is None else broker(index)


def changed(component: str, named: Callable[[int], str]) -> Lane:
    """The first part of a component that the step changes."""

    def lane(change: Change) -> str | None:
        before, after = (cast("tuple[Hashable, ...]", state[component]) for state in (change.before, change.after))
        pairs = enumerate(zip(before, after, strict=False))
        return next((named(index) for index, (old, new) in pairs if old != new), None)

    return lane


def member(change: Change) -> str | None:
    """The first consumer of a group that the step changes."""
    before, after = (cast("HasMembers", state["group"]).members for state in (change.before, change.after))
    pairs = enumerate(zip(before, after, strict=False))
    return next((consumer_name(index) for index, (old, new) in pairs if old != new), None)


def delayed(change: Change) -> str | None:
    """The instance whose request the network holds back from then on."""
    before, after = (cast("Delayed", state["delayed"]) for state in (change.before, change.after))
    return next((instance_name(request.writer) for request in after if request not in before), None)


replica, consumer = changed("replicas", broker), changed("consumers", consumer_name)
instance = changed("instances", instance_name)
producer, controller, network, log, sink = map(at, (PRODUCER, CONTROLLER, NETWORK, LOG, SINK))
coordinator, transactions, output = map(at, (COORDINATOR, TRANSACTIONS, OUTPUT))
