"""How long a group coordinator hears nothing of a member."""

from ackproof.proofs.logic import Number
from ackproof.proofs.timing.disturbances import ONCE, in_outage, polled, silence
from ackproof.proofs.timing.polling import ALL_OF_IT, BACKLOG, THREADS
from ackproof.proofs.timing.question import question
from ackproof.proofs.timing.scene import NOTHING, Scenario, Scene


def next_heartbeat(scene: Scene) -> Number:
    """From one heartbeat to the next: a client looks as often as it tries again whether one is due."""
    return scene.key("heartbeat_interval_ms") + scene.key("retry_backoff_ms")


def lost_heartbeat(scene: Scene) -> Number:
    """What it costs that an outage took a heartbeat."""
    lost = scene.up_to("lost_ms", next_heartbeat(scene), "{} ms until the next heartbeat, as the outage took one")
    scene.only_if(lost, in_outage())
    return lost


def usually(scene: Scene) -> str:
    """How long it always takes from one heartbeat to the next."""
    return f"{scene.value('heartbeat_interval_ms') + scene.value('retry_backoff_ms'):,} ms"


@question(
    of="session_timeout_ms",
    source="AbstractCoordinator.HeartbeatThread; GroupMetadataManager.rescheduleClassicGroupMemberHeartbeat, "
    "scheduleConsumerGroupSessionTimeout",
    decided_by={"session_timeout_ms": "from", "heartbeat_interval_ms": "up to"},
    assumes=(ONCE,),
)
def misses_heartbeats(scene: Scene) -> Scenario:
    """
    Can a consumer be put out of its group because the coordinator hears nothing of it for session.timeout.ms?

    Heartbeats come from a thread of their own and stop only in a pause or an outage; where everything runs on one
    event loop (aiokafka) they also wait for what is being processed.
    """
    disturbance = silence(scene) + lost_heartbeat(scene)
    blocked = polled(scene) if scene.behaviour.blocks_heartbeats else NOTHING
    return Scenario(
        quantity=next_heartbeat(scene) + disturbance + blocked,
        unit="ms from one heartbeat to the next",
        limit="session_timeout_ms",
        always=f"{usually(scene)} between heartbeats",
    )


@question(
    of="rebalance_timeout_ms",
    source="ClassicGroup.rebalanceTimeoutMs, GroupMetadataManager.completeClassicGroupJoin, "
    "scheduleConsumerGroupRebalanceTimeout; AbstractCoordinator.sendJoinGroupRequest",
    decided_by={"records_per_poll": "up to", "rebalance_timeout_ms": "from"},
    assumes=(ALL_OF_IT, THREADS, ONCE, BACKLOG),
)
def rebalance_feeds_itself(scene: Scene) -> Scenario:
    """
    Can a rebalance put a member out, whose return starts the next one: can a rebalance storm feed itself?

    A member hears of a rebalance by its next heartbeat and joins again when it polls next. One that takes longer than
    the rebalance timeout is removed; it comes back, which is another rebalance, and reads the same records again.
    """
    # One round trip to hear of it, and one to join.
    disturbance = silence(scene, scene.behaviour.round_trips + 2) + lost_heartbeat(scene)
    return Scenario(
        quantity=next_heartbeat(scene) + disturbance + polled(scene),
        unit="ms until a member joins again",
        limit="rebalance_timeout_ms",
        always=f"{usually(scene)} until a heartbeat tells of it",
    )
