"""Verification: proof that the coordinator knows of a transaction in this partition (KIP-890 part 1)."""

import attrs

SUPPORTS_EPOCH_BUMP = 12
"""The Produce version from which on every transaction has an epoch of its own (KIP-890 part 2)."""


@attrs.frozen
class VerificationGuard:
    """What an append shows to prove that its transaction was verified; each one is good for one transaction."""

    number: int


class Verification:
    """
    A producer that waits for the coordinator's word (``VerificationStateEntry``).

    Attributes:
        lowest_sequence: The lowest that waits: nothing above it is appended first.
        supports_epoch_bump: Its transaction is of the new protocol.
    """

    __slots__ = ("guard", "lowest_sequence", "producer_epoch", "since_ms", "supports_epoch_bump")

    def __init__(
        self, guard: VerificationGuard, sequence: int, producer_epoch: int, *, since_ms: int, supports_epoch_bump: bool
    ) -> None:
        self.guard = guard
        self.lowest_sequence = sequence
        self.producer_epoch = producer_epoch
        self.since_ms = since_ms
        self.supports_epoch_bump = supports_epoch_bump

    def also(self, sequence: int, producer_epoch: int) -> None:
        """Another batch waits: a higher epoch starts anew."""
        if producer_epoch > self.producer_epoch:
            self.producer_epoch = producer_epoch
            self.lowest_sequence = sequence
        elif producer_epoch == self.producer_epoch:
            self.lowest_sequence = min(sequence, self.lowest_sequence)


class Verifications:
    """The producers that wait, by id."""

    def __init__(self) -> None:
        self._by_producer: dict[int, Verification] = {}
        self._given = 0

    def start(
        self, producer_id: int, sequence: int, producer_epoch: int, *, now_ms: int, supports_epoch_bump: bool
    ) -> VerificationGuard:
        """The guard of a producer that waits from now on, or does so already."""
        waiting = self._by_producer.get(producer_id)
        if waiting is None:
            self._given += 1
            waiting = self._by_producer[producer_id] = Verification(
                VerificationGuard(self._given),
                sequence,
                producer_epoch,
                since_ms=now_ms,
                supports_epoch_bump=supports_epoch_bump,
            )
        waiting.also(sequence, producer_epoch)
        return waiting.guard

    def of(self, producer_id: int) -> Verification | None:
        """What is known of a producer that waits."""
        return self._by_producer.get(producer_id)

    def end(self, producer_id: int, producer_epoch: int, *, is_control: bool) -> None:
        """
        Something of a transaction was appended, so the producer waits no more.

        A marker of the new protocol does not end it where the next transaction, of that epoch, waits already.
        """
        waiting = self._by_producer.get(producer_id)
        if waiting is None:
            return
        if is_control and waiting.supports_epoch_bump and producer_epoch == waiting.producer_epoch:
            return
        del self._by_producer[producer_id]

    def expire(self, before_ms: int) -> None:
        """Those that wait since then, or before it, do not any more."""
        self._by_producer = {
            producer_id: waiting for producer_id, waiting in self._by_producer.items() if waiting.since_ms > before_ms
        }
