"""The director of transactions: who lets their requests in and the answers out."""

from collections.abc import Callable, Mapping, Sequence

import attrs
from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest

from ackproof.model.transactions.request import MARKING, Request
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError, pass_until
from ackproof.reference.refinement.directing.transactions.application import DirectedInstance
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.directing.transactions.stage import TransactionStage
from ackproof.reference.refinement.transactions.requests import error_in, markers_of, request_of
from ackproof.reference.transactions.states.metadata import TransactionMetadata

SOON_MS, LONG_MS = 3_000, 200_000
"""How long to wait for what takes no time, and for what a session decides."""

SAME: frozenset[frozenset[str]] = frozenset(
    {
        frozenset({"ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"}),
        frozenset({"PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"}),
        frozenset({"TRANSACTION_ABORTABLE", "INVALID_TXN_STATE"}),
        # Who leads a partition tells older clients so (``ReplicaManager.handleProduceAppend``).
        frozenset({"CONCURRENT_TRANSACTIONS", "NOT_ENOUGH_REPLICAS"}),
    }
)
"""Errors that mean the same: which of them is said depends on who is asked, and in which version of its API."""


REFUSED = frozenset({"CONCURRENT_TRANSACTIONS", "INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED"})
"""What is answered to who is to wait, or to whom another epoch has put out."""


NOT_YET = frozenset(
    {
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_NOT_AVAILABLE",
        "NOT_COORDINATOR",
        "NOT_LEADER_OR_FOLLOWER",
        "UNKNOWN_TOPIC_OR_PARTITION",
    }
)
"""Errors of a broker that does not know its part yet."""


class TransactionDirector:
    """
    Lets things happen to transactions.

    Attributes:
        held: What the network holds back, as the model has it.
        coming: The present step and those after it.
        silent: A request that nothing comes back of, whose sender has not noticed.
        under_way: Requests that have been sent and whose answers were not heard, where these are steps of their own.
        unheard: Answers that change nothing, and whose they are, which are heard together with the next one.
        done: The steps to come that were taken before, by number.
        directions: How steps are taken, by the names of their actions.
        put_off: Requests that the network holds back, and that are not sent before they are for the second time.
        to_locate: Who is to learn where to start, and has to wait until nothing that it asks for is pending.
    """

    def __init__(
        self, stage: TransactionStage, directions: Mapping[str, Callable[["TransactionDirector", Move], None]]
    ) -> None:
        self.stage = stage
        self.directions = directions
        self.network = stage.network
        self.held: list[tuple[Request, Waiting]] = []
        self.coming: Sequence[Move] = ()
        self.silent: Waiting | None = None
        self.under_way: list[tuple[Request, Waiting]] = []
        self.unheard: list[tuple[int, Waiting]] = []
        self.done: set[int] = set()
        self.put_off: list[Move] = []
        self.to_locate: set[int] = set()

    def take(self, move: Move) -> None:
        """A step is taken, and those before that were put off until then."""
        asked = None if move.action == "begin" else move.request
        for each in [each for each in self.put_off if asked is not None and is_alike_kind(each, asked)]:
            self.put_off.remove(each)
            self.take(attrs.evolve(each, before=move.before, after=move.before))
        self.directions[move.action](self, move)

    def take_ahead(self, move: Move) -> None:
        """A step to come is taken before others that come first in the trace."""
        coming = self.coming
        place = next(place for place, each in enumerate(coming) if each.number == move.number)
        self.coming = coming[place:]
        self.done.add(move.number)
        self.take(move)
        self.coming = coming

    # Time.

    def calm(self) -> None:
        """What takes next to no time happens, such as trying again after a back-off."""
        self.stage.clock.run_until(self.stage.clock.now_ms + 30)

    def until(self, is_so: Callable[[], bool], what: str, limit_ms: int = SOON_MS) -> None:
        """
        Time passes until something is so.

        Raises:
            NotDirectedError: It does not come to that.
        """
        pass_until(self.stage.clock, self.stage.step, is_so, what, limit_ms)

    # Who and what.

    def instance(self, index: int) -> DirectedInstance:
        """The instance of one of the model."""
        return self.stage.instances[index]

    def metadata(self, index: int) -> TransactionMetadata:
        """What the coordinator keeps of an instance of the model."""
        found = self.stage.metadata(self.instance(index).name)
        assert found is not None
        return found

    def writers(self) -> dict[int, int]:
        """The instance of the model that has each producer id."""
        numbers = {instance.name: index for index, instance in enumerate(self.stage.instances)}
        return {producer_id: numbers[name] for producer_id, name in self.stage.transactional_ids().items()}

    # Requests.

    def at_the_door(self, request: Request) -> Waiting | None:
        """What the model takes for a *request* that no broker has seen, if it waits to be served."""
        waiting = (each for each in self.network.waiting if each.answer is None and each not in self.network.held)
        return next((each for each in waiting if self._is(each, request)), None)

    def _is(self, waiting: Waiting, request: Request) -> bool:
        body = waiting.request.body
        if isinstance(body, WriteTxnMarkersRequest):
            return any(is_alike(each, request) for each in markers_of(body, self.writers()))
        instance = self.instance(request.writer)
        if request.kind in MARKING or self.network.wire(waiting).client.process is not instance.process:
            return False
        asked = request_of(body, request.writer)
        return asked is not None and is_alike(asked, request)

    def wait_for(self, request: Request) -> Waiting:
        """A *request*, once it waits to be served."""
        self.until(lambda: self.at_the_door(request) is not None, f"a request of the kind {request.kind}")
        found = self.at_the_door(request)
        assert found is not None
        return found

    def offsets_of(self, instance: DirectedInstance) -> list[Waiting]:
        """What an instance asks its coordinators for to commit offsets, and waits to be served."""
        return self.asked_by(instance, AddOffsetsToTxnRequest, TxnOffsetCommitRequest)

    def asked_by(self, instance: DirectedInstance, *kinds: type) -> list[Waiting]:
        """What an instance asks for that is of these *kinds*, and waits to be served."""
        return [
            each
            for each in self.network.waiting
            if isinstance(each.request.body, kinds)
            and each.answer is None
            and each not in self.network.held
            and self.network.wire(each).client.process is instance.process
        ]

    def serve(self, waiting: Waiting, error: str | None = None) -> str:
        """
        A broker gets a request, and decides on it.

        Args:
            error: What it has to answer, by Kafka's name; None if that does not matter.

        Returns:
            What it answers.
        """
        waiting.admit()
        self.until(lambda: waiting.is_answered, "the answer")
        assert waiting.answer is not None
        response = waiting.answer.result()
        assert response is not None
        found = error_in(response)
        if error is not None and not is_same(found, error):
            raise NotDirectedError(f"the answer is {found}")
        return found

    def decide(self, request: Request, waiting: Waiting, error: str | None = None) -> Waiting:
        """A broker decides on a *request*; who is asked and does not know its part yet is asked once more."""
        while (found := self.serve(waiting)) in NOT_YET:
            self.hear(waiting)
            waiting = self.wait_for(request)
        if error is not None and not is_same(found, error):
            raise NotDirectedError(f"the answer is {found}")
        return waiting

    def hear(self, waiting: Waiting) -> None:
        """The answer to a request is heard."""
        self.network.release(waiting)
        self.calm()

    def markers(self, index: int) -> list[Waiting]:
        """The markers of an instance that wait to be written."""
        return [
            each
            for each in self.network.of(WriteTxnMarkersRequest)
            if each.answer is None
            and each not in self.network.held
            and isinstance(each.request.body, WriteTxnMarkersRequest)
            and any(marker.writer == index for marker in markers_of(each.request.body, self.writers()))
        ]


def is_alike_kind(move: Move, request: Request) -> bool:
    """Whether a step is about a request of the same instance and kind."""
    own = move.request
    return own is not None and (own.writer, own.kind) == (request.writer, request.kind)


def is_alike(asked: Request, request: Request) -> bool:
    """Whether two requests of one instance ask for the same, whatever their numbers are counted from."""
    same = asked.record == request.record and asked.offset == request.offset and asked.is_commit == request.is_commit
    return asked.kind == request.kind and asked.writer == request.writer and same


def is_same(one: str, other: str) -> bool:
    """Whether two errors mean the same."""
    return one == other or frozenset({one, other}) in SAME
