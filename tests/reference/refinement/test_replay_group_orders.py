"""Member ids under which assignors and coordinators meet members as they do in the model."""

from ackproof.reference.refinement.directing.groups.leading import Met
from ackproof.reference.refinement.directing.groups.ranking import orders


def met(*orders: str) -> Met:
    """Somebody that goes by one of these orders of members, whose names are letters."""
    named = [tuple((ord(letter), 0) for letter in order) for order in orders]
    return Met(frozenset(named[0]), frozenset(named))


def test_members_are_ranked_so_that_all_meet_them_in_their_order() -> None:
    found = [
        "".join(chr(consumer) for consumer, _ in order) for order in orders([met("ab", "ba"), met("cb"), met("ca")])
    ]

    assert found == ["cab", "cba"]


def test_there_may_be_no_such_order() -> None:
    assert list(orders([met("ab"), met("bc"), met("ca")])) == []
