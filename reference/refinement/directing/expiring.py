"""What a director has records and committed offsets do: they are kept for a time."""

from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.consume.setting import GROUP
from ackproof.reference.refinement.directing.group import LONG_MS, GroupDirector
from ackproof.reference.refinement.directing.round import Round


def expire(director: GroupDirector, turn: Round) -> None:
    """All instances stop, and after ``offsets.retention.minutes`` the committed offset is gone."""
    for reader in director.stage.applications:
        reader.is_to_close = True
    director.until(lambda: not any(reader.is_up for reader in director.stage.applications), "the end of all instances")
    for reader in director.stage.applications:
        reader.client = None
    wait_for_expiry(director, turn)


def wait_for_expiry(director: GroupDirector, turn: Round) -> None:
    """``offsets.retention.minutes`` pass, be it that the group still reads."""
    for reader in director.stage.applications:
        reader.polls = reader.is_up and not reader.in_hand

    def has_expired() -> bool:
        shard = director.stage.shard()
        return shard is not None and shard.offsets.of(GROUP).get(PLACE) is None

    director.until(has_expired, "the end of the committed offset", 32 * LONG_MS)
    for reader in director.stage.applications:
        reader.polls = False


def delete(director: GroupDirector, turn: Round) -> None:
    """Retention deletes records, be they consumed or not."""
    led = director.stage.led(PLACE[0])
    assert led is not None
    led.log.increase_log_start(turn.log_after.start)
