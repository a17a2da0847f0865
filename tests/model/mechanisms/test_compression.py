"""When a leader stores a batch as it came."""

import pytest

from ackproof.model.mechanisms.compression import Codec, Incoming, Stored, Topic, stored

ALWAYS_WRITTEN = ("base offset", "partition leader epoch")


@pytest.mark.parametrize(
    ("batch", "topic", "codec", "is_rebuilt"),
    [
        (Incoming("lz4"), Topic(), "lz4", False),
        (Incoming("lz4"), Topic("lz4"), "lz4", False),
        (Incoming("lz4"), Topic("zstd"), "zstd", True),
        (Incoming("lz4"), Topic("none"), "none", True),
        (Incoming("none"), Topic("gzip"), "gzip", True),
        (Incoming("lz4", has_dense_offsets=False), Topic(), "lz4", True),
        (Incoming("none", has_dense_offsets=False), Topic(), "none", False),
    ],
)
def test_a_batch_is_rebuilt_for_another_codec_or_odd_offsets(
    batch: Incoming, topic: Topic, codec: Codec, is_rebuilt: bool
) -> None:
    assert stored(batch, topic) == Stored(codec, is_rebuilt, ALWAYS_WRITTEN)


def test_the_leaders_clock_goes_into_the_header_too() -> None:
    topic = Topic(timestamp_type="LogAppendTime")

    assert stored(Incoming(), topic).rewritten == (*ALWAYS_WRITTEN, "timestamp type", "max timestamp")
