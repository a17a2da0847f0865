"""What comes between: processes that stand still, and brokers that do not answer."""

from ackproof.proofs.logic import Number
from ackproof.proofs.timing.quantity import quantity, times
from ackproof.proofs.timing.scene import NOTHING, Scene

ONCE = "at most one pause and one outage fall into that time"
OUTAGE, REQUEST = "outage_ms", "request_ms"


def pause(scene: Scene) -> Number:
    """The process stands still."""
    return scene.event("pause_ms", "a pause of {} ms")


def outage(scene: Scene) -> Number:
    """No request of the client is answered."""
    return scene.event(OUTAGE, "an outage of {} ms")


def in_outage() -> Number:
    """The outage that a scene already has."""
    return quantity(OUTAGE)


def round_trips(scene: Scene, how_many: int = 1) -> Number:
    """So many requests and their answers, one after the other."""
    says = "a round trip of {} ms" if how_many == 1 else f"{how_many} round trips of {{}} ms"
    return times(scene.measured(REQUEST, says), how_many)


def silence(scene: Scene, how_many: int = 1) -> Number:
    """Client and brokers hear nothing of each other, as long as can be: an outage, a pause, and round trips."""
    return outage(scene) + pause(scene) + round_trips(scene, how_many)


def processing(scene: Scene, key: str) -> Number:
    """So many records as that *key* allows are processed, one after the other."""
    records = scene.count("records", scene.key(key))
    return scene.sum_of("processing_ms", records, "records that take {} ms each", "records")


def polled(scene: Scene) -> Number:
    """The records of one poll are processed, where the next poll waits for that."""
    return processing(scene, "records_per_poll") if scene.behaviour.processes_in_loop else NOTHING
