"""What keeps the results."""


class Sink(list[int]):
    """
    What the instances have processed, in order.

    Attributes:
        offset: The one behind the last of them, where the sink keeps that with each result; None before the first.
    """

    offset: int | None = None

    def refuses(self, offset: int) -> bool:
        """Whether the record at *offset* is below what it has."""
        return self.offset is not None and offset < self.offset
