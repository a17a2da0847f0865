"""How far automatic commits are behind."""

from ackproof.proofs.logic import Number
from ackproof.proofs.timing.disturbances import ONCE, outage, pause, polled, round_trips
from ackproof.proofs.timing.quantity import quantity
from ackproof.proofs.timing.question import question
from ackproof.proofs.timing.scene import NOTHING, Scenario, Scene, Unknown

SOURCE = "ConsumerCoordinator.maybeAutoCommitOffsetsAsync; rd_kafka_cgrp_offset_commit_tmr_cb"
ONE_CRASH = "one consumer crashes"


def until_commit(scene: Scene) -> Number:
    """From one commit until the next has arrived, but for what a poll has to wait for."""
    interval = scene.key("auto_commit_interval_ms") + scene.key("retry_backoff_ms")
    return interval + outage(scene) + round_trips(scene)


@question(of="auto_commit_interval_ms", source=SOURCE, assumes=(ONCE, ONE_CRASH))
def records_processed_again(scene: Scene) -> Scenario:
    """
    How many records are processed again after a crash, at worst: while a consumer catches up?

    The records that it processes until auto.commit.interval.ms is over and the commit has arrived; where commits are
    made in poll, also those that the last poll before it returned.
    """
    records = scene.unknown(Unknown("records", quantity("records")), NOTHING, None)
    scene.conditions.append(scene.sum_of("processing_ms", records, "") <= until_commit(scene))
    of_last_poll = scene.key("records_per_poll") if scene.behaviour.commits_in_poll else NOTHING
    return Scenario(quantity=records + of_last_poll, unit="records come again after a crash", is_whole=True)


@question(of="auto_commit_interval_ms", source=SOURCE, assumes=(ONCE, ONE_CRASH, "it reads all partitions"))
def arrivals_processed_again(scene: Scene) -> Scenario:
    """
    How many records are processed again after a crash, while a consumer keeps up with what arrives?

    As many as arrive from one commit to the next; where commits are made in poll, that is as late as the next poll.
    """
    waits = polled(scene) if scene.behaviour.commits_in_poll else NOTHING
    records = scene.arrivals("arrived", until_commit(scene) + waits + pause(scene))
    return Scenario(quantity=records, unit="records come again after a crash", is_whole=True)
