"""What questions of timing are asked about: numbers that are configured, and ranges that were measured."""

from collections.abc import Mapping
from fractions import Fraction

import attrs

LARGEST_INT = 2**31 - 1


@attrs.frozen
class Range:
    """What was measured lies between these, or is one of them."""

    low: Fraction
    high: Fraction


@attrs.frozen
class Key:
    """
    A number of the configuration.

    Attributes:
        name: As its user writes it.
        least, most: What it can be set to.
    """

    name: str
    value: int
    least: int = 1
    most: int = LARGEST_INT


@attrs.frozen(kw_only=True)
class Behaviour:
    """
    What client and application do, whatever the numbers are.

    Attributes:
        processes_in_loop: Records are processed between one poll and the next.
        round_trips: How many answers of the brokers the application waits for between one poll and the next.
        blocks_heartbeats: No heartbeat is sent while records are processed.
        may_poll_at_limit: A poll just as ``max.poll.interval.ms`` is over is in time.
        commits_in_poll: Automatic commits are made in poll, of what earlier polls returned.
        may_succeed_at_deadline: An answer just as the deadline is over is in time.
    """

    processes_in_loop: bool = True
    round_trips: int = 0
    blocks_heartbeats: bool = False
    may_poll_at_limit: bool = False
    commits_in_poll: bool = True
    may_succeed_at_deadline: bool = False


@attrs.frozen(kw_only=True)
class Setting:
    """
    A client of a pipeline.

    Attributes:
        keys: The numbers of its configuration in force, by what they are; what it does not have is left out.
        ranges: What was measured, by what it is.
    """

    keys: Mapping[str, Key]
    ranges: Mapping[str, Range]
    behaviour: Behaviour = attrs.field(factory=Behaviour)
