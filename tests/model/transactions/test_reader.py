"""What readers are given of the output."""

import attrs
import pytest

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.output import MARKER, Entry, Output
from ackproof.model.transactions.reader import read
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1 as RULES
from ackproof.model.transactions.rules import ApplicationRules, Detail, Isolation

ALL = Output((Entry(0, 0), Entry(1, 0, fate="aborted"), Entry(2, 0, fate="open")))
ABORT = Entry(MARKER, 0, fate="aborted")
COMMIT = Entry(MARKER, 0)
POPS = attrs.evolve(RULES, reader_pops_any_abort=True)


def records(client: Client, output: Output) -> list[int]:
    """The records that the reader is given."""
    return [entry.record for entry in read(client, output)]


@pytest.mark.parametrize(("isolation", "expected"), [("read_committed", [0]), ("read_uncommitted", [0, 1, 2])])
def test_isolation_decides_what_is_read(isolation: Isolation, expected: list[int]) -> None:
    assert records(Client(ApplicationRules(isolation=isolation), RULES, Detail()), ALL) == expected


def test_a_fetch_beyond_the_last_stable_offset_gives_what_is_open() -> None:
    rules = attrs.evolve(RULES, reads_stop_at_last_stable_offset=False)

    assert records(Client(ApplicationRules(), rules, Detail()), ALL) == [0, 1, 2]


def test_nobody_is_given_a_marker_as_a_record() -> None:
    rules = attrs.evolve(POPS, reads_stop_at_last_stable_offset=False)

    assert records(Client(ApplicationRules(), rules, Detail()), Output((Entry(0, 0), COMMIT, ABORT))) == [0]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((Entry(0, 0, fate="aborted"), ABORT, Entry(1, 0), COMMIT), [1]),
        ((ABORT, Entry(0, 0, fate="aborted"), ABORT), [0]),
        ((ABORT, Entry(0, 0), COMMIT), [0]),
        ((Entry(0, 0), COMMIT, Entry(1, 1, fate="open"), Entry(2, 0), COMMIT), [0]),
        ((Entry(MARKER, 1, fate="aborted"), Entry(0, 0, fate="aborted"), ABORT), []),
    ],
)
def test_a_reader_that_pops_at_any_abort_marker(entries: tuple[Entry, ...], expected: list[int]) -> None:
    assert records(Client(ApplicationRules(), POPS, Detail()), Output(entries)) == expected
