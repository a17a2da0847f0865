"""Names of topics: which are valid, and which collide."""

import re
from collections.abc import Iterable

MAX_LENGTH = 249
CLUSTER_METADATA = "__cluster_metadata"
"""The metadata log's name, which no topic may have."""


def problem_of(name: str) -> str | None:
    """
    Why *name* is no name for a topic, in Kafka's words; None if it is one.

    Source: ``Topic.validate``.
    """
    if not name:
        reason = "the empty string is not allowed"
    elif name in (".", ".."):
        reason = f"'{name}' is not allowed"
    elif len(name) > MAX_LENGTH:
        reason = f"the length of '{name}' is longer than the max allowed length {MAX_LENGTH}"
    elif re.fullmatch("[a-zA-Z0-9._-]+", name) is None:
        reason = f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    else:
        return None
    return f"Topic name is invalid: {reason}"


def collision_of(name: str, others: Iterable[str]) -> str | None:
    """
    One of *others* that metrics could not tell from *name*; None if there is none.

    Source: ``Topic.hasCollision``.
    """
    if not ("." in name or "_" in name):
        return None
    return next((other for other in others if other.replace(".", "_") == name.replace(".", "_")), None)
