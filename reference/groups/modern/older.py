"""The server's assignors of brokers before 4.0.1, as the model has them, where all members subscribe to the same."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ackproof.model.groups.assignors import ServerAssign, ranges_kept, uniform_in_order, uniform_in_turn
from ackproof.reference.groups.modern.member import Partition
from ackproof.reference.groups.modern.numbering import Numbering
from ackproof.reference.groups.modern.spec import Spec

Targets = dict[str, set[Partition]]


def of_everything(rule: ServerAssign, spec: Spec) -> Targets:
    """What each member is to have of the partitions of all topics together."""
    return _shared(rule, spec, _everything(spec))


def of_each_topic(rule: ServerAssign, spec: Spec) -> Targets:
    """What each member is to have, topic by topic."""
    targets: Targets = {member_id: set() for member_id in spec.members}
    for topic_id in spec.partition_counts:
        of_topic = _shared(rule, spec, [each for each in _everything(spec) if each[0] == topic_id])
        for member_id in spec.members:
            targets[member_id] |= of_topic[member_id]
    return targets


OLDER: Mapping[ServerAssign, tuple[str, Callable[[Spec], Targets]]] = {
    ranges_kept: ("range", partial(of_each_topic, ranges_kept)),
    uniform_in_order: ("uniform", partial(of_everything, uniform_in_order)),
    uniform_in_turn: ("uniform", partial(of_everything, uniform_in_turn)),
}
"""The names of the assignors that the model has for older brokers, and what they are here."""


def _everything(spec: Spec) -> list[Partition]:
    return [(topic_id, number) for topic_id, count in spec.partition_counts.items() for number in range(count)]


def _shared(rule: ServerAssign, spec: Spec, partitions: Iterable[Partition]) -> Targets:
    every = frozenset(partitions)
    numbering = Numbering(every)
    had = [every.intersection(spec.targets[member_id]) for member_id in spec.members]
    present = {place: numbering.of(of_member) for place, of_member in enumerate(had)}
    shares = rule(present, tuple(present), len(every))
    return {member_id: set(numbering.partitions(shares[place])) for place, member_id in enumerate(spec.members)}
