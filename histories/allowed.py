"""Which anomalies are no fault: by what Jepsen allows, or by how clients and brokers are set up."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.history import History
from ackproof.histories.operation import Operation


@attrs.frozen
class Judged:
    """
    An anomaly, and whether it may be.

    Attributes:
        is_allowed: None if the history does not say enough to tell.
        why: Why it may be, or what is missing; empty if it may not be.
    """

    anomaly: Anomaly
    is_allowed: bool | None
    why: str = ""


Answer = tuple[bool | None, str]
Excuse = Callable[[Anomaly, History], Answer]


def cause(anomaly: Anomaly, _history: History) -> Answer:
    """What happened besides excuses it."""
    return bool(anomaly.cause), anomaly.cause


def always(why: str) -> Excuse:
    """It is what Kafka does."""
    return lambda _anomaly, _history: (True, why)


def writers(anomaly: Anomaly) -> Sequence[Operation]:
    """Those of its operations that sent something to its partition."""
    return [each for each in anomaly.operations if any(records.key == anomaly.key for records in each.sent)]


def readers(anomaly: Anomaly) -> Sequence[Operation]:
    """Those of its operations that read something."""
    return [operation for operation in anomaly.operations if operation.polled]


def client(
    name: str, excuses: Callable[[object], bool], why: str, who: Callable[[Anomaly], Sequence[Operation]] = writers
) -> Excuse:
    """A setting *name* of one of the clients that it is about excuses it."""

    def excuse(anomaly: Anomaly, history: History) -> Answer:
        return excused((history.setting(operation.client, name) for operation in who(anomaly)), name, excuses, why)

    return excuse


def broker(name: str, excuses: Callable[[object], bool], why: str) -> Excuse:
    """A setting *name* of brokers or topics excuses it."""
    return lambda _anomaly, history: excused(iter([history.broker.get(name)]), name, excuses, why)


def excused(values: Iterator[object], name: str, excuses: Callable[[object], bool], why: str) -> Answer:
    """Whether one of the *values* of a setting excuses something; None if nobody says what it was."""
    known = list(values)
    if any(value is not None and excuses(value) for value in known):
        return True, why
    return (None, f"nobody says what {name} was") if None in known else (False, "")


def both(first: Excuse, second: Excuse) -> Excuse:
    """Only the two together excuse it."""

    def excuse(anomaly: Anomaly, history: History) -> Answer:
        (one, why), (other, because) = first(anomaly, history), second(anomaly, history)
        if one is False or other is False:
            return False, ""
        return (True, f"{why}, and {because}") if one and other else (None, because if one else why)

    return excuse


def tried(anomaly: Anomaly, _history: History) -> Answer:
    """That the transaction's end had been asked for excuses it."""
    writer = anomaly.operations[0]
    return writer.tried_to_commit, "its commit had been asked for before it failed"


def is_false(value: object) -> bool:
    """Whether a setting is off."""
    return value is False


NOT_IDEMPOTENT = client("idempotence", is_false, "without idempotence a retry stores a record again")
WEAK_ACKS = client(
    "acks", lambda acks: str(acks) in {"0", "1"}, "acks below all: an acknowledged record may be on one broker"
)
NO_SPARE = broker(
    "min_isr", lambda least: least == 1, "min.insync.replicas=1: an acknowledged record may be on one broker"
)
UNCLEAN = broker("unclean", lambda is_on: is_on is True, "an unclean election drops acknowledged records")
RETENTION = broker("retention", lambda kind: kind != "none", "retention or compaction removes records")
UNCOMMITTED = client(
    "isolation", lambda level: level == "read_uncommitted", "a read_uncommitted reader gets all", readers
)
OUT_OF_ORDER = both(NOT_IDEMPOTENT, client("max_in_flight", lambda most: most != 1, "several requests are in flight"))
LATE_END = both(
    client("txn_version", lambda version: version in {0, 1}, "transaction.version below 2 lets an end come late"), tried
)
NO_ISOLATION = always("Kafka does not isolate writes from each other")

BY_SETTINGS: Mapping[str, tuple[Excuse, ...]] = {
    "duplicate": (cause, NOT_IDEMPOTENT),
    "wrong-acknowledgement": (cause, NOT_IDEMPOTENT),
    "int-nonmonotonic-send": (OUT_OF_ORDER,),
    "nonmonotonic-send": (OUT_OF_ORDER,),
    "lost-write": (RETENTION, WEAK_ACKS, NO_SPARE, UNCLEAN),
    "inconsistent-offsets": (WEAK_ACKS, NO_SPARE, UNCLEAN),
    "G1a": (UNCOMMITTED, LATE_END),
    "precommitted-read": (
        UNCOMMITTED,
        client("txn_id", lambda name: name in {"", False}, "it is no transaction"),
    ),
    "G1c": (UNCOMMITTED,),
    "G1c-realtime": (UNCOMMITTED,),
    "int-poll-skip": (cause,),
    "int-nonmonotonic-poll": (cause,),
    "poll-skip": (cause,),
    "nonmonotonic-poll": (cause,),
    "int-send-skip": (NO_ISOLATION,),
    "G0": (NO_ISOLATION,),
    "G0-realtime": (NO_ISOLATION,),
    "unseen": (always("it may be late, or nobody polled: that is no loss yet"),),
}
"""What excuses an anomaly of our own format; nothing does what is not named."""


def by_settings(anomaly: Anomaly, history: History, *, with_ww: bool) -> Judged:
    """Judge by how clients and brokers are set up."""
    if with_ww and anomaly.kind.startswith("G1c"):
        return Judged(anomaly, True, "it may come of writes, which Kafka does not isolate from each other")
    answers = [excuse(anomaly, history) for excuse in BY_SETTINGS.get(anomaly.kind, ())]
    for wanted in (True, None):
        for answer, why in answers:
            if answer is wanted:
                return Judged(anomaly, wanted, why)
    return Judged(anomaly, False)


def by_jepsen(anomaly: Anomaly, history: History, *, with_ww: bool) -> Judged:
    """Judge by what Jepsen's own checker lets pass."""
    kind = anomaly.kind
    if kind in {"int-send-skip", "G0", "G0-realtime"}:
        return Judged(anomaly, True, "Kafka does not isolate writes from each other")
    if kind in {"poll-skip", "nonmonotonic-poll"} and history.has_subscription:
        return Judged(anomaly, True, "somebody subscribed, so that partitions may move")
    if with_ww and kind in {"G1c", "G1c-realtime"}:
        return Judged(anomaly, True, "it may come of writes, which Kafka does not isolate from each other")
    if kind in {"int-poll-skip", "int-nonmonotonic-poll"} and anomaly.cause:
        return Judged(anomaly, True, anomaly.cause)
    return Judged(anomaly, False)
