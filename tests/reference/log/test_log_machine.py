"""Any history of appends, truncations, crashes and power losses, against a list of batches."""

from copy import deepcopy
from random import Random

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ackproof.reference.log.loading import Place, load
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.records.batch import Batch, decode, read_header, split
from ackproof.reference.records.control import Kind, marker_of
from tests.reference.log.logs import FOLDER, append, begin, end, machine, numbered, transactional

ALL = 10**9
producers = st.integers(1, 3)


@attrs.define
class Known:
    """What the oracle knows of a producer: its next sequence, what it has open, where its last batch is."""

    next_sequence: int = 0
    open_at: int | None = None
    last_offset: int = -1


def knowledge(batches: list[Batch]) -> dict[int, Known]:
    """What the batches of a log say of each producer."""
    known: dict[int, Known] = {}
    for found in batches:
        producer = known.setdefault(found.producer_id, Known())
        if found.is_control:
            producer.open_at = None
            continue
        producer.next_sequence = found.last_sequence + 1
        producer.last_offset = found.last_offset
        if found.is_transactional and producer.open_at is None:
            producer.open_at = found.base_offset
    return known


def aborted(batches: list[Batch]) -> list[tuple[int, int, int]]:
    """The transactions that the batches of a log abort: producer, first offset, marker."""
    opened: dict[int, int] = {}
    found: list[tuple[int, int, int]] = []
    for one in batches:
        if not one.is_control and one.is_transactional:
            opened.setdefault(one.producer_id, one.base_offset)
        if one.is_control and one.producer_id in opened:
            start = opened.pop(one.producer_id)
            if marker_of(one).kind == "abort":
                found.append((one.producer_id, start, one.base_offset))
    return found


class LogMachine(RuleBasedStateMachine):
    """A log, and beside it the batches that it must hold."""

    @initialize(segment_bytes=st.sampled_from([150, 250, 2**20]), index_bytes=st.sampled_from([0, 4096]))
    def start(self, segment_bytes: int, index_bytes: int) -> None:
        self.place = machine(LogSettings(segment_bytes=segment_bytes, index_interval_bytes=index_bytes))
        self.batches: list[Batch] = []

    @property
    def log(self) -> PartitionLog:
        return self.place.log

    def _appended(self) -> None:
        start = self.batches[-1].next_offset if self.batches else 0
        assert self.log.log_end_offset > start
        data = [found for found in self.log.batches() if read_header(found).base_offset >= start]
        self.batches += [decode(found) for found in data]

    @rule(producer=producers, count=st.integers(1, 3))
    def send(self, producer: int, count: int) -> None:
        known = knowledge(self.batches).get(producer, Known())
        entry = self.log.producers.entries.get(producer)
        sequence = known.next_sequence if entry is None else entry.last_sequence + 1
        if known.open_at is None:
            append(self.log, numbered(sequence, count=count, producer_id=producer))
        elif not self.log.has_ongoing_transaction(producer):
            return
        else:
            append(self.log, transactional(sequence, count=count, producer_id=producer))
        self._appended()

    @rule(producer=producers)
    def begin(self, producer: int) -> None:
        entry = self.log.producers.entries.get(producer)
        if not self.log.has_ongoing_transaction(producer):
            begin(self.log, 0 if entry is None else entry.last_sequence + 1, producer_id=producer)
            self._appended()

    @rule(producer=producers, kind=st.sampled_from(["commit", "abort"]))
    def end(self, producer: int, kind: Kind) -> None:
        end(self.log, kind, producer_id=producer)
        self._appended()

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        if self.batches:
            offset = data.draw(st.sampled_from([found.base_offset for found in self.batches]))
            self.log.truncate_to(offset)
            self.batches = [found for found in self.batches if found.base_offset < offset]

    @rule()
    def flush(self) -> None:
        self.log.flush()

    @rule()
    def crash(self) -> None:
        self.place.disk.crash()
        self.place.restart()
        self.log.high_watermark = self.log.log_end_offset

    @rule()
    def stop(self) -> None:
        self.log.close()
        self.place.restart(is_clean=True)
        self.log.high_watermark = self.log.log_end_offset

    @rule(seed=st.integers(0, 999))
    def power_loss(self, seed: int) -> None:
        synced = self.log.recovery_point
        self.place.disk.power_loss(Random(seed))
        self.place.restart()
        assert self.log.log_end_offset >= synced
        self.log.high_watermark = self.log.log_end_offset
        self.batches = [found for found in self.batches if found.next_offset <= self.log.log_end_offset]

    @invariant()
    def holds_these_batches(self) -> None:
        end = self.batches[-1].next_offset if self.batches else 0
        assert self.log.log_end_offset == end
        assert [decode(data) for data in self.log.batches()] == self.batches
        position, read = 0, 0
        while data := self.log.read(position, ALL, end):
            read += len(data)
            position = self.batches[-1].next_offset if read == self.log.size_bytes else self._after(data)
        assert read == self.log.size_bytes

    @staticmethod
    def _after(data: bytes) -> int:
        return read_header(split(data)[-1]).next_offset

    @invariant()
    def knows_its_producers(self) -> None:
        for producer, known in knowledge(self.batches).items():
            entry = self.log.producers.entries[producer]
            assert entry.transaction_first_offset == known.open_at
            # Only a marker may be left of a producer: it has no sequence.
            assert (entry.last_sequence, entry.last_offset) == (known.next_sequence - 1, known.last_offset)
        assert set(self.log.producers.entries) == set(knowledge(self.batches))

    @invariant()
    def knows_its_transactions(self) -> None:
        opened = [known.open_at for known in knowledge(self.batches).values() if known.open_at is not None]
        assert self.log.first_unstable_offset == min(opened, default=None)
        found = self.log.aborted_transactions(0, self.log.log_end_offset)
        assert [entry[:3] for entry in found] == aborted(self.batches)

    @invariant()
    def would_be_the_same_after_a_crash(self) -> None:
        place = Place(deepcopy(self.place.disk), FOLDER, recovery_point=self.log.recovery_point)
        loaded = load(place, self.place.clock, self.place.settings)
        assert loaded.segments.log_end_offset == self.log.log_end_offset
        assert {entry.values for entry in loaded.producers.entries.values()} == {
            entry.values for entry in self.log.producers.entries.values()
        }
        assert loaded.epochs.entries == self.log.epochs.entries


TestLogMachine = LogMachine.TestCase
TestLogMachine.settings = settings(max_examples=60, stateful_step_count=25)
