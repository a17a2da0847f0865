"""The words that a pipeline file may use: claims, faults, and what is meant where nothing is said."""

CLAIMS = (
    "at-most-once",
    "at-least-once",
    "exactly-once",
    "no-loss",
    "no-duplicates",
    "in-order",
    "no-aborted-reads",
    "atomic",
    "drains",
    "completes",
)

FAULT_KINDS = (
    "request-lost",
    "response-lost",
    "request-delayed",
    "broker-crash",
    "power-loss",
    "leader-change",
    "follower-lag",
    "send-timeout",
    "producer-crash",
    "producer-pause",
    "consumer-crash",
    "consumer-pause",
    "member-joins",
    "member-leaves",
    "coordinator-failover",
    "partitions-added",
    "retention",
    "offsets-expired",
)

ASKED_FOR_BY_NAME = frozenset({"power-loss", "retention", "offsets-expired"})
"""Kinds of fault that happen only if they are named."""

DEFAULT_CLAIMS = ("no-loss", "no-duplicates", "in-order")
DEFAULT_KINDS = tuple(kind for kind in FAULT_KINDS if kind not in ASKED_FOR_BY_NAME)
DEFAULT_AT_MOST = 2
DEFAULT_RECORDS = 3
DEFAULT_BUDGET_S = 60.0
DEFAULT_REPLICATION_FACTOR = 3
