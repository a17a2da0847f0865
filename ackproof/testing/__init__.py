"""
What tests of applications are made with: Hypothesis strategies of configurations and workloads, and a state machine.

``ProcessingMachine`` takes your own processing function and finds the schedule of polls, commits, crashes and
rebalances under which it loses or repeats something.
"""

from ackproof.testing.processing import ProcessingMachine
from ackproof.testing.record import Record
from ackproof.testing.run import DeliveryError, Process
from ackproof.testing.strategies import consumers, pipelines, producers, workloads

__all__ = [
    "DeliveryError",
    "Process",
    "ProcessingMachine",
    "Record",
    "consumers",
    "pipelines",
    "producers",
    "workloads",
]
