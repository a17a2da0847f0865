"""The texts are what ``kafka-consumer-groups`` of 4.3.1 printed for groups like these."""

from ackproof.reference.lag.group import Committed, Group, Member, State
from ackproof.reference.lag.table import described, notice, table

FIRST, SECOND = (f"client-{number}-95523ed6-2417-42f2-b442-c07669fdf7d{number}" for number in (0, 1))

STABLE = Group(
    "stable",
    members=(
        Member(FIRST, "/127.0.0.1", "client-0", frozenset({("orders", 0), ("orders", 1)})),
        Member(SECOND, "/127.0.0.1", "client-1", frozenset({("orders", 2)})),
    ),
    committed={("orders", 0): Committed(4)},
    end_offsets={("orders", number): 10 for number in range(3)},
)

EMPTY = Group(
    "empty",
    "Empty",
    committed={
        ("a-topic-with-a-long-name", 0): Committed(0),
        ("orders", 0): Committed(99),
        ("orders", 2): Committed(3, leader_epoch=7),
    },
    end_offsets={("a-topic-with-a-long-name", 0): 0, ("orders", 0): 10, ("orders", 2): 10},
)


def lines(*texts: str) -> str:
    return "".join(f"\n{text}" for text in texts) + "\n"


def test_the_table_of_a_stable_group() -> None:
    assert described(STABLE) == lines(
        "GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             "
        "CONSUMER-ID                                   HOST            CLIENT-ID",
        f"stable          orders          0          4               10              6               "
        f"{FIRST} /127.0.0.1      client-0",
        f"stable          orders          1          -               10              -               "
        f"{FIRST} /127.0.0.1      client-0",
        f"stable          orders          2          -               10              -               "
        f"{SECOND} /127.0.0.1      client-1",
    )


def test_the_table_of_a_group_without_members() -> None:
    assert notice(EMPTY) == "\nConsumer group 'empty' has no active members.\n"
    assert described(EMPTY) == lines(
        "GROUP           TOPIC                    PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             "
        "CONSUMER-ID     HOST            CLIENT-ID",
        "empty           a-topic-with-a-long-name 0          0               0               0               "
        "-               -               -",
        "empty           orders                   0          99              10              -89             "
        "-               -               -",
        "empty           orders                   2          3               10              7               "
        "-               -               -",
    )


def test_leader_epochs_are_shown_when_it_is_verbose() -> None:
    group = Group("g", committed={("t", 0): Committed(3, 7), ("t", 1): Committed(4)}, end_offsets={("t", 0): 3})

    assert described(group, is_verbose=True) == lines(
        "GROUP           TOPIC           PARTITION  LEADER-EPOCH    CURRENT-OFFSET  LOG-END-OFFSET  LAG             "
        "CONSUMER-ID     HOST            CLIENT-ID",
        "g               t               0          7               3               3               0               "
        "-               -               -",
        "g               t               1          -               4               -               -               "
        "-               -               -",
    )


def test_an_empty_group_without_commits_has_a_notice_and_no_table() -> None:
    crowd = Group("crowd", "Empty")

    assert (notice(crowd), described(crowd)) == ("\nConsumer group 'crowd' has no active members.\n", "")


def test_no_rows_make_no_table() -> None:
    assert table(()) == ""


def test_groups_that_change_are_told_to_be_rebalancing() -> None:
    states: tuple[State, ...] = ("PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling")

    notices = {notice(Group("g", state)) for state in states}

    assert notices == {"\nWarning: Consumer group 'g' is rebalancing.\n"}


def test_a_dead_group_is_told_not_to_exist() -> None:
    dead = Group("g", "Dead", committed={("t", 0): Committed(3)})

    assert (notice(dead), described(dead)) == ("", "\nError: Consumer group 'g' does not exist.\n")
