"""A partition that is added on the stage of the consume half, be it that the key moves there."""

from ackproof.reference.refinement.consume.cluster import add_partition
from ackproof.reference.refinement.consume.records import ADDED, TOPIC
from ackproof.reference.refinement.consume.stage import ConsumeStage


def add(stage: ConsumeStage, choice: int) -> bool:
    """The topic gets one more partition."""
    if stage.setting.moves_key:
        return move_key(stage, choice)
    if not stage.known():
        return False
    add_partition(stage.cluster)
    return True


def move_key(stage: ConsumeStage, choice: int) -> bool:
    """
    The same once, while the log has all that was sent; the key moves there as the producer starts again.

    Whoever is the first to start in the new partition starts there for all.
    """
    led, producer = stage.led(TOPIC), stage.producer
    if stage.is_key_moved or led is None or led.log.high_watermark != producer.next:
        return False
    producer.crash()
    add_partition(stage.cluster)
    stage.clock.call_at(stage.clock.now_ms + 1 + choice, producer.start_again)

    def look() -> None:
        if stage.sink.added is None:
            views = (each.client.view() for each in stage.applications if each.client is not None)
            starts = (view.positions.get(ADDED) for view in views)
            stage.sink.added = next((start for start in starts if start is not None), None)

    stage.watches += (look,)
    return True
