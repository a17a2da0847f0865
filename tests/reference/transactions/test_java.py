import pytest

from ackproof.reference.protocol.java import java_hash, partition_for


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 0),
        ("a", 97),
        ("Aa", 2112),
        ("BB", 2112),
        ("polygenelubricants", -(2**31)),
        ("transactional-id", 510590431),
        ("\U0001f600", 1772899),
    ],
)
def test_a_string_hashes_as_in_java(text: str, code: int) -> None:
    assert java_hash(text) == code


def test_the_smallest_hash_has_no_positive_twin_and_counts_as_zero() -> None:
    assert partition_for("polygenelubricants", 50) == 0
