"""Which action of the model a director takes how, in a trace of the consume half."""

from collections.abc import Callable, Mapping

from ackproof.reference.refinement.directing import (
    commits,
    epochs,
    expiring,
    failover,
    instances,
    keyed,
    losing,
    offsets,
    pausing,
    processing,
)
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import Round

DIRECTIONS: Mapping[str, Callable[[GroupDirector, Round], None]] = {
    "append": instances.append,
    "start": instances.settle,
    "join": instances.join,
    "notice": instances.notice,
    "hear assignment": instances.settle,
    "offsets expired": expiring.expire,
    "offsets expired in use": expiring.wait_for_expiry,
    "member joins": instances.join,
    "rejoin behind commits": instances.settle,
    "lose assignment by commit": losing.lose_assignment,
    "locate": instances.locate,
    "poll": instances.poll,
    "return batch": processing.return_batch,
    "process": processing.process,
    "process with offset": processing.process_with_offset,
    "forget refused": processing.forget,
    "forget repeats": processing.forget,
    "processing fails": processing.process,
    "output fails": processing.process,
    "locate without answer": failover.locate_without_answer,
    "answer lost": commits.lose_answer,
    "commit lost": commits.lose_commit,
    "commit": instances.commit,
    "commit automatically": commits.commit_in_background,
    "commit the processed prefix": commits.commit_prefix,
    "async commit arrives": epochs.commit_in_background,
    "consumer crash": instances.crash,
    "member stops": instances.crash,
    "failure crashes": instances.failure_crashes,
    "consumer pause": pausing.pause,
    "member leaves": instances.leave,
    "coordinator failover": failover.move_coordinator,
    "retention": expiring.delete,
    "partitions added": instances.partitions_added,
    "key moves": keyed.move_key,
    "discover": keyed.discover,
    "read added": keyed.read_new,
    "offsets follower lags": offsets.lag,
    "offsets follower catches up": offsets.catch_up,
    "offsets power loss": failover.lose_power,
}
"""By the names of the model's actions."""
