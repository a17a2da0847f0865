"""What a consumer wants metadata to tell."""

import attrs

from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription


@attrs.define(eq=False)
class ConsumerInterest:
    """
    The topics that it reads, and those that its group does; all that there are while a pattern chooses among them.

    Attributes:
        transient_topics: Topics that somebody asks offsets of, without reading them.

    Source: ``ConsumerMetadata``.
    """

    subscription: Subscription
    settings: ConsumerSettings
    transient_topics: set[str] = attrs.field(factory=set[str])

    @property
    def topics(self) -> tuple[str, ...] | None:
        """
        All that it wants to know of; None for every topic that there is.

        Where the coordinator matches an expression, Kafka asks for what is assigned, by topic ids.
        """
        if self.subscription.kind in ("pattern", "regex"):
            return None
        return tuple(sorted({*self.subscription.metadata_topics, *self.transient_topics}))

    @property
    def new_topics(self) -> tuple[str, ...] | None:
        """It always asks for all."""
        return None

    @property
    def allows_auto_topic_creation(self) -> bool:
        """Whether the broker may create those that there are not."""
        return self.settings.allow_auto_create_topics

    def retains(self, topic: str, is_internal: bool) -> bool:
        """Whether what is known of *topic* is worth keeping."""
        if topic in self.transient_topics or topic in self.subscription.metadata_topics:
            return True
        if is_internal and self.settings.exclude_internal_topics:
            return False
        return self.subscription.kind == "regex" or self.subscription.matches(topic)

    def answered(self, topics: tuple[str, ...]) -> None:
        """Nothing that is asked for once only."""
