"""What is wrong with a configuration, and how it is remembered."""

from ackproof.config.files.problems import Remarks


class Counted(str):
    """A key that counts how often it is compared."""

    compared = 0
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)


def test_what_is_said_twice_is_remembered_once_without_a_look_at_all_others() -> None:
    remarks = Remarks()
    for number in range(1_000):
        for _ in range(2):
            remarks.note(Counted(f"key.{number}"), "the client does not know this key")

    assert len(remarks.notices) == 1_000
    assert Counted.compared < 5_000
