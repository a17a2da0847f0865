"""What a producer sends, and in which transaction."""

import itertools
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import attrs

from ackproof.histories.operation import Outcome
from ackproof.histories.recording.identity import Identify, marked
from ackproof.histories.recording.journal import Journal, Settings
from ackproof.histories.recording.outcomes import outcome
from ackproof.histories.recording.recorder import Recorder, Step, commit_step, part


@attrs.define(eq=False)
class Sent:
    """
    A record on its way.

    Attributes:
        operation: The one that it belongs to.
        is_alone: It is that operation, and no part of a transaction.
        offset: Once it is known.
    """

    operation: int
    is_alone: bool
    at: str
    value: int | str
    offset: int | None = None

    @property
    def step(self) -> Step:
        """As the format has it."""
        known: Step = {} if self.offset is None else {"off": self.offset}
        return {"s": self.at, "id": self.value, **known}


@attrs.define(eq=False)
class Transaction:
    """
    A transaction that has begun.

    Attributes:
        commits: The offsets that it commits.
        is_asked_to_commit: Its commit was called, whatever came of that.
    """

    operation: int
    sent: list[Sent] = attrs.field(factory=list[Sent])
    commits: list[Step] = attrs.field(factory=list[Step])
    is_asked_to_commit: bool = False


@attrs.define(eq=False)
class Sending:
    """
    What a producer does.

    Attributes:
        identify: What identifies a record; None if our header does.
        transaction: The one that is open.
    """

    recorder: Recorder
    identify: Identify | None
    transaction: Transaction | None = None
    _count: Iterator[int] = attrs.field(factory=itertools.count, init=False)

    @classmethod
    def begun(
        cls, journal: Journal, who: str, settings: Settings, identify: Identify | None, txn_version: int | None
    ) -> "Sending":
        """What the next incarnation of a producer does, which has these *settings*, where that version is known."""
        version = {} if txn_version is None else {"txn_version": txn_version}
        return cls(Recorder(journal, who, journal.started(who, {**settings, **version})), identify)

    def send(
        self, topic: str, partition: int | None, key: object, value: object, headers: object
    ) -> tuple[Sent, object]:
        """A record is about to be sent; it, and the headers to send it with."""
        identity: int | str
        if self.identify is not None:
            identity = self.identify(key, value, headers)
        else:
            identity = f"{self.recorder.who}.{self.recorder.incarnation}.{next(self._count)}"
            headers = marked(headers, identity)
        return self._begun(part(topic, partition), identity), headers

    def _begun(self, at: str, identity: int | str) -> Sent:
        """A record that is sent, alone or in a transaction."""
        transaction = self.transaction
        if transaction is None:
            operation = self.recorder.invoked("send", [{"s": at, "id": identity}])
            return Sent(operation, True, at, identity)
        sent = Sent(transaction.operation, False, at, identity)
        transaction.sent.append(sent)
        self.recorder.added(sent.operation, sent.step)
        return sent

    @contextmanager
    def handing_over(self, sent: Sent) -> Generator[None]:
        """The client is given a record, which it may refuse."""
        try:
            yield
        except BaseException as error:
            self.refused(sent, error)
            raise

    def refused(self, sent: Sent, error: object) -> None:
        """The client did not take a record."""
        if sent.is_alone:
            self.recorder.returned(sent.operation, "fail", [sent.step], error=error)
        elif self.transaction is not None and sent in self.transaction.sent:
            self.transaction.sent.remove(sent)

    def delivered(self, sent: Sent, topic: str, partition: int | None, offset: int | None) -> None:
        """
        A record was acknowledged.

        Args:
            sent: The record.
            topic: Where it is.
            partition: Where it is.
            offset: None or below 0 if nobody said.
        """
        sent.at = part(topic, partition)
        sent.offset = offset if offset is not None and offset >= 0 else None
        if sent.is_alone:
            self.recorder.returned(sent.operation, "ok", [sent.step])

    def given_up(self, sent: Sent, error: object) -> None:
        """A record was given up, and may be stored all the same."""
        if sent.is_alone:
            self.recorder.returned(sent.operation, outcome(error), [sent.step], error=error)

    def begin_transaction(self) -> None:
        """A transaction begins; of one that is still open nobody knows what becomes of it."""
        self.leave_transaction()
        self.transaction = Transaction(self.recorder.invoked("txn", []))

    def offsets_added(self, group: str | None, following: Mapping[str, int]) -> None:
        """Offsets of a *group* became part of the transaction."""
        if self.transaction is not None and group is not None:
            self.transaction.commits.append(commit_step(group, following))

    @contextmanager
    def committing(self) -> Generator[None]:
        """The client commits the transaction."""
        self.commit_asked()
        yield
        self.committed()

    @contextmanager
    def aborting(self) -> Generator[None]:
        """The client aborts the transaction."""
        try:
            yield
        except BaseException as error:
            self.abort_failed(error)
            raise
        self.aborted()

    def commit_asked(self) -> None:
        """The transaction is about to be committed: from now on only a successful abort says that it is not."""
        if self.transaction is not None:
            self.transaction.is_asked_to_commit = True

    def committed(self) -> None:
        """The transaction was committed."""
        self._end("ok", "commit")

    def aborted(self) -> None:
        """The transaction was aborted."""
        if self.transaction is not None:
            self._end("fail", "commit" if self.transaction.is_asked_to_commit else "abort")

    def abort_failed(self, error: object) -> None:
        """Its abort failed: it is not committed if that was never asked for, and else nobody knows."""
        if self.transaction is not None and not self.transaction.is_asked_to_commit:
            self._end("fail", "abort", error)

    def leave_transaction(self) -> None:
        """The producer goes on, or stops, without the transaction that is open."""
        if self.transaction is not None:
            is_asked = self.transaction.is_asked_to_commit
            self._end("info" if is_asked else "fail", "commit" if is_asked else "abort")

    def _end(self, result: Outcome, end: Literal["commit", "abort"], error: object = None) -> None:
        """Say how the transaction ended."""
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            steps = [*(sent.step for sent in transaction.sent), *transaction.commits]
            self.recorder.returned(transaction.operation, result, steps, error=error, end=end)
