"""How far a group is behind what arrives, and whether it catches up."""

from fractions import Fraction

from ackproof.proofs.logic import Number
from ackproof.proofs.timing.disturbances import outage, pause
from ackproof.proofs.timing.quantity import known, quantity, times
from ackproof.proofs.timing.question import question
from ackproof.proofs.timing.scene import NOTHING, Scenario, Scene, Unknown

EVEN = "records are spread evenly over the partitions, and partitions over the instances"
NOBODY_DIES = "nobody dies: a dead member's partitions are not read for session.timeout.ms on top"
SOURCE = "KIP-62; ConsumerPartitionAssignor (a partition has one reader); FetchCollector.collectFetch"


def busiest(scene: Scene) -> Fraction:
    """Which share of all records the consumer with most partitions reads."""
    partitions, instances = scene.value("partitions"), scene.value("instances")
    return Fraction(-(-partitions // min(instances, partitions)), partitions)


def each(scene: Scene) -> tuple[Fraction, Fraction]:
    """How long a record takes a consumer at least and at most, its part of a synchronous commit included."""
    threads = 1 if scene.behaviour.processes_in_loop else scene.value("threads")
    low, high = (time / threads for time in scene.range("processing_ms"))
    if not scene.behaviour.round_trips:
        return low, high
    part = Fraction(scene.behaviour.round_trips, scene.value("records_per_poll"))
    shortest, longest = scene.range("request_ms")
    return low + shortest * part, high + longest * part


def stalled(scene: Scene) -> Number:
    """How long nothing is read."""
    return outage(scene) + pause(scene)


@question(
    of="instances", source=SOURCE, decided_by={"instances": "from"}, counted=("instances",), assumes=(EVEN, NOBODY_DIES)
)
def lag_grows(scene: Scene) -> Scenario:
    """
    Can more arrive than the group processes, so that lag grows for ever and never drains?

    The consumer with most partitions decides: what arrives for it in a second has to be processed in less than one.
    """
    low, high = each(scene)
    records = scene.arrivals("records", known(1000), "", busiest(scene))
    says = "records a second for the busiest consumer that take {} ms each"
    work = Unknown("work_ms", quantity("work_ms"), says, count="records")
    busy = scene.unknown(work, times(records, low), times(records, high))
    return Scenario(quantity=busy, unit="ms of work in each second", limit=1000)


@question(of="instances", source=SOURCE, assumes=(EVEN, NOBODY_DIES))
def lag_after_a_stall(scene: Scene) -> Scenario:
    """
    How much lag can build up in an outage and a pause?

    All that arrives meanwhile; what producers could not send arrives when the outage is over. Where more arrives than
    is processed it goes on growing.
    """
    _, longest = each(scene)
    behind = scene.arrivals("behind", stalled(scene))
    later = scene.unknown(Unknown("later_ms", quantity("later_ms")), NOTHING, None)
    arrived = scene.arrivals("arrived", later, "", busiest(scene))
    # Who has something to read processes as fast as it can.
    left = behind if longest == 0 else behind + arrived - times(later, 1 / longest)
    return Scenario(quantity=left, unit="records of lag", is_whole=True)


@question(of="instances", source=SOURCE, assumes=(EVEN, NOBODY_DIES))
def lag_drains_within(scene: Scene) -> Scenario:
    """
    How long does it take until the lag of an outage and a pause is gone?

    Until the consumer with most partitions has processed what is behind, and what arrives while it does.
    """
    _, longest = each(scene)
    share = busiest(scene)
    behind = scene.arrivals("behind", stalled(scene), "", share)
    later = scene.unknown(Unknown("later_ms", quantity("later_ms")), NOTHING, None)
    arrived = scene.arrivals("arrived", later, "", share)
    scene.conditions.append(later <= times(behind + arrived, longest))
    return Scenario(quantity=later, unit="ms until the lag is gone")
