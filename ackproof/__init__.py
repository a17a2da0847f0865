"""Checks what a Kafka pipeline promises: holds, violated with the shortest counterexample, or unknown."""

from importlib.metadata import version

__version__ = version("ackproof")
