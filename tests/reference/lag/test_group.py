from ackproof.reference.lag.group import Committed, Group, Member, rows_of


def test_who_reads_most_partitions_comes_first() -> None:
    few = Member("m-1", "/h", "c", frozenset({("a", 2)}))
    many = Member("m-2", "/h", "c", frozenset({("a", 0), ("a", 1)}))

    rows = rows_of(Group("g", members=(few, many)))

    assert [(row.partition, row.member) for row in rows] == [(0, many), (1, many), (2, few)]


def test_partitions_are_in_order_of_topic_and_number() -> None:
    member = Member("m", "/h", "c", frozenset({("b", 0), ("a", 10), ("a", 9)}))

    rows = rows_of(Group("g", members=(member,)))

    assert [(row.topic, row.partition) for row in rows] == [("a", 9), ("a", 10), ("b", 0)]


def test_a_member_without_partitions_has_no_row() -> None:
    assert rows_of(Group("g", members=(Member("m", "/h", "c"),))) == ()


def test_what_is_committed_but_not_read_comes_last() -> None:
    member = Member("m", "/h", "c", frozenset({("z", 0)}))
    committed = {("a", 0): Committed(3), ("z", 0): Committed(4)}

    rows = rows_of(Group("g", members=(member,), committed=committed))

    assert [(row.topic, row.member) for row in rows] == [("z", member), ("a", None)]


def test_lag_is_unknown_without_a_commit_and_without_an_end() -> None:
    committed, ends = {("a", 0): Committed(3)}, {("a", 1): 9}
    member = Member("m", "/h", "c", frozenset({("a", 0), ("a", 1)}))

    rows = rows_of(Group("g", members=(member,), committed=committed, end_offsets=ends))

    assert [row.lag for row in rows] == [None, None]


def test_lag_is_negative_where_the_log_ends_before_the_committed_offset() -> None:
    (row,) = rows_of(Group("g", committed={("a", 0): Committed(99)}, end_offsets={("a", 0): 10}))

    assert row.lag == -89


def test_with_records_up_to_12_and_5_committed_8_are_left() -> None:
    (row,) = rows_of(Group("g", committed={("a", 0): Committed(5)}, end_offsets={("a", 0): 13}))

    assert row.lag == 8
