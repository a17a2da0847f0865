"""Which action of the model a director takes how, in a trace of the consume half."""

from collections.abc import Callable, Mapping

from ackproof.reference.refinement.directing import instances, keyed, offsets
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import Round

DIRECTIONS: Mapping[str, Callable[[GroupDirector, Round], None]] = {
    "append": instances.append,
    "start": instances.settle,
    "join": instances.settle,
    "notice": instances.notice,
    "hear assignment": instances.settle,
    "offsets expired": instances.expire,
    "member joins": instances.join,
    "locate": instances.locate,
    "poll": instances.poll,
    "process": instances.process,
    "processing fails": instances.process,
    "commit": instances.commit,
    "commit automatically": instances.commit_in_background,
    "async commit arrives": instances.commit_in_background,
    "consumer crash": instances.crash,
    "member stops": instances.crash,
    "failure crashes": instances.failure_crashes,
    "consumer pause": instances.pause,
    "member leaves": instances.leave,
    "coordinator failover": instances.move_coordinator,
    "retention": instances.delete,
    "key moves": keyed.move_key,
    "discover": keyed.discover,
    "read added": keyed.read_new,
    "offsets follower lags": offsets.lag,
    "offsets follower catches up": offsets.catch_up,
    "offsets power loss": offsets.lose_power,
}
"""By the names of the model's actions."""
