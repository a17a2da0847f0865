"""Checks what a Kafka pipeline promises: holds, violated with the shortest counterexample, or unknown."""

from importlib.metadata import version
from typing import TYPE_CHECKING

__all__ = ["__version__", "verify"]
__version__ = version("ackproof")

if TYPE_CHECKING:
    from ackproof.judging.judge import verify
else:

    def __getattr__(name: str) -> object:
        """Import the front door only when somebody knocks."""
        if name == "verify":
            from ackproof.judging.judge import verify

            return verify
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
