"""A transaction, as its producer sees it: what belongs to it."""

from collections.abc import Mapping, Sequence

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.producer.transactions.offsets import OffsetAndMetadata


class Transaction:
    """
    The partitions and offsets of the transaction, if there is one.

    Attributes:
        partitions: Those that it has; batches of others are not sent.
        offsets: Those that are being committed with it.
        has_started: The coordinator may know of it, so that it has to be ended.
    """

    def __init__(self) -> None:
        self._new: dict[TopicPartition, None] = {}
        self._being_added: dict[TopicPartition, None] = {}
        self.partitions: dict[TopicPartition, None] = {}
        self.offsets: dict[TopicPartition, OffsetAndMetadata] = {}
        self.has_started = False

    @property
    def has_new(self) -> bool:
        """Whether there are partitions that nobody was asked to add yet."""
        return bool(self._new)

    def want(self, place: TopicPartition) -> bool:
        """It is to have a partition; whether that is new."""
        is_known = any(place in some for some in (self.partitions, self._new, self._being_added))
        if not is_known:
            self._new[place] = None
        return not is_known

    def take_new(self) -> tuple[TopicPartition, ...]:
        """All partitions that are to be added, as somebody is asked now."""
        self._being_added.update(self._new)
        self._new.clear()
        return tuple(self._being_added)

    def give_up_new(self) -> None:
        """Nobody is asked to add partitions any more."""
        self._new.clear()

    def tried(self, places: Sequence[TopicPartition]) -> None:
        """Somebody was asked to add partitions, and has answered."""
        for place in places:
            self._being_added.pop(place, None)

    def added(self, places: Sequence[TopicPartition]) -> None:
        """It has partitions."""
        self.partitions.update(dict.fromkeys(places))
        self.has_started = True

    def commits(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        """Offsets are committed with it."""
        self.offsets.update(offsets)
        self.has_started = True

    def over(self) -> None:
        """The next one has nothing yet."""
        self.has_started = False
        self._new.clear()
        self._being_added.clear()
        self.partitions.clear()
