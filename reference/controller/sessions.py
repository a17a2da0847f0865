"""Sessions: when the controller last heard of each broker."""

import attrs

from ackproof.reference.kernel.clock import Clock


@attrs.frozen
class Incarnation:
    """One run of a broker."""

    broker: int
    epoch: int


class Sessions:
    """
    When each incarnation of a broker last sent a heartbeat, and what it knew then.

    Source: ``BrokerHeartbeatTracker``, ``BrokerHeartbeatManager``.
    """

    def __init__(self, clock: Clock, timeout_ms: int) -> None:
        self._clock = clock
        self._timeout_ms = timeout_ms
        self._contacts: dict[Incarnation, int] = {}
        self._metadata_offsets: dict[int, int] = {}
        self._shutdown_offsets: dict[int, int] = {}

    def touch(self, broker: int, epoch: int) -> None:
        """It has been in contact now."""
        self._contacts[Incarnation(broker, epoch)] = self._clock.now_ms

    def is_valid(self, broker: int, epoch: int) -> bool:
        """Whether it has been in contact lately."""
        contact_ms = self._contacts.get(Incarnation(broker, epoch))
        return contact_ms is not None and not self._has_expired(contact_ms)

    def take_expired(self) -> Incarnation | None:
        """One that has not been in contact for too long, which is forgotten; None if there is none."""
        for incarnation, contact_ms in self._contacts.items():
            if self._has_expired(contact_ms):
                del self._contacts[incarnation]
                return incarnation
        return None

    def knows(self, broker: int, metadata_offset: int) -> None:
        """It has heard of everything up to *metadata_offset*."""
        self._metadata_offsets[broker] = metadata_offset

    def lowest_metadata_offset(self, brokers: list[int]) -> int | None:
        """What all *brokers* have heard of; None for no brokers."""
        return min((self._metadata_offsets.get(broker, -1) for broker in brokers), default=None)

    def shuts_down_at(self, broker: int, offset: int) -> None:
        """It may stop once all others have heard of *offset*; the first one counts."""
        self._shutdown_offsets.setdefault(broker, offset)

    def shutdown_offset(self, broker: int) -> int:
        """What the others have to hear of before it may stop."""
        return self._shutdown_offsets.get(broker, -1)

    def forget(self, broker: int) -> None:
        """A new incarnation begins, or it is fenced: what the one before was up to does not matter."""
        self._metadata_offsets.pop(broker, None)
        self._shutdown_offsets.pop(broker, None)

    def _has_expired(self, contact_ms: int) -> bool:
        return contact_ms + self._timeout_ms < self._clock.now_ms
