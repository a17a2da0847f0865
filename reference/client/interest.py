"""Interest: which topics a client wants to know of."""

from typing import Protocol


class Interest(Protocol):
    """Which topics a client wants to know of: a producer's that it sends to, a consumer's subscription."""

    @property
    def topics(self) -> tuple[str, ...] | None:
        """All that it wants to know of; None for every topic that there is."""
        ...

    @property
    def new_topics(self) -> tuple[str, ...] | None:
        """Those that it asks for when an update is for new topics only; None where it always asks for all."""
        ...

    @property
    def allows_auto_topic_creation(self) -> bool:
        """Whether the broker may create those that there are not."""
        ...

    def retains(self, topic: str, is_internal: bool) -> bool:
        """Whether what is known of *topic* is worth keeping."""
        ...

    def answered(self, topics: tuple[str, ...]) -> None:
        """An answer told something of *topics*."""
        ...
