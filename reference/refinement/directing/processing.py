"""What a director has applications do with the records that they were handed."""

from collections import Counter
from collections.abc import Iterator

from ackproof.model.consume.consumer import Consumer, Held
from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.readers import DirectedReader
from ackproof.reference.refinement.directing.round import Round


def process(director: GroupDirector, turn: Round) -> None:
    """The application is done with a record, or fails to be: what the sink has got it has."""
    done = [(index, before, after) for index, before, after in turn.pairs() if before != after]
    if not done:
        # It fails after the sink has it, and tries again.
        keep(director, turn, turn.processed())
        return
    ((index, before, after),) = done
    reader = director.reader(index)
    gone = [held for _, held in dropped(turn)]
    for held in gone:
        take(reader, held)
    keep(director, turn, [record for _, record in gone] if turn.action == "process" else turn.processed())
    commits.send_async(director, index, before, after)
    if after.stored != before.stored and reader.rules.auto_commit.stores == "application":
        store(reader, after)


def keep(director: GroupDirector, turn: Round, records: list[int]) -> None:
    """The sink gets results, and the offset behind the last of them if it keeps that."""
    sink = director.stage.sink
    sink += records
    if director.stage.setting.rules.commit == "with-sink" and turn.commits:
        sink.offset = turn.committed_after


def process_with_offset(director: GroupDirector, turn: Round) -> None:
    """The application hands a result to a sink that keeps offsets: it refuses what is below the one that it has."""
    sink = director.stage.sink
    for index, held in dropped(turn):
        take(director.reader(index), held)
        if not sink.refuses(held[0]):
            sink.append(held[1])
            sink.offset = held[0] + 1


def return_batch(director: GroupDirector, turn: Round) -> None:
    """A client that collects a batch returns it."""
    index, _, after = turn.changed()
    reader = director.reader(index)
    reader.returns_batch = reader.polls = True
    director.until(lambda: len(reader.in_hand) == len(after.in_hand), "the batch being returned")


def forget(director: GroupDirector, turn: Round) -> None:
    """Threads pass over what nobody needs them to process."""
    for index, held in dropped(turn):
        take(director.reader(index), held)


def dropped(turn: Round) -> Iterator[tuple[int, Held]]:
    """What consumers hold no longer."""
    for index, before, after in turn.pairs():
        for held in (Counter(before.held) - Counter(after.held)).elements():
            yield index, held


def take(reader: DirectedReader, held: Held) -> None:
    """A record is in its hands no more."""
    if held not in reader.in_hand:
        raise NotDirectedError(f"{reader.name} does not hold the record at offset {held[0]}")
    reader.in_hand.remove(held)


def store(reader: DirectedReader, after: Consumer) -> None:
    """The application stores the offset to be committed."""
    if after.stored is not None and reader.client is not None:
        reader.client.store_offsets(reader.offsets_of(after.stored))
