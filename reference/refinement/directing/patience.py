"""How long the instances of a directed group wait."""

import attrs


@attrs.frozen
class Patience:
    """
    How long an instance waits.

    Attributes:
        session_ms: How long a classic member may be silent.
        auto_commit_ms: After how long a client commits by itself.
        metadata_ms: After how long it sees by itself that the topic has more partitions.
    """

    session_ms: int
    auto_commit_ms: int
    metadata_ms: int


SHORT, LONG = Patience(6_000, 2_000, 20_000), Patience(40_000, 25_000, 20_000)
"""As a rule; and where members wait for metadata, longer than that takes."""

ATTENTIVE = Patience(6_000, 2_000, 1_000)
"""Where they rebalance as soon as there is a partition more."""

ALONE = Patience(6_000, 2_000, 3_000)
"""Where who rejoins alone waits for metadata to assign by, and has to ask for that within its session."""

USUAL = (SHORT, ALONE)
"""Where nobody waits for partitions."""
