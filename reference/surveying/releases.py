"""Which release a broker is of, as far as its answers tell."""

NEWEST_LEVEL = {
    1: "3.0",
    2: "3.1",
    3: "3.2",
    7: "3.3",
    8: "3.4",
    11: "3.5",
    14: "3.6",
    19: "3.7",
    20: "3.8",
    21: "3.9",
    25: "4.0",
    27: "4.1",
    29: "4.2",
    30: "4.3",
}
"""
By the newest level of ``metadata.version`` that a release supports. Brokers before 3.0 know no such feature.

Source: ``MetadataVersion``.
"""


def release_of(level: int | None) -> str | None:
    """The release that supports ``metadata.version`` up to that *level*; None for one that is not listed."""
    return None if level is None else NEWEST_LEVEL.get(level)
