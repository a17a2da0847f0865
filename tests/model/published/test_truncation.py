"""Where a new follower truncates to."""

from ackproof.model.published.log import Log, Record
from ackproof.model.published.truncation import by_leader_epoch, not_yet, to_end_of_agreement, to_high_watermark


def log(*leader_epochs: int) -> Log:
    """Records of these epochs, numbered from 0."""
    return tuple(Record(number, epoch) for number, epoch in enumerate(leader_epochs))


def test_to_the_high_watermark_whatever_the_leader_has() -> None:
    assert to_high_watermark(log(0, 0), log(0, 0), 1) == 1
    assert to_high_watermark(log(0, 0), (), 1) == 1


def test_by_leader_epoch_an_empty_log_stays_empty() -> None:
    assert by_leader_epoch((), log(0, 1), 0) == 0


def test_by_leader_epoch_to_the_high_watermark_if_the_leader_is_empty() -> None:
    assert by_leader_epoch(log(0, 0), (), 1) == 1


def test_by_leader_epoch_to_the_end_of_a_leader_in_the_same_epoch() -> None:
    assert by_leader_epoch(log(0, 1, 1), log(0, 1), 0) == 2


def test_by_leader_epoch_possibly_beyond_the_end_of_the_follower() -> None:
    assert by_leader_epoch(log(0), log(0, 0), 0) == 2


def test_by_leader_epoch_to_the_first_record_of_a_later_epoch() -> None:
    assert by_leader_epoch(log(0, 0), log(0, 1), 0) == 1
    assert by_leader_epoch(log(0, 1), log(0, 0, 2), 0) == 2


def test_by_leader_epoch_to_the_high_watermark_if_the_leader_has_older_epochs_only() -> None:
    assert by_leader_epoch(log(0, 2), log(0, 1), 1) == 1


def test_to_the_end_of_agreement_also_where_an_epoch_of_the_follower_is_unknown_to_the_leader() -> None:
    assert to_end_of_agreement(log(0, 1), log(0, 2), 0) == 1
    assert to_end_of_agreement(log(0, 1), (), 1) == 0


def test_not_yet_is_the_end_of_the_log() -> None:
    assert not_yet(log(0, 1), (), 1) == 2
