from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.response import FetchableTopicResponse, FetchResponse, PartitionData

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.fetch.session import FetchSession, Wanted
from ackproof.reference.protocol.primitive import TopicName, duration, i32, i64

P0, P1, P2 = (("t", number) for number in range(3))


def answer(*partitions: TopicPartition, session_id: int = 5, error: ErrorCode = ErrorCode.none) -> FetchResponse:
    data = tuple(
        PartitionData(
            partition_index=i32(number),
            error_code=ErrorCode.none,
            high_watermark=i64(0),
            aborted_transactions=None,
            records=None,
        )
        for _, number in partitions
    )
    responses = (FetchableTopicResponse(topic=TopicName("t"), partitions=data),) if data else ()
    return FetchResponse(throttle_time=duration(0), error_code=error, session_id=i32(session_id), responses=responses)


def begun() -> FetchSession:
    session = FetchSession()
    session.plan({P0: Wanted(0), P1: Wanted(0)})
    assert session.accept(answer(P0, P1))
    return session


def test_the_first_request_names_everything_and_asks_for_a_session() -> None:
    plan = FetchSession().plan({P0: Wanted(0)})

    assert (plan.session_id, plan.epoch, dict(plan.to_send)) == (0, 0, {P0: Wanted(0)})


def test_a_session_is_told_only_what_is_new_or_different_or_not_wanted_any_more() -> None:
    plan = begun().plan({P1: Wanted(7), P2: Wanted(0)})

    assert (plan.session_id, plan.epoch) == (5, 1)
    assert dict(plan.to_send) == {P2: Wanted(0), P1: Wanted(7)}
    assert plan.to_forget == (P0,)


def test_epochs_are_counted() -> None:
    session = begun()
    session.plan({P0: Wanted(0), P1: Wanted(0)})
    session.accept(answer())

    assert session.plan({P0: Wanted(0), P1: Wanted(0)}).epoch == 2


def test_the_epoch_after_the_last_is_1() -> None:
    session = begun()
    session.epoch = 2**31 - 1
    session.plan({P0: Wanted(0), P1: Wanted(0)})

    session.accept(answer())

    assert session.epoch == 1


def test_a_broker_that_keeps_no_session_is_told_everything_again() -> None:
    session = FetchSession()
    session.plan({P0: Wanted(0)})

    assert session.accept(answer(P0, session_id=0))
    assert session.plan({P0: Wanted(3)}).epoch == 0


def test_a_session_that_the_broker_has_forgotten_is_begun_anew() -> None:
    session = begun()
    session.plan({P0: Wanted(3)})

    assert not session.accept(answer(error=ErrorCode.fetch_session_id_not_found))
    plan = session.plan({P0: Wanted(3)})
    assert (plan.session_id, plan.epoch) == (0, 0)


def test_after_any_other_failure_the_old_session_is_ended_by_the_first_request_of_the_new_one() -> None:
    session = begun()

    session.fail()

    plan = session.plan({P0: Wanted(3)})
    assert (plan.session_id, plan.epoch, dict(plan.to_send)) == (5, 0, {P0: Wanted(3)})


def test_an_answer_that_leaves_out_what_a_full_request_names_is_not_taken() -> None:
    session = FetchSession()
    session.plan({P0: Wanted(0), P1: Wanted(0)})

    assert not session.accept(answer(P0))
    assert session.session_id == 0


def test_an_answer_about_something_that_was_not_asked_for_is_not_taken() -> None:
    session = begun()
    session.plan({P0: Wanted(0), P1: Wanted(0)})

    assert not session.accept(answer(P2))
    assert (session.session_id, session.epoch) == (5, 0)


def test_the_last_request_says_so() -> None:
    session = begun()
    session.close()

    plan = session.plan({})

    assert (plan.session_id, plan.epoch, dict(plan.to_send)) == (5, -1, {})


wanted = st.dictionaries(st.sampled_from([P0, P1, P2]), st.builds(Wanted, st.integers(0, 3)), max_size=3)


@given(st.lists(wanted, min_size=1, max_size=8))
def test_a_broker_that_remembers_what_it_is_told_knows_what_is_wanted(
    rounds: list[dict[TopicPartition, Wanted]],
) -> None:
    session, remembered = FetchSession(), dict[TopicPartition, Wanted]()

    for now in rounds:
        plan = session.plan(now)
        if plan.epoch == 0:
            remembered = {}
        remembered |= plan.to_send
        for gone in plan.to_forget:
            del remembered[gone]
        assert remembered == now
        session.accept(answer(*(now if plan.epoch == 0 else ())))
