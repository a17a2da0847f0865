from ackproof.reference.simulator.checking import Broken, broken
from ackproof.reference.simulator.history import Fact, History


def told(*events: tuple[str, dict[str, Fact]], is_through: bool = True) -> History:
    history = History()
    for at_ms, (kind, facts) in enumerate(events):
        history.add(at_ms, kind, **facts)
    history.add(len(events), "ended", is_through=is_through)
    return history


def sent(record: str, transaction: str | None = None) -> tuple[str, dict[str, Fact]]:
    return "sent", {"record": record, "topic": "input", "key": "k", "transaction": transaction}


def acknowledged(record: str) -> tuple[str, dict[str, Fact]]:
    return "acknowledged", {"record": record}


def joined(output: str | None = None) -> tuple[str, dict[str, Fact]]:
    facts: dict[str, Fact] = {"instance": "consumer-1", "group": "group", "topic": "input", "output": output}
    return "joined", {**facts, "is_transactional": output is not None}


def processed(
    record: str, *, transaction: str | None = None, is_repeat: bool = False, partition: int = 0
) -> tuple[str, dict[str, Fact]]:
    facts: dict[str, Fact] = {"record": record, "topic": "input", "partition": partition, "key": "k"}
    return "processed", {**facts, "transaction": transaction, "is_repeat": is_repeat}


def offset_stored(offset: int) -> tuple[str, dict[str, Fact]]:
    return "offset-stored", {"group": "group", "topic": "input", "partition": 0, "offset": offset}


def stored(
    record: str, *, topic: str = "input", offset: int = 0, is_committed: bool = True, made_of: str | None = None
) -> tuple[str, dict[str, Fact]]:
    facts: dict[str, Fact] = {"record": record, "topic": topic, "partition": 0, "key": "k", "offset": offset}
    facts["transaction"] = None
    return "stored", {**facts, "is_committed": is_committed, "made_of": made_of}


def test_what_was_acknowledged_and_never_processed_is_lost() -> None:
    history = told(joined(), sent("a"), acknowledged("a"), sent("b"), acknowledged("b"), processed("b"))

    assert broken(history) == (Broken("no-loss", ("a",)),)


def test_nothing_is_lost_that_may_yet_be_processed() -> None:
    history = told(joined(), sent("a"), acknowledged("a"), is_through=False)

    assert broken(history) == ()


def test_nothing_is_lost_that_was_never_acknowledged() -> None:
    assert broken(told(joined(), sent("a"))) == ()


def test_a_repeat_is_one_unless_the_sink_absorbs_it() -> None:
    plain = told(joined(), sent("a"), processed("a"), processed("a"))
    idempotent = told(joined(), sent("a"), processed("a"), processed("a", is_repeat=True))

    assert broken(plain) == (Broken("no-duplicates", ("a",)),)
    assert broken(idempotent) == ()


def test_first_occurrences_count_for_the_order() -> None:
    reordered = told(joined(), sent("a"), sent("b"), processed("b"), processed("a"))
    repeated = told(joined(), sent("a"), sent("b"), processed("a"), processed("b"), processed("a"))

    assert broken(reordered) == (Broken("in-order", ("a",)),)
    assert [each.claim for each in broken(repeated)] == ["no-duplicates"]


def test_there_is_no_order_between_partitions() -> None:
    history = told(joined(), sent("a"), sent("b"), processed("b", partition=1), processed("a"))

    assert broken(history) == ()


def test_what_is_aborted_is_not_to_be_processed() -> None:
    history = told(
        joined(), sent("a", "t1"), ("aborted", {"transaction": "t1"}), sent("a", "t2"), processed("a", transaction="t1")
    )

    assert broken(history) == (Broken("no-aborted-reads", ("a",)),)


def test_without_consumers_a_perfect_reader_judges() -> None:
    history = told(sent("a"), acknowledged("a"), stored("a", is_committed=False), stored("b"), stored("b"))

    assert broken(history) == (Broken("no-loss", ("a",)), Broken("no-duplicates", ("b",)))


def test_what_an_application_makes_stands_for_what_it_has_processed() -> None:
    history = told(
        joined("output"),
        sent("a"),
        acknowledged("a"),
        sent("b"),
        acknowledged("b"),
        stored("a"),
        stored("b", offset=1),
        stored("x", topic="output", made_of="a"),
        stored("y", topic="output", made_of="a", is_committed=False),
        offset_stored(1),
    )

    assert broken(history) == (Broken("no-loss", ("b",)),)


def test_an_offset_without_its_output_is_torn() -> None:
    history = told(joined("output"), stored("a"), stored("x", topic="output", made_of="a"), stored("b", offset=1))
    history.add(9, "offset-stored", group="group", topic="input", partition=0, offset=2)

    assert broken(history) == (Broken("atomic", ("b",)),)


def test_an_output_without_its_offset_is_torn() -> None:
    history = told(joined("output"), stored("a"), stored("x", topic="output", made_of="a"))

    assert broken(history) == (Broken("atomic", ("a",)),)
