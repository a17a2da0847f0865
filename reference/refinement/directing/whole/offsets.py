"""What a director has the replicas of ``__consumer_offsets`` do, where followers have all the time to catch up."""

from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.directing import offsets
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.whole.director import WholeDirector


def lag(director: WholeDirector, turn: Round) -> None:
    """A follower is in sync no more, as its heartbeats do not arrive for a while."""
    side = director.stage.reading
    image = side.image(OFFSETS_TOPIC)
    follower = next(each for each in image.in_sync_replicas if each != image.leader)
    side.network.muted.add(f"broker-{follower}")
    director.reading.until(
        lambda: follower not in side.image(OFFSETS_TOPIC).in_sync_replicas, "the follower being dropped"
    )
    offsets.check(director.reading, turn)


def catch_up(director: WholeDirector, turn: Round) -> None:
    """A follower has all again, be it that its heartbeats did not arrive, or that its fetches did not."""
    network = director.stage.network
    muted = director.stage.keepers & network.muted
    if not muted:
        offsets.catch_up(director.reading, turn)
        return
    network.unmute(min(muted))
    director.reading.until(
        lambda: offsets.count_in_sync(director.reading) == turn.after["offsets_in_sync"], "the follower catching up"
    )
