"""What a processing function is handed."""

from collections.abc import Hashable

import attrs


@attrs.frozen
class Record:
    """
    A record of the log.

    Attributes:
        value: What was sent; no two records of a workload have the same.
    """

    value: Hashable
    offset: int
    partition: int = 0
    topic: str = "topic"
    key: bytes = b"key"
