"""What an execution keeps from being consumed, and for how many steps."""

from collections.abc import Callable, Hashable, Mapping, Sequence

import attrs

from ackproof.traces.trace import Trace

Consumed = Callable[[Mapping[str, Hashable]], Sequence[frozenset[int]]]
"""From the components of a state to the partitions that each consumer consumes."""


@attrs.frozen
class Downtime:
    """
    What stands still between two points of rest.

    Attributes:
        steps: The actions that follow on the first, which is the trigger.
        partitions: For each partition that nobody consumes for a while, after how many of the states behind an action.
        consumers: The same for each consumer that consumes something at the end.
    """

    steps: int
    partitions: Mapping[int, int]
    consumers: Mapping[int, int]

    @property
    def longest(self) -> int:
        """How long the partition that is worst off has nobody."""
        return max(self.partitions.values(), default=0)


def downtime(trace: Trace, consumed: Consumed) -> Downtime:
    """What *trace* costs, which starts at rest, with the trigger as its first action, and ends at rest."""
    after = [consumed(dict(zip(trace.names, state, strict=True))) for state in trace.states[1:]]
    at_last = after[-1]
    return Downtime(
        steps=len(trace) - 1,
        partitions=lasting(
            {
                partition: sum(not any(partition in of for of in each) for each in after)
                for partition in sorted(frozenset[int]().union(*at_last))
            }
        ),
        consumers=lasting({index: sum(not each[index] for each in after) for index, of in enumerate(at_last) if of}),
    )


def lasting(counts: Mapping[int, int]) -> dict[int, int]:
    """What is not zero."""
    return {key: count for key, count in counts.items() if count}
