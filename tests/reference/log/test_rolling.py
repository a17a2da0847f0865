"""Segments: when another one begins, and what goes to the disk then."""

from random import Random

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.log.settings import LogSettings
from tests.reference.log.logs import FOLDER, NOW_MS, SMALL_SEGMENTS, append, batch, machine, numbered, refusal, values

SIZE_BYTES = len(batch(b"0"))


def logs_of(place_names: list[str]) -> list[int]:
    """Where segments begin, by the names of files."""
    return [int(name.removesuffix(".log")) for name in place_names if name.endswith(".log")]


def test_files_are_named_as_kafka_names_them() -> None:
    place = machine(SMALL_SEGMENTS)
    for sequence in range(3):
        append(place.log, numbered(sequence))

    assert place.disk.names(FOLDER) == [
        "00000000000000000000.log",
        "00000000000000000002.log",
        "00000000000000000002.snapshot",
        "leader-epoch-checkpoint",
    ]


def test_a_segment_holds_as_much_as_segment_bytes() -> None:
    place = machine(LogSettings(segment_bytes=2 * SIZE_BYTES))
    for _ in range(4):
        append(place.log, batch(b"0"))

    assert logs_of(place.disk.names(FOLDER)) == [0, 2]


def test_a_segment_holds_the_timestamps_of_segment_ms() -> None:
    place = machine(LogSettings(segment_ms=100))
    for at_ms in (NOW_MS, NOW_MS + 100, NOW_MS + 101):
        append(place.log, batch(b"0", timestamp_ms=at_ms))

    assert logs_of(place.disk.names(FOLDER)) == [0, 2]


def test_without_timestamps_a_segment_is_as_old_as_its_file() -> None:
    place = machine(LogSettings(segment_ms=100))
    append(place.log, batch(b"0", timestamp_ms=-1))
    place.clock.run_until(NOW_MS + 101)
    append(place.log, batch(b"0", timestamp_ms=-1))

    assert logs_of(place.disk.names(FOLDER)) == [0, 1]


def test_an_empty_segment_is_not_too_old() -> None:
    place = machine(LogSettings(segment_ms=100))
    place.clock.run_until(NOW_MS + 1000)
    append(place.log, batch(b"0"))

    assert logs_of(place.disk.names(FOLDER)) == [0]


def test_a_segment_holds_no_offset_that_is_too_far_from_its_first() -> None:
    place = machine()
    place.log.append_as_follower(batch(b"0"))
    place.log.append_as_follower(batch(b"0", base_offset=2**31 - 1))
    place.log.append_as_follower(batch(b"0", base_offset=2**31))

    assert logs_of(place.disk.names(FOLDER)) == [0, 2**31]


def test_a_refused_batch_may_have_begun_a_segment() -> None:
    place = machine(SMALL_SEGMENTS)
    append(place.log, numbered(0, count=4))
    refusal(place.log, numbered(9, count=4))

    assert logs_of(place.disk.names(FOLDER)) == [0, 4]


def test_a_rolled_segment_is_synced() -> None:
    place = machine(SMALL_SEGMENTS)
    for number in range(3):
        append(place.log, batch(f"{number}".encode()))
    place.disk.power_loss(Random(1))

    assert place.log.recovery_point == 2
    assert values(place.restart())[:2] == [b"0", b"1"]


def test_nothing_else_is_synced_by_itself() -> None:
    log = machine().log
    for _ in range(50):
        append(log, batch(b"0"))

    assert log.recovery_point == 0


def test_flush_messages_is_how_many_records_a_power_loss_can_take() -> None:
    log = machine(LogSettings(flush_messages=3)).log
    points: list[int] = []
    for count in (1, 1, 1, 2, 2):
        append(log, batch(*[b"0"] * count))
        points.append(log.recovery_point)

    assert points == [0, 0, 3, 3, 7]


def test_with_every_record_flushed_a_power_loss_takes_nothing() -> None:
    for seed in range(10):
        place = machine(broker_rules=BrokerRules(flushes_every_record=True))
        append(place.log, batch(b"0"))
        place.log.append_as_follower(batch(b"1", base_offset=1))
        place.disk.power_loss(Random(seed))

        assert values(place.restart()) == [b"0", b"1"]


def test_flush_ms_is_how_old_what_a_power_loss_takes_can_be() -> None:
    place = machine(LogSettings(flush_ms=100))
    append(place.log, batch(b"0"))
    place.log.flush_if_old()
    early = place.log.recovery_point
    place.clock.run_until(NOW_MS + 100)
    place.log.flush_if_old()

    assert (early, place.log.recovery_point) == (0, 1)


def test_other_settings_count_from_the_next_batch() -> None:
    place = machine()
    append(place.log, batch(b"0"))
    place.log.configure(LogSettings(segment_bytes=SIZE_BYTES))
    append(place.log, batch(b"0"))

    assert logs_of(place.disk.names(FOLDER)) == [0, 1]
    assert place.log.settings.segment_bytes == SIZE_BYTES
