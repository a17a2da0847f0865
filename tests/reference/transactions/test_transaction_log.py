import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Record, decode, encode, new_batch
from ackproof.reference.transactions.states.metadata import Transition
from ackproof.reference.transactions.states.state import State
from ackproof.reference.transactions.states.transaction_log import (
    key_of,
    loaded,
    state_of,
    transactional_id_of,
    value_of,
)
from ackproof.reference.transactions.surroundings import TopicPartition

NUMBERS = st.integers(0, 2**40)
PARTITIONS = st.lists(
    st.builds(TopicPartition, st.text("ab", min_size=1, max_size=3), st.integers(0, 9)), unique=True
).map(lambda found: tuple(sorted(found)))


@st.composite
def transitions(draw: st.DrawFn, version: int) -> Transition:
    state = draw(st.sampled_from([each for each in State if each is not State.EMPTY]))
    return Transition(
        state=state,
        producer_id=draw(NUMBERS),
        producer_epoch=draw(st.integers(0, 2**15 - 1)),
        timeout_ms=draw(st.integers(0, 2**31 - 1)),
        last_update_ms=draw(NUMBERS),
        previous_producer_id=draw(NUMBERS) if version else -1,
        next_producer_id=draw(NUMBERS) if version else -1,
        partitions=draw(PARTITIONS),
        start_ms=draw(NUMBERS),
        client_version=draw(st.sampled_from([0, 2])) if version else 0,
    )


@given(st.sampled_from([0, 1]).flatmap(lambda version: st.tuples(transitions(version), st.just(version))))
def test_what_is_written_is_read(drawn: tuple[Transition, int]) -> None:
    state, version = drawn

    assert state_of(value_of(state, version)) == state


@given(st.text())
def test_a_key_names_its_transactional_id(name: str) -> None:
    assert transactional_id_of(key_of(name)) == name


def test_the_bytes_are_kafkas() -> None:
    """What a broker 4.3.1 had in ``__transaction_state`` after a commit of two partitions."""
    state = Transition(
        state=State.PREPARE_COMMIT,
        producer_id=2,
        producer_epoch=1,
        timeout_ms=60_000,
        last_update_ms=1_795_631_811_699,
        previous_producer_id=2,
        partitions=(TopicPartition("topic-0-1", 1), TopicPartition("topic-0-0", 0), TopicPartition("topic-0-0", 1)),
        start_ms=1_795_631_811_630,
        client_version=2,
    )

    assert key_of("t0-0") == bytes.fromhex("0000000474302d30")
    assert value_of(state, 1) == bytes.fromhex(
        "000100000000000000020001 0000ea60 02 03 0a746f7069632d302d31 02 00000001 00 0a746f7069632d302d30 03"
        "00000000 00000001 00 000001a213ff0c73 000001a213ff0c2e 02 00 08 0000000000000002 02 02 0002"
    )


def test_the_old_format_has_no_place_for_the_new_protocol() -> None:
    state = Transition(
        state=State.ONGOING, producer_id=1, producer_epoch=0, timeout_ms=1, last_update_ms=1, client_version=2
    )

    with pytest.raises(KafkaError) as refused:
        value_of(state, 0)
    assert refused.value.code is ErrorCode.unsupported_version


def test_an_id_is_what_its_last_record_says() -> None:
    first, last = (
        Transition(state=State.EMPTY, producer_id=1, producer_epoch=epoch, timeout_ms=1, last_update_ms=1)
        for epoch in range(2)
    )
    records = [
        Record(value_of(first, 1), key_of("t")),
        Record(value_of(last, 1), key_of("t")),
        Record(value_of(first, 1), key_of("u")),
        Record(None, key_of("u")),
        Record(b"?", b"\0\1?"),
        Record(b"\0\x09?", key_of("t")),
    ]

    found = loaded([new_batch(records)])

    assert {name: metadata.current for name, metadata in found.items()} == {"t": last}


def test_loading_ends_where_the_log_cannot_be_read() -> None:
    good = Record(
        value_of(Transition(state=State.EMPTY, producer_id=1, producer_epoch=0, timeout_ms=1, last_update_ms=1), 1),
        key_of("t"),
    )
    later = Record(good.value, key_of("u"))

    for bad in (Record(b"\0\1", key_of("v")), Record(b"x", None), Record(b"x", b"\0")):
        assert list(loaded([new_batch([good, bad, later])])) == ["t"]


def test_loading_ends_at_a_damaged_batch() -> None:
    state = Transition(state=State.EMPTY, producer_id=1, producer_epoch=0, timeout_ms=1, last_update_ms=1)
    written = encode(new_batch([Record(value_of(state, 1), key_of("t"))]))
    damaged = written[:-1] + bytes([written[-1] ^ 1])

    assert list(loaded(map(decode, (written, damaged, written)))) == ["t"]
