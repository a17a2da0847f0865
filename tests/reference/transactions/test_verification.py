from collections.abc import Callable

import attrs
import pytest
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.response import AddPartitionsToTxnResponse
from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, TimedOutError, spawn
from ackproof.reference.protocol.primitive import duration
from ackproof.reference.protocol.request import DisconnectedError
from ackproof.reference.transactions.answering import Errors, partitions_of, result
from ackproof.reference.transactions.settings import TransactionSettings
from ackproof.reference.transactions.states.operation import (
    Operation,
    operation_of_produce,
    operation_of_txn_offset_commit,
    produce_error,
)
from ackproof.reference.transactions.verification import Verifier
from tests.reference.transactions.desk import OUT


@attrs.define
class Asked:
    clock: VirtualClock
    coordinator: int | None = 1
    requests: list[AddPartitionsToTxnRequest] = attrs.Factory(list[AddPartitionsToTxnRequest])
    answers: list[Future[AddPartitionsToTxnResponse]] = attrs.Factory(list[Future[AddPartitionsToTxnResponse]])

    def coordinator_of(self, transactional_id: str) -> int | None:
        return self.coordinator

    def ask(self, broker: int, request: AddPartitionsToTxnRequest) -> Future[AddPartitionsToTxnResponse]:
        self.requests.append(request)
        self.answers.append(Future[AddPartitionsToTxnResponse](self.clock))
        return self.answers[-1]


@attrs.define
class Scene:
    rules: TransactionRules | None = None
    settings: TransactionSettings = attrs.Factory(TransactionSettings)
    clock: VirtualClock = attrs.Factory(VirtualClock)
    asked: Asked = attrs.Factory(lambda self: Asked(self.clock), takes_self=True)
    verifier: Verifier = attrs.Factory(
        lambda self: Verifier(self.clock, self.settings, self.asked, self.rules), takes_self=True
    )

    def verify(self, name: str = "t", epoch: int = 0, operation: Operation = Operation.VERIFY) -> Future[Errors]:
        return spawn(self.clock, self.verifier.verify(name, 100, epoch, [OUT], operation))

    def settle(self) -> None:
        self.clock.run_until(self.clock.now_ms)

    def answer(self, error: ErrorCode, top: ErrorCode = ErrorCode.none) -> None:
        """What is asked first and waits is answered with *error* for every partition."""
        request = self.asked.requests[len(self.asked.requests) - len(self.asked.answers)]
        results = tuple(
            result(each.transactional_id, dict.fromkeys(partitions_of(each), error)) for each in request.transactions
        )
        self.asked.answers.pop(0).resolve(
            AddPartitionsToTxnResponse(throttle_time=duration(0), error_code=top, results_by_transaction=results)
        )
        self.settle()


@pytest.mark.parametrize(
    ("said", "operation", "heard"),
    [
        ("none", Operation.VERIFY, None),
        ("producer_fenced", Operation.VERIFY, "invalid_producer_epoch"),
        ("producer_fenced", Operation.ADD, "invalid_producer_epoch"),
        ("transaction_abortable", Operation.VERIFY_FOR_OLD_CLIENT, "invalid_txn_state"),
        ("transaction_abortable", Operation.VERIFY, "transaction_abortable"),
        ("invalid_producer_id_mapping", Operation.VERIFY, "invalid_producer_id_mapping"),
        ("concurrent_transactions", Operation.ADD, "concurrent_transactions"),
    ],
)
def test_the_coordinators_errors_have_the_names_that_producers_know(
    said: str, operation: Operation, heard: str | None
) -> None:
    scene = Scene()
    errors = scene.verify(operation=operation)
    scene.settle()
    scene.answer(ErrorCode[said])

    assert errors.result() == ({} if heard is None else {OUT: ErrorCode[heard]})


def test_only_the_new_protocol_adds() -> None:
    scene = Scene()
    for operation in Operation:
        scene.verify(operation.name, operation=operation)
    scene.settle()

    assert [each.verify_only for each in scene.asked.requests[0].transactions] == [True, True, False]


def test_what_a_version_asks_for() -> None:
    assert [operation_of_produce(version) for version in (3, 10, 11, 12)] == [
        Operation.VERIFY_FOR_OLD_CLIENT,
        Operation.VERIFY_FOR_OLD_CLIENT,
        Operation.VERIFY,
        Operation.ADD,
    ]
    assert [operation_of_txn_offset_commit(version) for version in (3, 4, 5)] == [
        Operation.VERIFY_FOR_OLD_CLIENT,
        Operation.VERIFY,
        Operation.ADD,
    ]


def test_without_a_coordinator_nothing_is_verified() -> None:
    scene = Scene()
    scene.asked.coordinator = None

    assert scene.verify().result() == {OUT: ErrorCode.coordinator_not_available}


def test_what_is_asked_at_the_same_time_goes_together_and_what_comes_later_waits() -> None:
    scene = Scene()
    scene.verify("t")
    scene.verify("u")
    scene.settle()
    scene.verify("v")
    scene.settle()
    assert [len(request.transactions) for request in scene.asked.requests] == [2]

    scene.answer(ErrorCode.none)

    assert [len(request.transactions) for request in scene.asked.requests] == [2, 1]


@pytest.mark.parametrize(
    ("epoch", "first", "second"),
    [(0, "network_exception", None), (1, "invalid_producer_epoch", None), (-1, None, "invalid_producer_epoch")],
)
def test_of_one_transactional_id_only_the_newest_waits(epoch: int, first: str | None, second: str | None) -> None:
    scene = Scene()
    errors = [scene.verify(), scene.verify(epoch=epoch)]
    scene.settle()

    heard = [next(iter(each.result().values())).name if each.is_done else None for each in errors]
    assert heard == [first, second]
    assert len(scene.asked.requests[0].transactions) == 1


@pytest.mark.parametrize("failure", [DisconnectedError, TimedOutError])
def test_a_coordinator_that_does_not_answer_is_a_network_exception(failure: Callable[[], Exception]) -> None:
    scene = Scene()
    errors = scene.verify()
    scene.settle()
    scene.asked.answers.pop(0).fail(failure())
    scene.settle()

    assert errors.result() == {OUT: ErrorCode.network_exception}


def test_a_coordinator_that_refuses_the_request_refuses_all() -> None:
    scene = Scene()
    errors = scene.verify()
    scene.settle()
    scene.answer(ErrorCode.none, top=ErrorCode.unknown_server_error)

    assert errors.result() == {OUT: ErrorCode.unknown_server_error}


def test_verification_can_be_switched_off_but_adding_cannot() -> None:
    off = TransactionSettings(transaction_partition_verification_enable=False)
    for scene in (Scene(settings=off), Scene(TransactionRules(verifies_partitions=False))):
        assert not scene.verifier.asks("t", Operation.VERIFY)
        assert scene.verifier.asks("t", Operation.ADD)
    assert Scene().verifier.asks("t", Operation.VERIFY)
    assert not Scene().verifier.asks(None, Operation.ADD)


@pytest.mark.parametrize(("operation", "times"), [(Operation.ADD, 6), (Operation.VERIFY, 1)])
def test_only_what_is_added_is_tried_again_for_a_while_where_the_last_transaction_ends(
    operation: Operation, times: int
) -> None:
    scene, tried = Scene(), list[int]()

    async def attempt() -> Errors:
        tried.append(scene.clock.now_ms)
        return {OUT: ErrorCode.concurrent_transactions}

    errors = spawn(scene.clock, scene.verifier.until_settled(attempt, operation))
    scene.clock.run_until(1_000)

    assert tried == [20 * number for number in range(times)]
    assert errors.result() == {OUT: ErrorCode.concurrent_transactions}


def test_what_cannot_be_verified_is_not_enough_replicas_to_a_producer() -> None:
    unverified = ("network_exception", "coordinator_load_in_progress", "coordinator_not_available", "not_coordinator")

    for operation in Operation:
        for error in unverified:
            assert produce_error(ErrorCode[error], operation) is ErrorCode.not_enough_replicas
        assert produce_error(ErrorCode.invalid_txn_state, operation) is ErrorCode.invalid_txn_state
    assert produce_error(ErrorCode.concurrent_transactions, Operation.VERIFY) is ErrorCode.not_enough_replicas
    assert produce_error(ErrorCode.concurrent_transactions, Operation.ADD) is ErrorCode.concurrent_transactions
