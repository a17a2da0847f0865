"""The refinement map of transactions: what a state of the stage is in the fine-grained model."""

from collections.abc import Hashable
from typing import cast

import attrs

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import NO_EPOCH, Coordinator, State, Transaction
from ackproof.model.transactions.hearing import aborting, broken, given_up
from ackproof.model.transactions.instance import NOTHING, Instance, Instances
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import Entry, Output, Writer
from ackproof.reference.log.producers.producer_entry import ProducerEntry
from ackproof.reference.producer.producer import Producer
from ackproof.reference.refinement.transactions.application import StagedProducer
from ackproof.reference.refinement.transactions.cluster import state_name
from ackproof.reference.refinement.transactions.logs import commits_in, outputs_as_given
from ackproof.reference.refinement.transactions.piping import StagedPipe
from ackproof.reference.refinement.transactions.requests import error_in
from ackproof.reference.refinement.transactions.setting import (
    GROUP,
    INPUT,
    OFFSETS_TOPIC,
    OUTPUT,
    OUTPUT_PLACE,
    PLACE,
    instance_name,
)
from ackproof.reference.refinement.transactions.stage import TimedStage
from ackproof.reference.refinement.transactions.wire_map import delayed, wire


class TransactionMap:
    """Maps the states of one run."""

    def __init__(self, stage: TimedStage, client: Client) -> None:
        self.stage = stage
        self._client = client

    def state(self) -> dict[str, Hashable]:
        """The components of the model."""
        return {
            "instances": self.instances(),
            "coordinator": self.coordinator(),
            "output": self.output(),
            "offsets": self.offsets(),
            "log": self.log(),
            "delayed": delayed(self.stage.network, self.writers()),
            "wire": wire(self.stage),
        }

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
            position = app.place if app.look() else None
            last = attrs.evolve(last, status="owner" if app.look() else "out", generation=app.generation)
        producer = app.producer
        if producer is None or (app.is_initialising and not app.is_in_transaction):
            return attrs.evolve(last, phase="initialising", position=position)
        last = attrs.evolve(last, epoch=producer.identity.epoch, sequence=sequence_of(producer))
        if app.is_in_transaction:
            return self.in_transaction(app, producer, last)
        if app.has_stopped:
            return attrs.evolve(last, phase="finished", position=None)
        return attrs.evolve(last, phase="idle", position=position)

    def in_transaction(self, app: StagedProducer, producer: Producer[bytes, bytes], last: Instance) -> Instance:
        """One that is in a transaction, as far as its application knows."""
        match producer.state:
            case "abortable error" | "aborting transaction":
                return aborting(last, needs_bump=producer.needs_bump)
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

    def coordinator(self) -> Coordinator:
        """What the coordinator keeps."""
        return tuple(self.transaction(index) for index in self._indexes())

    def transaction(self, index: int) -> Transaction:
        """What it keeps of one instance."""
        metadata = self.stage.metadata(instance_name(index))
        assert metadata is not None
        current = metadata.current
        names = {OUTPUT: "output", OFFSETS_TOPIC: "offsets"}
        return Transaction(
            cast("State", state_name(metadata.state)),
            current.producer_epoch,
            # In the second protocol nobody asks with the epoch before, and it is kept all the same.
            NO_EPOCH if self._client.rules.bumps_epoch_at_every_end else current.last_producer_epoch,
            frozenset(names[partition.topic] for partition in current.partitions),
        )

    def output(self) -> Output:
        """The output, as its leader has it, and as it gives it to readers."""
        log = self.stage.log(OUTPUT)
        writers = self.writers()
        entries = (
            Entry(each.record, writers[each.producer_id], serial_of(each.transaction), each.fate)
            for each in outputs_as_given(log)
        )
        known = (self._entry(OUTPUT, index) for index in self._indexes())
        return Output(tuple(entries), tuple(map(writer_of, known)))

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
        metadata = self.stage.metadata(instance_name(index))
        assert metadata is not None
        return self.stage.log(topic).producers.entries.get(metadata.current.producer_id)

    def writers(self) -> dict[int, int]:
        """The instance that has each producer id."""
        numbers = {instance_name(index): index for index in self._indexes()}
        return {producer_id: numbers[name] for producer_id, name in self.stage.transactional_ids().items()}


def sequence_of(producer: Producer[bytes, bytes]) -> int:
    """The sequence of the next batch: of the one that is on its way, if there is one."""
    for place, numbers in producer.numbers():
        if place == OUTPUT_PLACE:
            first = numbers.in_flight.first()
            return numbers.next_sequence if first is None else first.base_sequence
    return 0


def serial_of(transaction: str | None) -> int:
    """Which transaction of its application it is, from 1."""
    return int((transaction or "").rpartition("-t")[2])


def writer_of(entry: ProducerEntry | None) -> Writer:
    """What a leader knows of a producer."""
    if entry is None or entry.producer_epoch < 0:
        return Writer()
    return Writer(entry.producer_epoch, tuple(batch.base_sequence for batch in entry.batches))
