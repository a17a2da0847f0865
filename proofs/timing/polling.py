"""How long it takes from one poll to the next."""

from ackproof.proofs.timing.disturbances import ONCE, pause, polled, silence
from ackproof.proofs.timing.question import question
from ackproof.proofs.timing.scene import Scenario, Scene

ALL_OF_IT = "processing_ms is all that the loop spends on a record, however often it tries, but for outages"
BACKLOG = "as many records wait as a poll can return"
THREADS = "a loop that hands records off does not wait for the threads that process them"


@question(
    of="max_poll_interval_ms",
    source="KIP-62; AbstractCoordinator.HeartbeatThread, Heartbeat.pollTimeoutExpired; rd_kafka_max_poll_exceeded",
    decided_by={"records_per_poll": "up to", "max_poll_interval_ms": "from"},
    assumes=(ALL_OF_IT, THREADS, ONCE, BACKLOG),
)
def polls_too_late(scene: Scene) -> Scenario:
    """
    Can a consumer be put out of its group because it does not poll for max.poll.interval.ms?

    From one poll to the next it processes what the first one returned, and waits for its commit if that is synchronous.
    """
    awaits = scene.behaviour.round_trips
    disturbance = silence(scene, awaits) if awaits else pause(scene)
    return Scenario(
        quantity=disturbance + polled(scene),
        unit="ms from one poll to the next",
        limit="max_poll_interval_ms",
        is_late_at_limit=not scene.behaviour.may_poll_at_limit,
    )
