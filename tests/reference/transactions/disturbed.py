"""A coordinator whose log, partition leaders and time do what they like, and what has to hold all the same."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import attrs
from hypothesis import strategies as st
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import WriteTxnMarkersResponse

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.future import Future
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.surroundings import NO_LEADER
from tests.reference.transactions.desk import ELSEWHERE, OUT, Desk, ending, initialising
from tests.reference.transactions.surrounded import Leaders

KIND = {State.PREPARE_COMMIT: True, State.PREPARE_ABORT: False}
OUTCOME = {True: State.COMPLETE_COMMIT, False: State.COMPLETE_ABORT}


@attrs.define
class WatchedLeaders(Leaders):
    """Partition leaders that tell of each marker, before they answer, whether it is a commit."""

    watch: Callable[[bool], None] = lambda is_commit: None

    def send(self, broker: int, request: WriteTxnMarkersRequest) -> Future[WriteTxnMarkersResponse]:
        for marker in request.markers:
            self.watch(marker.transaction_result)
        return Leaders.send(self, broker, request)


class Disturbed(Desk):
    """
    A coordinator of one transactional id.

    Attributes:
        said: By the place of a decision in the log, what was said of it: to a client, or to who leads a partition.
        waiting: EndTxn that is not answered, with its decision.
    """

    def __init__(self, rules: TransactionRules) -> None:
        super().__init__(rules)
        self.said: dict[int, set[bool]] = {}
        self.waiting: list[tuple[Future[EndTxnResponse], bool]] = []
        self.leaders = WatchedLeaders(self.clock, watch=self.say)
        self.fail_over()
        self.init()

    def say(self, is_commit: bool) -> None:
        self.said.setdefault(self.last_decision(), set()).add(is_commit)

    def last_decision(self) -> int:
        return max(place for place, state in enumerate(self.log.states()) if state.state in KIND)

    def identity(self, offset: int) -> tuple[int, int]:
        """The producer id in the log, and an epoch near its own."""
        last = self.log.states()[-1]
        return last.producer_id, max(0, last.producer_epoch + offset)

    def initialise(self, offset: int | None) -> None:
        said = (-1, -1) if offset is None else self.identity(offset)
        answer = self.ask(self.coordinator.init_producer_id(initialising("t", *said), 5))
        if answer.is_done and answer.result().error_code is ErrorCode.none:
            self.check_granted(answer.result())

    def check_granted(self, granted: InitProducerIdResponse) -> None:
        last = self.log.states()[-1]
        assert (granted.producer_id, granted.producer_epoch) == (last.producer_id, last.producer_epoch)

    def add(self, offset: int, is_elsewhere: bool, version: int) -> None:
        request = self.adding(*self.identity(offset), ELSEWHERE if is_elsewhere else OUT)
        self.ask(self.coordinator.add_partitions_to_txn(request, version))

    def decide(self, offset: int, is_commit: bool, version: int) -> None:
        request = ending(*self.identity(offset), is_commit)
        self.waiting.append((self.ask(self.coordinator.end_txn(request, version)), is_commit))

    def move(self, keeps_suffix: bool) -> None:
        if not keeps_suffix:
            assert all(place < self.log.durable for place in self.said)
            del self.log.stored[self.log.durable :]
        self.fail_over()

    def listen(self) -> None:
        """Note what clients have heard by now."""
        for answer, is_commit in [each for each in self.waiting if each[0].is_done]:
            self.waiting.remove((answer, is_commit))
            if answer.result().error_code is ErrorCode.none:
                self.say(is_commit)

    def heal(self) -> None:
        """Nothing disturbs any more."""
        self.log.error = None
        self.log.release()
        self.leaders.is_disconnected = False
        self.leaders.leaders.clear()
        self.leaders.answers.clear()
        self.leaders.speak()
        self.fail_over()
        self.pass_ms(120_000)
        self.listen()

    def check(self) -> None:
        states = self.log.states()
        for place, said in self.said.items():
            assert said == {KIND[states[place].state]}
            assert place + 1 == len(states) or states[place + 1].state is OUTCOME[next(iter(said))]
        for before, after in pairwise(states):
            is_same = before.producer_id == after.producer_id
            assert before.producer_epoch <= after.producer_epoch if is_same else before.producer_id < after.producer_id


Disturbance = Callable[[Disturbed], Any]

REFUSALS = [ErrorCode.not_enough_replicas, ErrorCode.not_leader_or_follower, ErrorCode.request_timed_out]
ANSWERS = [*REFUSALS, ErrorCode.transaction_coordinator_fenced, ErrorCode.unknown_topic_or_partition]
OFFSETS = st.sampled_from([0, 0, 0, -1, 1])
VERSIONS = st.sampled_from([3, 5])


def initialises(offset: int | None) -> Disturbance:
    return lambda scene: scene.initialise(offset)


def adds(offset: int, is_elsewhere: bool, version: int) -> Disturbance:
    return lambda scene: scene.add(offset, is_elsewhere, version)


def decides(offset: int, is_commit: bool, version: int) -> Disturbance:
    return lambda scene: scene.decide(offset, is_commit, version)


def passes(duration_ms: int) -> Disturbance:
    return lambda scene: scene.pass_ms(duration_ms)


def moves(keeps_suffix: bool) -> Disturbance:
    return lambda scene: scene.move(keeps_suffix)


def holds(scene: Disturbed) -> None:
    scene.log.is_held = True


def releases(error: ErrorCode | None) -> Disturbance:
    return lambda scene: scene.log.release(error)


def refuses(error: ErrorCode | None) -> Disturbance:
    return lambda scene: setattr(scene.log, "error", error)


def silences(scene: Disturbed) -> None:
    scene.leaders.is_silent = True


def speaks(scene: Disturbed) -> None:
    scene.leaders.speak()


def answers(error: ErrorCode) -> Disturbance:
    return lambda scene: scene.leaders.answers.setdefault(OUT, []).append(error)


def disconnects(is_disconnected: bool) -> Disturbance:
    return lambda scene: setattr(scene.leaders, "is_disconnected", is_disconnected)


def leads(leader: int | None) -> Disturbance:
    return lambda scene: scene.leaders.leaders.__setitem__(OUT, leader)


REQUESTS: st.SearchStrategy[Disturbance] = st.one_of(
    st.builds(initialises, st.sampled_from([None, 0, -1])),
    st.builds(adds, OFFSETS, st.booleans(), VERSIONS),
    st.builds(adds, st.just(0), st.booleans(), VERSIONS),
    st.builds(decides, OFFSETS, st.booleans(), VERSIONS),
    st.builds(decides, st.just(0), st.booleans(), VERSIONS),
)
FAULTS: st.SearchStrategy[Disturbance] = st.one_of(
    st.builds(passes, st.sampled_from([1, 100, 11_000, 61_000])),
    st.builds(moves, st.booleans()),
    st.just(holds),
    st.builds(releases, st.sampled_from([None, None, *REFUSALS])),
    st.builds(refuses, st.sampled_from([None, None, *REFUSALS])),
    st.just(silences),
    st.just(speaks),
    st.builds(answers, st.sampled_from(ANSWERS)),
    st.builds(disconnects, st.booleans()),
    st.builds(leads, st.sampled_from([1, 2, NO_LEADER, None])),
)

__all__ = ["FAULTS", "REQUESTS", "Disturbance", "Disturbed"]
