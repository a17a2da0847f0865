"""How far two logs agree."""

from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.published.log import (
    Log,
    Record,
    end_of_agreement,
    has_room,
    is_caught_up,
    leader_epochs,
    presence,
)

LOGS: st.SearchStrategy[Log] = st.lists(st.builds(Record, st.integers(0, 2), st.integers(0, 2)), max_size=3).map(tuple)


def test_at_offset_0_every_follower_is_caught_up() -> None:
    assert is_caught_up((), (), 0)
    assert is_caught_up((1,), (), 0)


def test_a_follower_that_is_too_short_is_not_caught_up() -> None:
    assert not is_caught_up((0, 0), (0,), 2)


def test_a_leader_that_is_too_short_says_nothing() -> None:
    assert not is_caught_up((0,), (0, 0), 2)


def test_only_the_record_before_the_offset_is_compared() -> None:
    assert is_caught_up((0, 1), (5, 1), 2)
    assert not is_caught_up((0, 1), (0, 5), 2)


def test_presence_does_not_tell_records_apart() -> None:
    one, other = (Record(0, 0),), (Record(1, 1),)

    assert is_caught_up(presence(one), presence(other), 1)
    assert not is_caught_up(leader_epochs(one), leader_epochs(other), 1)


def test_leader_epochs_do_not_tell_records_of_one_epoch_apart() -> None:
    assert leader_epochs((Record(0, 1),)) == leader_epochs((Record(1, 1),))


def test_logs_agree_up_to_the_last_record_that_both_have_at_one_offset() -> None:
    one, other = (Record(0, 0), Record(1, 1)), (Record(0, 0), Record(1, 2))

    assert end_of_agreement(one, other) == 1
    assert end_of_agreement(one, one) == 2
    assert end_of_agreement(other[1:], one) == 0


def test_what_differs_before_the_last_common_record_does_not_matter() -> None:
    assert end_of_agreement((Record(0, 0), Record(1, 1)), (Record(2, 0), Record(1, 1))) == 2


@given(LOGS, LOGS)
def test_agreement_is_mutual_and_within_both_logs(one: Log, other: Log) -> None:
    end = end_of_agreement(one, other)

    assert end == end_of_agreement(other, one)
    assert end <= min(len(one), len(other))
    assert end == 0 or one[end - 1] == other[end - 1]


def test_a_full_log_has_no_room() -> None:
    assert has_room((Record(0, 0),), log_size=2)
    assert not has_room((Record(0, 0), Record(1, 0)), log_size=2)


def test_a_record_is_called_by_its_name() -> None:
    assert str(Record(0, 3)) == "r1"
