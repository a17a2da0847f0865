from ackproof.model.produce.showing import show


def told(*, high_watermark: int) -> list[str]:
    """What is told where the leader shows one record, and a follower nothing."""
    return [found.says for found in show.outcomes(None, ((0,), ()), high_watermark, ())]


def test_what_consumers_read_above_the_high_watermark_is_told_with_the_bug() -> None:
    assert told(high_watermark=1) == ["consumers can read r1, up to offset 1"]
    assert told(high_watermark=0) == ["consumers can read r1, up to offset 1, above the high watermark (KAFKA-9835)"]
