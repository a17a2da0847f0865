"""The words that a pipeline file may use, and what is meant where nothing is said."""

from ackproof.model.faults import KINDS, ON_REQUEST_ONLY

DEFAULT_CLAIMS = ("no-loss", "no-duplicates", "in-order")
DEFAULT_KINDS = tuple(kind for kind in KINDS if kind not in ON_REQUEST_ONLY)
DEFAULT_AT_MOST = 2
DEFAULT_RECORDS = 3
DEFAULT_BUDGET_S = 60.0
DEFAULT_REPLICATION_FACTOR = 3
