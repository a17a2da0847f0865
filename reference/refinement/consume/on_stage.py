"""What an application that reads asks its stage, or tells it."""


class OnStage:
    """The same without one: nothing is known, and nobody listens."""

    def may_leave(self) -> bool:
        """Whether its group is in a state in which the model has a member leave."""
        return True

    def is_committed(self, offset: int) -> bool:
        """Whether that is what its group has committed."""
        return False

    def has_told(self) -> bool:
        """Whether nothing of it is on its way."""
        return True

    def restarts(self) -> None:
        """Its process has ended by itself, and is to start again."""

    def commits_urgently(self, *, is_urgent: bool) -> None:
        """What it sends from now on takes no time, or does again."""
