"""A partition that is written, also in transactions, a group that reads it, and what the lag is, as a system."""

from collections.abc import Iterator

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.mechanisms.lag import Isolation, Lag, Log, Reader, Transaction, lag_of_the_tool
from ackproof.model.system import Next, System, action


@attrs.frozen
class LagRules:
    """
    Who reads and who measures.

    Attributes:
        lag: What is called the lag.
        has_transactions: Whether some producer writes in transactions.
        seeks: Whether the application seeks back to the committed offset.
    """

    isolation: Isolation = "read_uncommitted"
    lag: Lag = lag_of_the_tool
    has_transactions: bool = False
    seeks: bool = False


def lagging(rules: LagRules, *, offsets: int = 3, faults: int = 0) -> System:
    """One partition with so many offsets, its replication in one number, and one group."""
    return System(
        initial={"log": Log(), "reader": Reader(), FAULTS: Faults(faults)},
        actions=(append, begin, end, replicate, poll, commit, seek, truncate),
        rules={"rules": rules, "offsets": offsets},
    )


def grown(log: Log) -> Log:
    """*log* with one more entry."""
    return attrs.evolve(log, log_end_offset=log.log_end_offset + 1)


@action(fair=False)
def append(log: Log, offsets: int) -> Iterator[Next]:
    """A record is appended."""
    if log.log_end_offset < offsets:
        yield Next(f"a record is appended at offset {log.log_end_offset}", log=grown(log))


@action(fair=False)
def begin(rules: LagRules, log: Log, offsets: int) -> Iterator[Next]:
    """The first record of a transaction is appended."""
    if rules.has_transactions and log.log_end_offset < offsets and log.transaction is None:
        first = log.log_end_offset
        yield Next(
            f"a transaction begins at offset {first}", log=attrs.evolve(grown(log), transaction=Transaction(first))
        )


@action(fair=False)
def end(log: Log, offsets: int) -> Iterator[Next]:
    """Its marker is appended: it takes an offset too."""
    if log.transaction is not None and log.transaction.marker is None and log.log_end_offset < offsets:
        ended = attrs.evolve(log.transaction, marker=log.log_end_offset)
        yield Next(f"its marker is appended at offset {ended.marker}", log=attrs.evolve(grown(log), transaction=ended))


@action
def replicate(log: Log) -> Iterator[Next]:
    """All in-sync replicas have one more entry; an ended transaction is stable once its marker is replicated."""
    if log.high_watermark < log.log_end_offset:
        risen = attrs.evolve(log, high_watermark=log.high_watermark + 1)
        is_stable = risen.transaction is not None and risen.transaction.marker == log.high_watermark
        after = attrs.evolve(risen, transaction=None) if is_stable else risen
        yield Next(f"the high watermark is {after.high_watermark}", log=after)


@action
def poll(rules: LagRules, log: Log, reader: Reader) -> Iterator[Next]:
    """The next offset is handed out, or passed over where a marker stands."""
    if reader.position < log.readable(rules.isolation):
        after = attrs.evolve(reader, position=reader.position + 1)
        yield Next(f"the position is {after.position}", reader=after)


@action
def commit(reader: Reader) -> Iterator[Next]:
    """The group commits its position."""
    if reader.committed != reader.position:
        yield Next(f"offset {reader.position} is committed", reader=attrs.evolve(reader, committed=reader.position))


@action(fair=False)
def seek(rules: LagRules, reader: Reader) -> Iterator[Next]:
    """The application seeks to the beginning, say to read everything again."""
    if rules.seeks and reader.position > 0:
        yield Next("the application seeks to offset 0", reader=attrs.evolve(reader, position=0))


@action(fault="broker-crash")
def truncate(log: Log) -> Iterator[Next]:
    """The leader dies, and a replica that lacks its last entry is elected uncleanly: the log ends earlier."""
    if log.log_end_offset > 0:
        log_end = log.log_end_offset - 1
        cut = Log(log_end, min(log.high_watermark, log_end), surviving(log.transaction, log_end))
        yield Next(f"an unclean election: the log ends at offset {log_end}", log=cut)


def surviving(transaction: Transaction | None, log_end: int) -> Transaction | None:
    """What is left of a transaction in a log that ends at *log_end*."""
    if transaction is None or transaction.first >= log_end:
        return None
    is_cut = transaction.marker is not None and transaction.marker >= log_end
    return Transaction(transaction.first) if is_cut else transaction
