"""Compression: whether a leader stores a batch as it came, and what it writes anew even then."""

from typing import Literal

import attrs

Codec = Literal["none", "gzip", "snappy", "lz4", "zstd"]


@attrs.frozen
class Incoming:
    """
    A batch of a producer (magic 2).

    Attributes:
        has_dense_offsets: Its records are numbered 0, 1, 2, ...; some old clients did it otherwise.
    """

    codec: Codec = "none"
    has_dense_offsets: bool = True


@attrs.frozen
class Topic:
    """A topic: ``compression.type`` and ``message.timestamp.type``."""

    codec: Codec | Literal["producer"] = "producer"
    timestamp_type: Literal["CreateTime", "LogAppendTime"] = "CreateTime"


@attrs.frozen
class Stored:
    """
    What is in the log.

    Attributes:
        is_rebuilt: The records were compressed anew.
        rewritten: Header fields that the leader set.
    """

    codec: Codec
    is_rebuilt: bool
    rewritten: tuple[str, ...]


def stored(batch: Incoming, topic: Topic) -> Stored:
    """
    What a leader makes of *batch*; it reads every record in any case, so it decompresses whatever is compressed.

    >>> stored(Incoming("lz4"), Topic()).is_rebuilt, stored(Incoming("lz4"), Topic("zstd")).is_rebuilt
    (False, True)

    Source: ``LogValidator.validateMessagesAndAssignOffsets``, ``BrokerCompressionType.targetCompression``. Of an
    uncompressed batch in an uncompressed topic inner offsets are not looked at.
    """
    codec = batch.codec if topic.codec == "producer" else topic.codec
    is_checked = (batch.codec, codec) != ("none", "none")
    is_rebuilt = batch.codec != codec or (is_checked and not batch.has_dense_offsets)
    timestamps = ("timestamp type", "max timestamp") if topic.timestamp_type == "LogAppendTime" else ()
    return Stored(codec, is_rebuilt, ("base offset", "partition leader epoch", *timestamps))
