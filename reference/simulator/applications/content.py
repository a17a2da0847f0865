"""What applications write into their records, so that one can tell later where each comes from."""

from ackproof.reference.kernel.value import value


@value
class Content:
    """
    What a record says of itself.

    Attributes:
        record: Its name, of which there is one in a run.
        transaction: In which it was sent; None outside of any.
        made_of: The record that it was made of by an application that consumes, processes and produces.
    """

    record: str
    transaction: str | None = None
    made_of: str | None = None

    @property
    def value(self) -> bytes:
        """As the value of a record."""
        return "|".join((self.record, self.transaction or "", self.made_of or "")).encode()


def content_of(value: bytes | None) -> Content:
    """
    What a record says of itself.

    Raises:
        ValueError: It was not written by an application of ours.
    """
    record, transaction, made_of = (value or b"").decode().split("|")
    return Content(record, transaction or None, made_of or None)
