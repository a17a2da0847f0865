"""Commits: sent once and forgotten until their callbacks, or again and again until they are answered."""

from collections.abc import Callable
from random import Random
from typing import Protocol

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.offset_commit.v9.response import OffsetCommitResponse

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.consumer.commits.commit import Identity, Offsets, commit_request, errors_of
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.errors import (
    CoordinatorUnknownError,
    FencedInstanceIdError,
    RetriableCommitFailedError,
    is_retriable,
)
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.requests import Requests
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError

CommitCallback = Callable[[Offsets, Exception | None], None]
"""Told what became of an asynchronous commit, in a later poll, commit or close."""

COORDINATOR_IS_ELSEWHERE = frozenset(
    {ErrorCode.coordinator_not_available, ErrorCode.not_coordinator, ErrorCode.request_timed_out}
)


class Committer(Protocol):
    """As whom a commit is sent, and what refusals mean for membership."""

    def identity(self) -> Identity:
        """
        Who commits now.

        Raises:
            RebalanceInProgressError, CommitFailedError: It can not, as it is not in the group.
        """
        ...

    def refused(self, sent: Identity, code: ErrorCode) -> Exception:
        """What the application is told of a refusal; the member may be out of the group by it."""
        ...


@attrs.frozen
class Completion:
    """A callback that is to be called."""

    callback: CommitCallback
    offsets: Offsets
    error: Exception | None

    def invoke(self) -> None:
        """Tell it."""
        self.callback(self.offsets, self.error)


class Commits:
    """
    Sends commits to the coordinator.

    Attributes:
        under_way: The offsets of all commits that have not been answered, in the order of sending.
        unsent: Those of asynchronous ones that wait for a coordinator to be found.

    Source: ``ConsumerCoordinator``: ``commitOffsetsSync``, ``commitOffsetsAsync``, ``OffsetCommitResponseHandler``.
    """

    def __init__(
        self,
        clock: Clock,
        requests: Requests,
        lookup: CoordinatorLookup,
        subscription: Subscription,
        settings: ConsumerSettings,
        committer: Committer,
        rng: Random,
        *,
        keeps_unsent: bool = False,
    ) -> None:
        """
        Nothing has been sent.

        Args:
            clock: Of the process.
            requests: To send with.
            lookup: Where to send.
            subscription: Is told what is committed.
            settings: Of the consumer.
            committer: As whom to send.
            rng: For jitter.
            keeps_unsent: An asynchronous commit waits until a coordinator is found, however often that is tried.
        """
        self.under_way: list[Offsets] = []
        self.unsent: list[Offsets] = []
        self._clock = clock
        self._requests = requests
        self._lookup = lookup
        self._subscription = subscription
        self._settings = settings
        self._committer = committer
        self._keeps_unsent = keeps_unsent
        self._backoff = ExponentialBackoff(settings.retry_backoff_ms, settings.retry_backoff_max_ms, rng)
        self._completed: list[Completion] = []
        self._unanswered = 0
        self._fenced: FencedInstanceIdError | None = None

    @property
    def has_unanswered(self) -> bool:
        """Whether an asynchronous commit has not been answered."""
        return self._unanswered > 0

    @property
    def has_unsent(self) -> bool:
        """Whether an asynchronous commit has not been sent."""
        return bool(self.unsent)

    def invoke_completed(self) -> None:
        """
        Call the callbacks that are due.

        Raises:
            FencedInstanceIdError: An asynchronous commit was refused, as another process has taken the member's place.
        """
        if self._fenced is not None:
            raise self._fenced
        while self._completed:
            self._completed.pop(0).invoke()

    def send(self, offsets: Offsets) -> Future[None]:
        """Send one commit; it fails with what the application is to be told."""
        future = spawn(self._clock, self._commit(offsets))
        future.may_fail()
        return future

    def asynchronous(self, offsets: Offsets, callback: CommitCallback | None = None) -> Future[None] | None:
        """Send a commit, as soon as there is a coordinator; None while there is none."""
        self.invoke_completed()
        if not offsets or self._lookup.ensure_ready_now():
            return self._send(offsets, callback)
        self.unsent.append(offsets)
        self._await_coordinator(offsets, callback)
        return None

    async def synchronous(self, offsets: Offsets, until: Deadline) -> bool:
        """
        Commit *offsets*, again and again while it may be of use; whether it was done in time.

        Raises:
            CommitFailedError, RebalanceInProgressError, FencedInstanceIdError, KafkaError: It is of no use.
        """
        self.invoke_completed()
        if not offsets:
            return await self.settle(until)
        attempts = 0
        while True:
            if self._lookup.node is None and not await self._lookup.ensure_ready(until):
                return False
            future = self.send(offsets)
            is_answered = await until.settled(future)
            # Callbacks of asynchronous commits that came before come before.
            self.invoke_completed()
            if is_answered and future.error is None:
                return True
            if future.error is not None and not is_retriable(future.error):
                raise future.error
            await until.rest(self._backoff.backoff_ms(attempts))
            attempts += 1
            if until.has_passed:
                return False

    async def settle(self, until: Deadline) -> bool:
        """Wait until all asynchronous commits are answered; whether that is in time."""
        while self.has_unanswered or self.has_unsent:
            if until.has_passed:
                return False
            await self._lookup.ensure_ready(until)
            await self._requests.signal.wait(until)
        self.invoke_completed()
        return True

    def _await_coordinator(self, offsets: Offsets, callback: CommitCallback | None) -> None:
        finding = self._lookup.find()
        finding.then(lambda: self._found(finding, offsets, callback))

    def _found(self, finding: Future[None], offsets: Offsets, callback: CommitCallback | None) -> None:
        if finding.error is not None and self._keeps_unsent and is_retriable(finding.error):
            self._lookup.forget_attempt()
            again_ms = self._clock.now_ms + self._settings.retry_backoff_ms
            self._clock.call_at(again_ms, lambda: self._await_coordinator(offsets, callback))
            return
        self.unsent.remove(offsets)
        if finding.error is None:
            self._send(offsets, callback)
        else:
            self._complete(offsets, callback, RetriableCommitFailedError(str(finding.error)))

    def _send(self, offsets: Offsets, callback: CommitCallback | None) -> Future[None]:
        future = self.send(offsets)
        self._unanswered += 1
        future.then(lambda: self._answered(future, offsets, callback))
        return future

    def _answered(self, future: Future[None], offsets: Offsets, callback: CommitCallback | None) -> None:
        self._unanswered -= 1
        error = future.error
        if error is not None and is_retriable(error):
            error = RetriableCommitFailedError(str(error))
        if isinstance(error, FencedInstanceIdError):
            self._fenced = error
        self._complete(offsets, callback, error)

    def _complete(self, offsets: Offsets, callback: CommitCallback | None, error: Exception | None) -> None:
        if callback is not None:
            self._completed.append(Completion(callback, offsets, error))
        self._requests.signal.notify()

    async def _commit(self, offsets: Offsets) -> None:
        if not offsets:
            return
        node = self._lookup.node
        if node is None:
            raise CoordinatorUnknownError("no coordinator is known")
        identity = self._committer.identity()
        request = commit_request(self._settings.group_id or "", identity, offsets)
        self.under_way.append(offsets)
        try:
            answer = await self._requests.ask(node, request, OffsetCommitResponse)
        except DisconnectedError:
            self._lookup.mark_unknown(is_disconnected=True)
            raise
        except UnsupportedVersionError as error:
            raise KafkaError(ErrorCode.unsupported_version, str(error)) from error
        finally:
            self.under_way.remove(offsets)
        self._read(identity, answer, offsets)

    def _read(self, identity: Identity, answer: OffsetCommitResponse, offsets: Offsets) -> None:
        code = next(errors_of(answer), ErrorCode.none)
        if code == ErrorCode.none:
            for partition, offset in offsets.items():
                for state in self._subscription.states([partition]):
                    state.committed = offset.offset
        elif code in COORDINATOR_IS_ELSEWHERE:
            self._lookup.mark_unknown()
            raise KafkaError(code)
        elif code in (ErrorCode.coordinator_load_in_progress, ErrorCode.unknown_topic_or_partition):
            raise KafkaError(code)
        else:
            error = self._committer.refused(identity, code)
            if isinstance(error, FencedInstanceIdError) and error.is_fatal:
                self._fenced = error
            raise error
