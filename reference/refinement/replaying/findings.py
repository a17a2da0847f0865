"""What a replayed trace has come to: what the logs hold, byte by byte, and what is wrong with that."""

from collections.abc import Iterator
from itertools import pairwise

import attrs

from ackproof.model.naming import record_name
from ackproof.reference.records.batch import decode, read_header
from ackproof.reference.refinement.directing.letters import on_the_wire
from ackproof.reference.refinement.produce.records import number_of
from ackproof.reference.refinement.replaying.produce import Replayed
from ackproof.reference.simulator.applications.content import content_of


@attrs.frozen
class StoredRecord:
    """A record in a log, and what the header of its batch says; -1 for what it does not."""

    record: int
    base_offset: int
    leader_epoch: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    size_bytes: int


@attrs.frozen
class StoredOn:
    """
    What the log of a broker holds.

    Attributes:
        number: Of the broker in the trace.
        role: Its part, in words.
        records: None while it is down.
    """

    number: int
    role: str
    records: tuple[StoredRecord, ...] | None


def stored(replay: Replayed) -> Iterator[StoredOn]:
    """What each log holds, in the order of the trace's brokers."""
    image = replay.stage.image
    for number, broker in enumerate(replay.director.brokers, start=1):
        role = "the leader" if broker == image.leader else "in sync" if broker in image.in_sync_replicas else ""
        if broker in image.eligible_leader_replicas:
            role = "eligible"
        batches = replay.director.batches(broker) if replay.director.is_up(broker) else None
        yield StoredOn(number, role, None if batches is None else tuple(map(stored_record, batches)))


def stored_record(data: bytes) -> StoredRecord:
    """The record in a batch of one."""
    header = read_header(data)
    (record,) = decode(data).records
    return StoredRecord(
        number_of(content_of(record.value).record),
        header.base_offset,
        header.partition_leader_epoch,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        header.size_bytes,
    )


def findings(replay: Replayed, claim: str) -> tuple[str, ...]:
    """How the log of the leader breaks a basic *claim*, in sentences; none if it does not, or nobody leads."""
    if claim == "completes":
        return tuple(unresolved(replay))
    leading = next((each.records for each in stored(replay) if each.role == "the leader"), None)
    if leading is None:
        return ()
    return tuple(of_claim(replay, leading, claim))


def of_claim(replay: Replayed, leading: tuple[StoredRecord, ...], claim: str) -> Iterator[str]:
    """The same, given what the leader has; also of what the design says that known bugs break."""
    match claim:
        case "no-loss":
            return lost(replay, leading)
        case "no-duplicates":
            return repeated(leading)
        case "in-order":
            return out_of_order(leading)
        case "what_a_reader_saw_stays":
            return gone(replay, leading)
        case "an_offset_has_one_record":
            return diverging(replay, leading)
        case _:
            raise ValueError(f"the produce half decides nothing about {claim}")


def lost(replay: Replayed, leading: tuple[StoredRecord, ...]) -> Iterator[str]:
    """Records whose send succeeded, and that the leader neither has nor may get."""
    kept = {each.record for each in leading} | set(under_way(replay))
    offsets = replay.stage.application.offsets
    for record in sorted(frozenset(replay.stage.acknowledged) - kept):
        where = f"offset {offsets[record]}" if offsets.get(record, -1) >= 0 else "no offset"
        yield f"{record_name(record)} is acknowledged ({where}) and lost"


def unresolved(replay: Replayed) -> Iterator[str]:
    """Records whose send has neither succeeded nor failed."""
    requests = replay.stage.network.produce_requests
    for record in sorted(replay.stage.application.resends_left):
        yield f"the send of {record_name(record)} has no outcome after {requests} requests, and so it goes on"


def under_way(replay: Replayed) -> Iterator[int]:
    """The records that connections still hold."""
    for line in replay.stage.network.lines.values():
        if line not in replay.director.doomed and (line.is_held or line in replay.director.lines()):
            yield from on_the_wire(line)


def repeated(leading: tuple[StoredRecord, ...]) -> Iterator[str]:
    """Records that are stored more than once."""
    for record in sorted({each.record for each in leading}):
        offsets = [str(each.base_offset) for each in leading if each.record == record]
        if len(offsets) > 1:
            more = "twice" if len(offsets) == 2 else f"{len(offsets)} times"
            yield f"{record_name(record)} is stored {more} (offsets {', '.join(offsets[:-1])} and {offsets[-1]})"


def gone(replay: Replayed, leading: tuple[StoredRecord, ...]) -> Iterator[str]:
    """What consumers have read and the leader does not have there."""
    for offset, record in enumerate(replay.director.seen):
        instead = [each.record for each in leading if each.base_offset == offset]
        if instead != [record]:
            said = "nothing" if not instead else record_name(instead[0])
            yield f"{record_name(record)} was read at offset {offset}, where the leader has {said}"


def diverging(replay: Replayed, leading: tuple[StoredRecord, ...]) -> Iterator[str]:
    """Where a replica in sync has another record than the leader, and the leader has its own for committed."""
    director, image = replay.director, replay.stage.image
    log = director.log(image.leader)
    assert log is not None
    for follower in image.in_sync_replicas:
        # What all of them have is committed, in the model before the leader hears of it.
        if follower != image.leader and director.is_up(follower) and director.has_news(follower):
            director.tell(follower)
    committed = {each.base_offset: each.record for each in leading if each.base_offset < log.high_watermark}
    for replica in stored(replay):
        for each in replica.records or () if replica.role == "in sync" else ():
            mine = committed.get(each.base_offset, each.record)
            if mine != each.record:
                yield (
                    f"offset {each.base_offset} is committed with {record_name(mine)}, "
                    f"and broker {replica.number}, in sync, has {record_name(each.record)} there"
                )


def out_of_order(leading: tuple[StoredRecord, ...]) -> Iterator[str]:
    """First copies that do not stand in the order of sending."""
    firsts = sorted({each.record: each for each in reversed(leading)}.values(), key=lambda each: each.base_offset)
    for before, after in pairwise(firsts):
        if before.record > after.record:
            yield (
                f"{record_name(before.record)} (offset {before.base_offset}) stands before "
                f"{record_name(after.record)} (offset {after.base_offset})"
            )
