"""What an application that reads has in its hands."""

import attrs

from ackproof.model.consume.consumer import Held


@attrs.define(eq=False)
class Work:
    """
    A record that was handed out and is not processed.

    Attributes:
        assignment: Under which of the assignments of this process, counted.
    """

    held: Held
    assignment: int
