"""What each lane holds in a state, in the words of Kafka's tools."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from ackproof.model.consume.consumer import Consumers, named
from ackproof.model.consume.log import Group, History, Log
from ackproof.model.naming import record_name
from ackproof.model.produce.network import Connection, Delayed
from ackproof.model.produce.producer import Producer, in_flight
from ackproof.model.produce.replica import Replicas, broker, in_sync, leader_of
from ackproof.model.produce.truncation import common_prefix
from ackproof.model.transactions.coordinator import Coordinator
from ackproof.model.transactions.instance import Instances
from ackproof.model.transactions.instance import named as instance_name
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output
from ackproof.model.transactions.request import Request
from ackproof.reports.story.ends import COORDINATOR, LOG, NETWORK, OUTPUT, PRODUCER, SINK, TRANSACTIONS
from ackproof.reports.story.story import Row

State = Mapping[str, Hashable]
NOTHING = "-"


def panel(state: State) -> tuple[Row, ...]:
    """Every row of a state, those of one lane beside each other."""
    told = [row for component, kinds in ROWS.items() if component in state for rows in kinds for row in rows(state)]
    return (*told, *(coordinating(state) if "output" in state else ()))


def names(records: Iterable[int]) -> str:
    """Records by name."""
    return " ".join(record_name(record) for record in records) or NOTHING


def producing(state: State) -> Iterator[Row]:
    """The producer: what it waits for, and what it has been told."""
    sender, connection = cast("Producer", state["producer"]), cast("Connection", state["connection"])
    yield Row(PRODUCER, "in flight", names(attempt.batch.record for attempt in in_flight(sender, connection)))
    yield Row(PRODUCER, "to send again", names(attempt.batch.record for attempt in sender.queue))
    if sender.producer_id >= 0:
        yield Row(PRODUCER, "producer epoch", str(sender.producer_epoch))
        yield Row(PRODUCER, "next sequence", str(sender.next_sequence))
    if "acknowledged" in state:
        yield Row(PRODUCER, "acknowledged", names(sorted(cast("frozenset[int]", state["acknowledged"]))))


def held_back(state: State) -> Iterator[Row]:
    """What the network holds back: batches on stuck connections, or requests of transactions."""
    delayed = cast("Delayed | tuple[Request, ...]", state["delayed"])
    held = (each for one in delayed for each in (one if isinstance(one, tuple) else (one,)))
    yield Row(NETWORK, "held back", " ".join(str(getattr(each, "name", each)) for each in held) or NOTHING)


ROLES = {"leader": "leader", "in-sync": "in sync", "eligible": "eligible leader", "out": "not in sync"}


def replicated(state: State) -> Iterator[Row]:
    """The replicas; how far the high watermark is follows from what those in sync have in common."""
    replicas = cast("Replicas", state["replicas"])
    leader = leader_of(replicas)
    for index, replica in enumerate(replicas):
        lane = broker(index)
        shared = (
            0
            if leader is None
            else min(common_prefix(replicas[leader].log, replicas[i].log) for i in in_sync(replicas))
        )
        yield Row(lane, "role", ROLES[replica.role] if replica.is_up else "down")
        yield Row(lane, "log", names(batch.record for batch in replica.log))
        yield Row(lane, "high watermark", str(max(replica.high_watermark, shared)) if index == leader else NOTHING)


def logged(state: State) -> Iterator[Row]:
    """The log as readers see it."""
    log = cast("Log", state["log"])
    if hasattr(log, "records"):
        yield Row(LOG, "log start offset", str(log.start))
        yield Row(LOG, "records", names(log.records))


def grouped(state: State) -> Iterator[Row]:
    """The group and its offsets."""
    group = cast("Group", state["group"])
    if hasattr(group, "committed"):
        yield Row(COORDINATOR, "committed offset", NOTHING if group.committed is None else str(group.committed))
    yield Row(COORDINATOR, "generation", str(group.generation))


def consuming(state: State) -> Iterator[Row]:
    """The consumers."""
    for index, consumer in enumerate(cast("Consumers", state["consumers"])):
        lane = named(index)
        yield Row(lane, "status", consumer.status)
        yield Row(lane, "position", NOTHING if consumer.position is None else str(consumer.position))
        yield Row(lane, "holds", names(record for _, record in consumer.held))


def kept(state: State) -> Iterator[Row]:
    """What the sink has."""
    counts = enumerate(cast("History", state["history"]).counts)
    times = (f"{record_name(record)}{f' x{count}' if count > 1 else ''}" for record, count in counts if count)
    yield Row(SINK, "processed", " ".join(times) or NOTHING)


def working(state: State) -> Iterator[Row]:
    """The instances of an application with transactions."""
    for index, each in enumerate(cast("Instances", state["instances"])):
        lane = instance_name(index)
        yield Row(lane, "phase", each.phase if each.status == "owner" else each.status)
        yield Row(lane, "epoch", str(each.epoch))
        yield Row(lane, "next record", record_name(each.next))


def coordinating(state: State) -> Iterator[Row]:
    """The transaction coordinator."""
    for index, each in enumerate(cast("Coordinator", state["coordinator"])):
        whose = f" of {instance_name(index)}"
        yield Row(TRANSACTIONS, f"state{whose}", each.state)
        yield Row(TRANSACTIONS, f"epoch{whose}", str(each.epoch))
        yield Row(TRANSACTIONS, f"partitions{whose}", " ".join(sorted(each.partitions)) or NOTHING)


def written(state: State) -> Iterator[Row]:
    """The output partition."""
    entries = cast("Output", state["output"]).records
    yield Row(OUTPUT, "records", ", ".join(f"{record_name(entry.record)} {entry.fate}" for entry in entries) or NOTHING)


def committed(state: State) -> Iterator[Row]:
    """The offsets that transactions commit."""
    offsets = cast("Offsets", state["offsets"])
    pending = " ".join(str(commit.offset) for commit in offsets.commits if commit.is_pending)
    yield Row(COORDINATOR, "committed offset", NOTHING if offsets.committed is None else str(offsets.committed))
    yield Row(COORDINATOR, "pending offset", pending or NOTHING)


def joining(state: State) -> Iterator[Row]:
    """A group of several members and partitions."""
    members = cast("Sequence[object]", getattr(state["group"], "members", ()))
    for index, member in enumerate(members):
        owned = cast("Iterable[int]", getattr(member, "owned", ()))
        yield Row(named(index), "owns", " ".join(map(str, sorted(owned))) or NOTHING)


ROWS: Mapping[str, tuple[Callable[[State], Iterator[Row]], ...]] = {
    "producer": (producing,),
    "delayed": (held_back,),
    "replicas": (replicated,),
    "log": (logged,),
    "group": (grouped, joining),
    "consumers": (consuming,),
    "history": (kept,),
    "instances": (working,),
    "output": (written,),
    "offsets": (committed,),
}
"""The rows of each component."""
