"""How long the instances of a directed group wait."""

import attrs


@attrs.frozen
class Patience:
    """
    How long an instance waits.

    Attributes:
        session_ms: How long a classic member may be silent.
        auto_commit_ms: After how long a client commits by itself.
    """

    session_ms: int
    auto_commit_ms: int


SHORT, LONG = Patience(6_000, 2_000), Patience(40_000, 25_000)
"""As a rule; and where members wait for metadata, longer than that takes."""
