"""The refinement map of transactions: what a state of the stage is in the fine-grained model."""

from collections.abc import Hashable
from typing import cast

import attrs

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import NO_EPOCH, State, Transaction, completed
from ackproof.model.transactions.hearing import aborting, broken, given_up
from ackproof.model.transactions.instance import NOTHING, Instance, Instances
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import Entry, Output, Writer
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.producers.producer_entry import ProducerEntry
from ackproof.reference.producer.producer import Producer
from ackproof.reference.refinement.transactions.application import StagedProducer
from ackproof.reference.refinement.transactions.cluster import state_name
from ackproof.reference.refinement.transactions.logs import commits_in, markers_in, outputs_as_given
from ackproof.reference.refinement.transactions.members import Members
from ackproof.reference.refinement.transactions.piping import StagedPipe
from ackproof.reference.refinement.transactions.requests import error_in
from ackproof.reference.refinement.transactions.setting import (
    GROUP,
    INPUT,
    OFFSETS_TOPIC,
    OUTPUT,
    OUTPUT_PLACE,
    PLACE,
)
from ackproof.reference.refinement.transactions.stage import TimedStage
from ackproof.reference.refinement.transactions.wire_map import delayed, wire
from ackproof.reference.transactions.states.metadata import TransactionMetadata
from ackproof.reference.transactions.states.state import State as CoordinatorState

NAMES = {OUTPUT: "output", OFFSETS_TOPIC: "offsets"}
"""What partitions of a transaction are called in the model, by their topics."""


class TransactionMap:
    """
    Maps the states of one run.

    While nobody leads a partition, or its coordinator has not read it, what it is about is what it was; so is an
    ongoing transaction while the coordinator writes down what becomes of it. A coordinator that has taken over asks for
    all markers once more: those that were written are not missing.
    """

    def __init__(self, stage: TimedStage, client: Client) -> None:
        self.stage = stage
        self._client = client
        self._log, self._output, self._offsets = Log(0, 0), Output(), Offsets()
        self._known: dict[int, Transaction] = {}
        self._producer_ids: dict[int, int] = {}
        self._markers: dict[int, dict[str, int]] = {}
        self._members = Members(stage)

    def state(self) -> dict[str, Hashable]:
        """The components of the model."""
        self._look()
        return {
            "instances": self.instances(),
            "coordinator": tuple(self._known[index] for index in self._indexes()),
            "output": self._output,
            "offsets": self._offsets,
            "log": self._log,
            "delayed": delayed(self.stage.network, self.writers()),
            "wire": wire(self.stage),
        }

    def _look(self) -> None:
        stage = self.stage
        for index in self._indexes():
            metadata = stage.metadata(stage.instances[index].name)
            if metadata is not None and not (index in self._known and is_deciding(metadata)):
                self._producer_ids[index] = metadata.current.producer_id
                self._known[index] = self.transaction(metadata, index)
        if stage.led(OUTPUT) is not None:
            self._output = self.output()
        if stage.led(OFFSETS_TOPIC) is not None and stage.shard() is not None:
            self._offsets = self.offsets()
        if not stage.setting.has_group or stage.led(INPUT) is not None:
            self._log = self.log()

    def log(self) -> Log:
        """The log that transactions are made from, or the records that the application has."""
        if not self.stage.setting.has_group:
            return Log(0, self.stage.setting.records)
        log = self.stage.log(INPUT)
        return Log(log.log_start_offset, log.high_watermark)

    def _indexes(self) -> range:
        return range(len(self.stage.instances))

    # Clients.

    def instances(self) -> Instances:
        """The applications and their clients."""
        return tuple(self.instance(index) for index in self._indexes())

    def instance(self, index: int) -> Instance:
        """One of them."""
        app = self.stage.instances[index]
        last = Instance(serial=app.serial, first=app.first, next=app.next, upto=app.upto, acknowledged=app.acknowledged)
        position: int | None = app.position
        if isinstance(app, StagedPipe):
            place = self._members.place(app, index)
            position, last = place.position, attrs.evolve(last, status=place.status, generation=app.generation)
        producer = app.producer
        if producer is None or (app.is_initialising and not app.is_in_transaction):
            return attrs.evolve(last, phase="initialising", position=position)
        sequence, has_gap = sequence_of(producer)
        has_gap = has_gap and not self._client.rules.bumps_epoch_at_every_end
        last = attrs.evolve(last, epoch=producer.identity.epoch, sequence=sequence, has_gap=has_gap)
        if app.is_in_transaction:
            return self.in_transaction(app, producer, last)
        if app.has_stopped:
            return attrs.evolve(last, phase="finished", position=None)
        return attrs.evolve(last, phase="idle", position=position)

    def in_transaction(self, app: StagedProducer, producer: Producer[bytes, bytes], last: Instance) -> Instance:
        """One that is in a transaction, as far as its application knows."""
        match producer.state:
            case "abortable error" | "aborting transaction":
                return aborting(self._client, last, needs_bump=producer.needs_bump)
            case "fatal error":
                return broken(self._client, attrs.evolve(last, phase="aborting"))
            case "initializing":
                return attrs.evolve(given_up(self._client, last), phase="bumping")
            case _:
                sent = app.has_sent_offsets
                last = attrs.evolve(last, has_sent_offsets=sent, is_closed=sent)
                if app.next == app.upto and (sent or not self._client.has_offsets):
                    return attrs.evolve(last, phase="committing")
                return attrs.evolve(last, phase="in-transaction", added=self.added(app, producer))

    def added(self, app: StagedProducer, producer: Producer[bytes, bytes]) -> frozenset[str]:
        """What an instance knows to be in its transaction, where that has to be asked for."""
        if self._client.rules.adds_partitions_implicitly:
            return NOTHING
        has_offsets = any(
            parcel.asked is not None
            and (parcel.asked.kind, parcel.asked.serial) == ("add-offsets", app.serial)
            and (parcel.is_heard and parcel.response is not None and error_in(parcel.response) == "NONE")
            for parcel in self.stage.network.parcels
            if parcel.sender is app.process
        )
        output = {"output"} if OUTPUT_PLACE in producer.transaction_partitions else set[str]()
        return frozenset(output | ({"offsets"} if has_offsets else set[str]()))

    # Brokers.

    def transaction(self, metadata: TransactionMetadata, index: int) -> Transaction:
        """What the coordinator keeps of one instance."""
        current = metadata.current
        found = Transaction(
            cast("State", state_name(metadata.state)),
            current.producer_epoch,
            # In the second protocol nobody asks with the epoch before, and it is kept all the same.
            NO_EPOCH if self._client.rules.bumps_epoch_at_every_end else current.last_producer_epoch,
            frozenset(NAMES[partition.topic] for partition in current.partitions),
        )
        if not self.stage.is_replicated:
            return found
        before, now = self._markers.get(index, {}), self._count_markers(index)
        if not found.is_preparing:
            self._markers[index] = now
            return found
        written = {name for topic, name in NAMES.items() if now[topic] > before.get(topic, 0)}
        return completed(attrs.evolve(found, partitions=found.partitions - written))

    def _count_markers(self, index: int) -> dict[str, int]:
        counts = dict(self._markers.get(index, {}))
        for topic in NAMES:
            led = self.stage.led(topic)
            if led is not None:
                counts[topic] = markers_in(led.log, self._producer_ids[index])
        return {topic: counts.get(topic, 0) for topic in NAMES}

    def output(self) -> Output:
        """The output, as its leader has it, and as it gives it to readers."""
        log = self.stage.log(OUTPUT)
        writers = self.writers()
        entries = (
            Entry(each.record, writers[each.producer_id], serial_of(each.transaction), each.fate)
            for each in outputs_as_given(log)
        )
        return Output(tuple(entries), tuple(map(self.writer, self._indexes())))

    def writer(self, index: int) -> Writer:
        """What the leader of the output knows of an instance."""
        entry = self._entry(OUTPUT, index)
        if entry is None or entry.producer_epoch < 0:
            return Writer()
        return Writer(
            entry.producer_epoch,
            tuple(batch.base_sequence for batch in entry.batches),
            asked_about_older=has_asked(self.stage.log(OUTPUT), entry),
            asked_elsewhere=any(has_asked(log, entry) for log in self.stage.followers(OUTPUT)),
        )

    def offsets(self) -> Offsets:
        """The offsets partition, as its leader has it; or what the group says, where that is something else."""
        entries = (self._entry(OFFSETS_TOPIC, index) for index in self._indexes())
        epochs = tuple(0 if each is None else max(each.producer_epoch, 0) for each in entries)
        written, shard = Offsets(self.commits(), epochs), self.stage.shard()
        is_unstable = shard is not None and shard.offsets.has_pending(GROUP, PLACE)
        if (written.committed, written.is_unstable) == (self.stage.committed, is_unstable):
            return written
        return Offsets((Commit(self.stage.committed, is_pending=is_unstable),), epochs)

    def commits(self) -> tuple[Commit, ...]:
        """The commits in the log that are not aborted: of one transaction the last one."""
        writers = self.writers()
        commits: list[tuple[int | None, Commit]] = []
        for each in commits_in(self.stage.log(OFFSETS_TOPIC)):
            writer = writers[each.producer_id]
            commits = [one for one in commits if (one[0], one[1].writer) != (each.ended_at, writer)]
            if each.fate != "aborted":
                commits.append((each.ended_at, Commit(each.committed, 0, writer, 0, is_pending=each.fate == "open")))
        return tuple(commit for _, commit in commits)

    def _entry(self, topic: str, index: int) -> ProducerEntry | None:
        return self.stage.log(topic).producers.entries.get(self._producer_ids[index])

    def writers(self) -> dict[int, int]:
        """The instance that has each producer id."""
        return {producer_id: index for index, producer_id in self._producer_ids.items()}


def has_asked(log: PartitionLog, known: ProducerEntry) -> bool:
    """Whether a replica has asked about a batch of a producer that is older than the last one which is known."""
    waiting = log.producers.verifications.of(known.producer_id)
    is_present = waiting is not None and waiting.producer_epoch == known.producer_epoch
    return is_present and waiting is not None and waiting.lowest_sequence <= known.last_sequence


def is_deciding(metadata: TransactionMetadata) -> bool:
    """Whether what becomes of an ongoing transaction is being written down: its epoch may be the next one already."""
    return metadata.state is CoordinatorState.ONGOING and metadata.pending is not None


def sequence_of(producer: Producer[bytes, bytes]) -> tuple[int, bool]:
    """The sequence of the next batch, or of the one that is on its way; and whether the one before is not known."""
    for place, numbers in producer.numbers():
        if place == OUTPUT_PLACE:
            first = numbers.in_flight.first()
            sequence = numbers.next_sequence if first is None else first.base_sequence
            return sequence, not numbers.is_next(sequence)
    return 0, False


def serial_of(transaction: str | None) -> int:
    """Which transaction of its application it is, from 1."""
    return int((transaction or "").rpartition("-t")[2])
