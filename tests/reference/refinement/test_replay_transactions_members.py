"""Members of a group that makes transactions are put out and come back, and it rebalances some time after that."""

import attrs

from ackproof.model.faults import Faults
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.refinement.replaying.transactions import transacted
from tests.reference.refinement.transacting import PIPE, UNVERIFIED, along

STARTS = "instance 1 starts at the latest offset, 0"


def puts_out(index: int) -> str:
    return f"instance {index} pauses for too long and is put out of the group"


def notices(index: int) -> str:
    return f"instance {index} polls and learns that it is no longer in the group"


def done(asks: str) -> tuple[str, ...]:
    return asks, f"decided: {asks}: done", f"heard: {asks}: done"


def is_taken(rules: TransactionRules, instances: int, *says: str, is_fine: bool = True) -> bool:
    of = transactional(
        attrs.evolve(PIPE, instances=instances, reset="latest"),
        rules,
        records=2,
        faults=Faults(3),
        kinds=frozenset({"consumer-pause"}),
        is_fine=is_fine,
    )
    return transacted(of, along(of, *says)).steps == len(says)


def test_who_is_left_stays_in_a_group_that_puts_out_one_after_the_other() -> None:
    assert is_taken(
        UNVERIFIED,
        3,
        STARTS,
        puts_out(2),
        puts_out(1),
        notices(2),
        puts_out(3),
        notices(1),
        notices(3),
        "instance 1 joins",
        "instance 3 joins",
        "the group rebalances; instance 3 is assigned the partition",
    )


def test_an_owner_commits_offsets_while_others_are_put_out_and_come_back() -> None:
    """``ClassicGroup.validateOffsetCommit``: a group that prepares to rebalance takes them, of its last generation."""
    commits = "instance 1 asks to commit offset 1 with its transaction"
    assert is_taken(
        TRANSACTION_VERSION_2,
        3,
        puts_out(2),
        notices(2),
        STARTS,
        "instance 2 joins",
        "r1 is appended",
        "instance 1 begins a transaction with r1",
        puts_out(2),
        commits,
        notices(2),
        puts_out(3),
        notices(3),
        *done(commits)[1:],
        *done("instance 1 sends r1"),
        *done("instance 1 asks to commit its transaction"),
        "the group rebalances; instance 1 is assigned the partition",
    )


def test_who_is_put_out_before_it_has_joined_again_hears_of_what_comes_after_that() -> None:
    joins, again = "instance 1 joins", "the group rebalances; instance 2 is assigned the partition"
    assert is_taken(
        TRANSACTION_VERSION_1,
        2,
        STARTS,
        puts_out(1),
        notices(1),
        joins,
        puts_out(1),
        again,
        notices(1),
        joins,
        puts_out(2),
        "the group rebalances; instance 1 is assigned the partition",
        notices(2),
        "instance 2 joins",
        again,
    )


def test_the_last_one_that_is_put_out_has_not_heard_that_its_group_was_to_rebalance() -> None:
    assert is_taken(
        attrs.evolve(UNVERIFIED, sends_group_metadata=False),
        3,
        puts_out(2),
        STARTS,
        puts_out(3),
        puts_out(1),
        "r1 is appended",
        "instance 1 begins a transaction with r1",
        is_fine=False,
    )
