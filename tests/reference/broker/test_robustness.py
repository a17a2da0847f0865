from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import ProduceResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.broker.apis.refusals import refusal
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.codec import RequestHeader, decode_request, encode_request, encode_response
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import Caller, CloseConnectionError, Request
from ackproof.reference.records.compression import CODECS
from tests.conformance.batch_flaws import sealed
from tests.reference.broker.blank import blank_request, versions
from tests.reference.broker.standing import TOPIC, Standing, batch, fetch_request, produce_request
from tests.reference.protocol.spoiling import spoilt


def answered(standing: Standing, header: RequestHeader, request: Request) -> bytes | None:
    """The bytes of the answer; None if there is none, or the connection is closed."""
    try:
        answer = standing.outcome(standing.broker.serve(Caller(), request))
    except CloseConnectionError:
        return None
    return None if answer is None else encode_response(header, answer)


def test_a_request_that_says_nothing_is_answered_in_every_version() -> None:
    standing = Standing()

    for api_key, version in versions():
        frame = encode_request(blank_request(api_key, version), 1)[4:]
        header, request = decode_request(frame)
        # acks=0 gets no answer.
        assert answered(standing, header, request) is not None or api_key == 0


def test_every_request_can_be_refused_as_a_whole_in_every_version() -> None:
    for api_key, version in versions():
        body = blank_request(api_key, version).body
        answer = refusal(body, KafkaError(ErrorCode.unknown_server_error, "why"), version)

        assert encode_response(RequestHeader(api_key, version, 1), answer)


def test_what_goes_wrong_unexpectedly_is_an_unknown_error_and_kept() -> None:
    standing = Standing()
    fault = RuntimeError("a mistake")

    def fail(topic: str, partition: int) -> None:
        raise fault

    standing.broker.replicas.partition = fail  # type: ignore[method-assign, assignment]  # a mistake of ours
    future = standing.send(produce_request({(TOPIC, 0): batch("a")}))

    answer = future.result()
    assert isinstance(answer, ProduceResponse)
    assert answer.responses[0].partition_responses[0].error_code is ErrorCode.unknown_server_error
    assert standing.broker.unexpected == [fault]


def test_what_only_a_controller_serves_closes_the_connection() -> None:
    standing = Standing()
    future: Future[ResponsePayload | None] = standing.broker.serve(Caller(), blank_request(56, 2))

    with pytest.raises(CloseConnectionError):
        standing.outcome(future)


FRAMES = [
    encode_request(Request(body, version, "test"), 1)[4:]
    for body, version in (
        (produce_request({(TOPIC, 0): batch("a", "b", producer_id=1, producer_epoch=0, base_sequence=0)}), 9),
        (produce_request({(TOPIC, 0): batch("a"), (TOPIC, 1): batch("b")}, acks=0), 3),
        (fetch_request({(TOPIC, 0): 0, (TOPIC, 1): 5}, max_wait_ms=5), 12),
        (fetch_request({(TOPIC, 0): 0}, max_wait_ms=5), 4),
    )
]
BLANK_FRAMES = [encode_request(blank_request(*each), 1)[4:] for each in versions()]

edits = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FRAMES * 10 + BLANK_FRAMES), edits, st.floats(0, 1))
def test_whatever_bytes_come_the_broker_answers_or_closes_the_connection(
    frame: bytes, changes: list[tuple[float, int]], keeps: float
) -> None:
    standing, data = Standing(), bytearray(frame)
    for at, value in changes:
        data[int(at * len(data))] = value
    del data[max(1, int(keeps * len(data) * 1.2)) :]

    try:
        header, request = decode_request(bytes(data))
    except CloseConnectionError:
        return
    if not (isinstance(request.body, ProduceRequest) and request.body.acks == 0):
        assert answered(standing, header, request) is not None or isinstance(request.body, ProduceRequest)


BATCHES = [
    batch("a", "b", producer_id=1, producer_epoch=0, base_sequence=0),
    batch("a", "b", is_transactional=True, producer_id=1, producer_epoch=0, base_sequence=0),
    *(batch("a", "b", "c", compression=codec) for codec in CODECS),
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BATCHES), st.integers(0, 2**32))
def test_whatever_a_batch_says_it_is_stored_or_refused_and_the_broker_starts_again(good: bytes, seed: int) -> None:
    standing = Standing()
    data = spoilt(good, Random(seed))
    whole = sealed(data[:8] + (len(data) - 12).to_bytes(4, signed=True) + data[12:])

    code = standing.produce(whole).error_code
    standing.restart()
    standing.crash()

    assert standing.fetch(0).error_code is ErrorCode.none
    assert standing.produce(batch("z")).base_offset >= (code is ErrorCode.none)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_whatever_is_on_its_disk_a_broker_starts_or_names_the_file(seed: int, is_clean: bool) -> None:
    standing, random = Standing(), Random(seed)
    standing.produce(batch("a", "b", producer_id=1, producer_epoch=0, base_sequence=0))
    if is_clean:
        standing.broker.stop()
        standing.pass_time(3_000)
    standing.process.stop()
    standing.disk.crash()
    folder = random.choice(["", *standing.disk.folders()])
    path = f"{folder}/{random.choice(standing.disk.names(folder))}".lstrip("/")
    file = standing.disk.open(path)
    standing.disk.replace(path, spoilt(file.read(0, file.size_bytes), random))

    try:
        standing.start()
    except ValueError as problem:
        said = str(problem)
    else:
        said = f"{path} does not matter"
        assert standing.produce(batch("z")).error_code is ErrorCode.none
    assert path in said
