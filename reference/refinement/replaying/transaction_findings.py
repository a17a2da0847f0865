"""What is wrong with what a replayed trace of transactions has come to."""

from collections.abc import Iterator
from itertools import pairwise

import attrs

from ackproof.model.naming import record_name
from ackproof.reference.refinement.directing.transactions.application import DirectedInstance
from ackproof.reference.refinement.directing.transactions.clients import position_of
from ackproof.reference.refinement.transactions.logs import (
    Ended,
    StoredCommit,
    StoredOutput,
)


@attrs.frozen
class Given:
    """A record that a reader of the output is given."""

    record: int
    offset: int


@attrs.frozen
class Outcome:
    """
    What there is at the end.

    Attributes:
        outputs, markers: The output, batch by batch.
        commits: Those in ``__consumer_offsets``.
        committed: What the group has committed.
        given: What a reader of the output is given, with the ``isolation.level`` in question.
        last_stable_offset, high_watermark: Of the output.
        states: What the coordinator has of each ``transactional.id``.
        instances: The applications.
        input_start, input_end: Where the log starts and ends that the group reads.
        restart: Where who starts anew reads on; None if nowhere.
    """

    steps: int
    outputs: tuple[StoredOutput, ...]
    markers: tuple[Ended, ...]
    commits: tuple[StoredCommit, ...]
    committed: int | None
    given: tuple[Given, ...]
    last_stable_offset: int
    high_watermark: int
    states: tuple[tuple[str, str], ...]
    instances: tuple[DirectedInstance, ...]
    has_group: bool
    input_start: int
    input_end: int
    restart: int | None
    isolation: str

    def rows(self) -> list[tuple[str, ...]]:
        """
        The output, batch by batch.

        Of each the offset, what it holds, the transaction, producer id, epoch, sequence, and what has become of it.
        """
        rows: list[tuple[int, str, str, int, int, int | str, str]] = [
            (
                each.offset,
                record_name(each.record),
                each.transaction or "-",
                each.producer_id,
                each.producer_epoch,
                each.sequence,
                each.fate if each.ended_at is None else f"{each.fate} at {each.ended_at}",
            )
            for each in self.outputs
        ]
        rows += [
            (each.offset, each.marker.kind, "-", each.marker.producer_id, each.marker.producer_epoch, "-", "marker")
            for each in self.markers
        ]
        return [tuple(map(str, row)) for row in sorted(rows)]

    def findings(self, claim: str) -> tuple[str, ...]:
        """How this breaks a basic *claim*, in sentences; none if it does not."""
        match claim:
            case "no-loss":
                return tuple(self._lost())
            case "no-duplicates":
                return tuple(self._repeated())
            case "in-order":
                return tuple(self._out_of_order())
            case "no-aborted-reads":
                return tuple(self._aborted_reads())
            case "atomic":
                return tuple(self._torn())
            case "drains" | "completes":
                return tuple(self._stuck())
            case _:
                raise ValueError(f"transactions decide nothing about {claim}")

    def _lost(self) -> Iterator[str]:
        kept = {each.record for each in self.outputs if each.fate != "aborted"}
        for record in range(self.input_end if self.has_group else 0):
            if record not in kept:
                yield from self._passed(record)
        for instance in self.instances:
            for record in sorted(instance.acknowledged - kept if not self.has_group else ()):
                yield f"the application saw {record_name(record)} committed, and it is not in the output"

    def _passed(self, record: int) -> Iterator[str]:
        """That nobody will take a record of which there is no output."""
        name, position = f"{record_name(record)} (offset {record})", max(self._positions(), default=0)
        if record < (self.committed or 0):
            yield (
                f"{name} is below the committed offset {self.committed}, and no output that is made of it is committed"
            )
        elif any(record in each.taken for each in self.instances):
            return
        elif record < self.input_start:
            yield f"{name} is deleted, and no output is made of it"
        elif record < position and (self.restart is None or record < self.restart):
            yield f"{name} is skipped: nothing is committed, the owner reads on from {position}"

    def _repeated(self) -> Iterator[str]:
        for record in sorted({each.record for each in self.given}):
            offsets = [str(each.offset) for each in self.given if each.record == record]
            if len(offsets) > 1:
                more = "twice" if len(offsets) == 2 else f"{len(offsets)} times"
                where = f"{', '.join(offsets[:-1])} and {offsets[-1]}"
                yield f"{record_name(record)} is given to the reader {more} (offsets {where})"

    def _out_of_order(self) -> Iterator[str]:
        for before, after in pairwise(dict.fromkeys(each.record for each in self.given)):
            if before > after:
                yield f"{record_name(before)} is given to the reader before {record_name(after)}"

    def _aborted_reads(self) -> Iterator[str]:
        seen = {each.offset for each in self.given}
        ends = self._ends()
        for each in self.outputs:
            if each.offset not in seen:
                continue
            name = f"{record_name(each.record)} (offset {each.offset})"
            if each.fate == "aborted":
                yield f"{name} is given to the reader, and the marker at offset {each.ended_at} aborts it"
            elif each.fate == "open" and self.isolation == "read_committed":
                yield f"{name} is given to a {self.isolation} reader, and its transaction is open"
            elif each.fate == "committed" and ends.get(each.transaction or "") == "abort":
                yield f"{name} is given to the reader, and its application has aborted {each.transaction}"
            elif each.fate == "committed" and (later := self._committed_with(each)):
                why = "commit was refused" if each.transaction in ends else "process has died"
                yield f"{name} of {each.transaction}, whose {why}, is given to the reader with {later[0]}"

    def _committed_with(self, output: StoredOutput) -> list[str]:
        """The transactions that commit something of another one: its commit was refused, or its process is gone."""
        ends, name = self._ends(), output.transaction or ""
        is_running = any(each.transaction == name and each.handed for each in self.instances)
        is_over = ends[name] == "refused" if name in ends else not is_running
        others = self._ended_with(name, output.ended_at) if is_over else []
        return [each for each in others if ends.get(each) == "commit"]

    def _torn(self) -> Iterator[str]:
        ends = self._ends()
        for transaction in dict.fromkeys(each.transaction or "" for each in self.outputs):
            mine = [each for each in self.outputs if each.transaction == transaction]
            committed = [each for each in mine if each.fate == "committed"]
            told = ", ".join(f"{record_name(each.record)} (offset {each.offset})" for each in committed)
            where = f"the marker at offset {committed[0].ended_at}" if committed else ""
            if committed and transaction not in ends:
                noted = f", and the group is at offset {self.committed}" if self.has_group else ""
                yield (
                    f"{told} of {transaction} is committed by {where}, while its application "
                    f"has not asked for its end{noted}"
                )
            elif committed and ends[transaction] == "abort":
                yield f"{told} of {transaction} is committed by {where}, while its application has aborted it"
            elif committed and len(committed) < len(mine):
                others = [f"{record_name(each.record)} is {each.fate}" for each in mine if each not in committed]
                yield f"{told} of {transaction} is committed by {where}, and {', '.join(others)}"
            elif committed and (shared := self._ended_with(transaction, committed[0].ended_at)):
                yield f"{told} of {transaction} is committed by {where}, as is what belongs to {shared[0]}"
            elif self.has_group:
                yield from self._apart(transaction, mine, told, where)
        yield from self._alone()

    def _ended_with(self, transaction: str, ended_at: int | None) -> list[str]:
        """The other transactions of which a marker has committed something as well."""
        others = (each for each in self.outputs if each.ended_at == ended_at and each.transaction != transaction)
        return [each.transaction or "" for each in others]

    def _apart(self, transaction: str, mine: list[StoredOutput], told: str, where: str) -> Iterator[str]:
        """Where the output and the offsets of a transaction have not come to the same."""
        wanted = max(each.record for each in mine) + 1
        producers = {each.producer_id for each in mine}
        noted = [each for each in self.commits if each.committed == wanted and each.producer_id in producers]
        has_committed = any(each.fate == "committed" for each in noted)
        if told and not has_committed:
            yield f"{told} of {transaction} is committed by {where}, and its offset {wanted} is not"
        elif has_committed and all(each.fate == "aborted" for each in mine):
            again = any(each.fate == "committed" and each.record == wanted - 1 for each in self.outputs)
            if not again:
                yield f"offset {wanted} of {transaction} is committed, and its output is aborted"

    def _alone(self) -> Iterator[str]:
        """Offsets of transactions of which nothing has ever come to the output."""
        made = {each.record for each in self.outputs}
        for each in self.commits:
            last = (each.committed or 0) - 1
            if each.fate == "committed" and last >= 0 and last not in made:
                yield f"offset {each.committed} is committed, and no output is made of {record_name(last)}"

    def _stuck(self) -> Iterator[str]:
        if self.last_stable_offset < self.high_watermark:
            (first, *_) = [each for each in self.outputs if each.fate == "open"]
            state = ", ".join(state for _, state in self.states)
            yield (
                f"the last stable offset stays at {self.last_stable_offset} and the log ends at {self.high_watermark}: "
                f"{record_name(first.record)} (offset {first.offset}) is open, and the coordinator has {state}"
            )
        for name, state in self.states:
            if state.startswith("Prepare"):
                yield f"the coordinator has {name} in {state}, and so it stays"
        if self.has_group and self._has_read_all() and (self.committed or 0) < self.input_end:
            yield f"all is read, the group has committed {self.committed}, and the input ends at {self.input_end}"
        for each in self.commits:
            if each.fate == "open":
                yield f"offset {each.committed} stays pending in __consumer_offsets"
        for instance in self.instances:
            waits = [name for name, outcome in instance.calls.items() if not outcome.is_done]
            if waits:
                yield f"{instance.name} waits for what it has asked for ({waits[-1]})"

    def _has_read_all(self) -> bool:
        """Whether there is nothing more to process."""
        return self._positions() == {self.input_end}

    def _positions(self) -> set[int]:
        """The offsets of the records that owners take next."""
        running = (position_of(each) for each in self.instances if each.is_up)
        return {position for position in running if position is not None}

    def _ends(self) -> dict[str, str]:
        return {name: end for instance in self.instances for name, end in instance.ends.items()}
