"""What must hold of transactions, and what they must come to."""

import attrs

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import Coordinator, Transaction
from ackproof.model.transactions.instance import Instances
from ackproof.model.transactions.log import Log, starting_offset
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import NOBODY, Entry, Output
from ackproof.model.transactions.reader import read
from ackproof.properties.liveness import eventually
from ackproof.properties.property import always, sometimes


def readable(output: Output, client: Client) -> tuple[int, ...]:
    """The records that a reader of the output is given at last."""
    return tuple(entry.record for entry in read(client, output))


def written(output: Output) -> frozenset[int]:
    """The records in the output that are not aborted."""
    return frozenset(entry.record for entry in output.records if entry.fate != "aborted")


def has_open(output: Output) -> bool:
    """Whether a transaction is open in the output, so that the last stable offset is not at its end."""
    return any(entry.is_open for entry in output.records)


@always(source="KIP-98: isolation.level; KIP-890")
def nothing_of_an_aborted_transaction_is_read(client: Client, instances: Instances, output: Output) -> bool:
    """No record of an aborted transaction can be read."""
    return not any(
        entry.fate == "aborted" or is_read_although_aborted(entry, instances) for entry in read(client, output)
    )


def is_read_although_aborted(entry: Entry, instances: Instances) -> bool:
    """
    Whether *entry* is committed, and the application has aborted the transaction that it was sent in.

    A later transaction has committed it, or an earlier one while the application goes on to abort; but not if it was
    told that it has committed it.
    """
    if entry.fate != "committed" or entry.writer == NOBODY or entry.is_promised:
        return False
    writer = instances[entry.writer]
    is_aborting = writer.serial == entry.serial and writer.phase in {"aborting", "bumping"}
    return entry.ended_by > entry.serial or (is_aborting and entry.ended_by < entry.serial)


Running = tuple[tuple[int, range], ...]
"""For each instance, the serial of its last transaction, and what still belongs to it."""


def running(instances: Instances) -> Running:
    """What the transactions that are not ended by their applications are about."""
    return tuple(
        (instance.serial, range(instance.first, instance.upto) if instance.phase == "in-transaction" else range(0))
        for instance in instances
    )


@always(source="KIP-98; KAFKA-17754", sees={"instances": running})
def transactions_are_atomic(
    client: Client, instances: Running, coordinator: Coordinator, output: Output, offsets: Offsets
) -> bool:
    """All outputs and the offsets of one transaction are committed by the same end of transaction, or none of them."""
    entries = [decided_entry(coordinator, entry) for entry in output.records]
    commits = [decided_commit(coordinator, commit) for commit in offsets.commits]
    for writer, serial in begun_to_commit(entries, commits):
        mine = [entry for entry in entries if (entry.writer, entry.serial) == (writer, serial)]
        saved = [commit for commit in commits if (commit.writer, commit.serial) == (writer, serial)]
        settled = {entry.record for entry in entries if entry.writer == NOBODY}
        last, wanted = instances[writer]
        if last == serial and not {entry.record for entry in mine}.issuperset(wanted):
            return False
        if not are_together(client, serial, mine, saved, settled):
            return False
    return True


def decided_entry(coordinator: Coordinator, entry: Entry) -> Entry:
    """*entry* with the commit that is decided and whose marker is on its way."""
    if not entry.is_open or not is_due(coordinator[entry.writer], "output"):
        return entry
    return attrs.evolve(entry, fate="committed", ended_by=coordinator[entry.writer].ended_by)


def decided_commit(coordinator: Coordinator, commit: Commit) -> Commit:
    """*commit* with the commit that is decided and whose marker is on its way."""
    if not commit.is_pending or not is_due(coordinator[commit.writer], "offsets"):
        return commit
    return attrs.evolve(commit, is_pending=False, ended_by=coordinator[commit.writer].ended_by)


def is_due(transaction: Transaction, partition: str) -> bool:
    """Whether a commit marker is on its way to *partition*."""
    return transaction.state == "PrepareCommit" and partition in transaction.partitions


def begun_to_commit(entries: list[Entry], commits: list[Commit]) -> set[tuple[int, int]]:
    """The transactions of which something is committed, by writer and serial, as far as they are remembered."""
    outputs = {(entry.writer, entry.serial) for entry in entries if entry.fate == "committed"}
    offsets = {(commit.writer, commit.serial) for commit in commits if not commit.is_pending}
    return {part for part in outputs | offsets if part[0] != NOBODY}


def are_together(client: Client, serial: int, entries: list[Entry], commits: list[Commit], settled: set[int]) -> bool:
    """
    Whether one end commits all of a transaction: what it wrote, its offsets, and the outputs of all that they cover.

    Not the end of a later one: this one was aborted then. A copy of something that arrives later does not matter.
    """
    records = {entry.record for entry in entries}
    ends = {entry.ended_by for entry in entries} | {commit.ended_by for commit in commits}
    for end in (end for end in ends if end <= serial):
        written = {entry.record for entry in entries if entry.fate == "committed" and entry.ended_by == end}
        noted = [commit for commit in commits if not commit.is_pending and commit.ended_by == end]
        covered = {record for commit in noted for record in range(commit.start, commit.offset or 0)}
        if written == records and covered <= written | settled and (noted or not client.has_offsets):
            return True
    return False


Reach = tuple[tuple[int, ...], frozenset[int], frozenset[int]]


def reach(instances: Instances) -> Reach:
    """How far owners are, which records somebody is about to send, and whose transaction was seen to commit."""
    passed: list[int] = []
    in_hand: set[int] = set()
    acknowledged: set[int] = set()
    for instance in instances:
        is_sending = instance.phase in {"in-transaction", "committing"}
        if instance.status == "owner" and instance.position is not None:
            passed.append(instance.position)
        if instance.status == "owner" and is_sending:
            passed.append(instance.upto)
        if is_sending:
            in_hand.update(range(instance.next, instance.upto))
        acknowledged |= instance.acknowledged
    return tuple(passed), frozenset(in_hand), frozenset(acknowledged)


def committed_offset(offsets: Offsets) -> int | None:
    """The committed offset."""
    return offsets.committed


@always(
    source="KIP-98, KIP-129; KafkaProducer.commitTransaction",
    sees={"instances": reach, "output": written, "offsets": committed_offset},
)
def every_record_is_written_or_can_still_be(
    client: Client, log: Log, instances: Reach, output: frozenset[int], offsets: int | None
) -> bool:
    """Every record that the group is past, or whose transaction was seen to commit, is in the output."""
    passed, in_hand, acknowledged = instances
    if not client.has_offsets:
        return acknowledged <= output
    restart = starting_offset(client.application, offsets, log)
    is_left = restart is None
    lost = {
        record
        for record in range(log.end)
        if record < log.start or (any(record < end for end in passed) and (is_left or record < (restart or 0)))
    }
    return lost <= output | in_hand


@always(source="KIP-98, KIP-447", sees={"output": readable})
def no_record_is_read_twice(client: Client, output: tuple[int, ...]) -> bool:
    """Each record can be read at most once."""
    return len(output) == len(set(output))


@always(source="ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION_DOC", sees={"output": readable})
def records_are_read_in_order(client: Client, output: tuple[int, ...]) -> bool:
    """Records are read for the first time in the order of the log, or of sending."""
    firsts = list(dict.fromkeys(output))
    return firsts == sorted(firsts)


@always(source="KIP-890 part 1")
def no_transaction_hangs(coordinator: Coordinator, output: Output) -> bool:
    """Every transaction that is open in the output is known to the coordinator, which will end it there."""
    writers = {entry.writer for entry in output.records if entry.is_open}
    return all(coordinator[writer].is_open and "output" in coordinator[writer].partitions for writer in writers)


@always(source="KIP-98: Zombie fencing; KIP-890 part 2")
def old_epochs_are_fenced(coordinator: Coordinator, output: Output) -> bool:
    """What is open in the output was written in the present epoch of its producer, or waits for its marker."""
    writers = {entry.writer for entry in output.records if entry.is_open}
    return all(
        output.writers[writer].epoch == coordinator[writer].epoch or coordinator[writer].is_preparing
        for writer in writers
    )


def at_work(instances: Instances) -> bool:
    """Whether somebody who runs works on a transaction, or waits until it may begin one."""
    running = (instance for instance in instances if instance.status != "absent")
    return any(instance.phase not in {"idle", "finished"} for instance in running)


@eventually(source="KafkaProducer.commitTransaction, abortTransaction", sees={"instances": at_work})
def every_transaction_ends(instances: bool, coordinator: Coordinator) -> bool:
    """At last every transaction is committed or aborted, and its application knows."""
    return not instances and not any(transaction.is_open for transaction in coordinator)


@eventually(source="KIP-98: Last Stable Offset; ConsumerGroupCommand", sees={"output": has_open})
def what_was_written_can_be_read(client: Client, log: Log, output: bool, offsets: Offsets) -> bool:
    """
    At last the last stable offset is at the end of the output, and the group has committed all that there is.

    Where consumers wait for pending offsets, none is pending.
    """
    is_unstable = client.rules.requires_stable_offsets and offsets.is_unstable
    return not output and not is_unstable and not (client.has_offsets and is_behind(client, log, offsets))


def is_behind(client: Client, log: Log, offsets: Offsets) -> bool:
    """Whether the log holds records that who starts now still has to read, or can not."""
    return log.start < log.end and starting_offset(client.application, offsets.committed, log) != log.end


@sometimes(source="KafkaProducer.commitTransaction")
def a_record_can_be_read(output: Output) -> bool:
    """A record is committed."""
    return any(entry.fate == "committed" for entry in output.records)


@sometimes(source="KafkaProducer.commitTransaction")
def two_records_can_be_read(output: Output) -> bool:
    """Two different records are committed."""
    return len({entry.record for entry in output.records if entry.fate == "committed"}) > 1


@sometimes(source="KafkaProducer.send")
def a_transaction_is_open(output: Output) -> bool:
    """A transaction is open in the output."""
    return any(entry.is_open for entry in output.records)


@sometimes(source="KafkaProducer.sendOffsetsToTransaction")
def an_offset_is_pending(offsets: Offsets) -> bool:
    """A transaction has an offset pending."""
    return offsets.is_unstable


@sometimes(source="KafkaProducer.abortTransaction; TransactionCoordinator.abortTimedOutTransactions")
def a_transaction_is_aborted(coordinator: Coordinator) -> bool:
    """A transaction is aborted."""
    return any(transaction.state in {"PrepareAbort", "CompleteAbort"} for transaction in coordinator)
