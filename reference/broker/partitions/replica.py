"""A follower of a partition, as the leader knows it from its fetches."""

from functools import lru_cache

import attrs

REMEMBERED = 1_000
"""How many followers are remembered with their client ids."""
UNKNOWN_OFFSET = -1
"""The log end offset of a follower that has not fetched yet."""
NEVER_MS = -(2**40)
"""Long before all that happens: Kafka's 0, as its clock begins in 1970."""


@attrs.define(eq=False)
class Replica:
    """
    What a leader knows of one follower.

    Attributes:
        log_start_offset, log_end_offset: As it said in its last fetch; ``UNKNOWN_OFFSET`` before the first.
        last_fetch_leader_log_end_offset: The leader's log end offset at that fetch.
        last_fetch_ms: When that was.
        last_caught_up_ms: When it last had all that the leader had.
        broker_epoch: Of the incarnation that fetched; -1 if it did not say, None before the first fetch.

    Source: ``Replica``, ``ReplicaState``.
    """

    broker_id: int
    log_start_offset: int = UNKNOWN_OFFSET
    log_end_offset: int = UNKNOWN_OFFSET
    last_fetch_leader_log_end_offset: int = UNKNOWN_OFFSET
    last_fetch_ms: int = NEVER_MS
    last_caught_up_ms: int = NEVER_MS
    broker_epoch: int | None = None

    def has_fetched(
        self, offset: int, log_start_offset: int, leader_log_end_offset: int, broker_epoch: int, now_ms: int
    ) -> None:
        """It fetched from *offset*, so it has everything before. Source: ``Replica.updateFetchStateOrThrow``."""
        caught_up_ms = self.last_caught_up_ms
        if offset >= leader_log_end_offset:
            caught_up_ms = now_ms
        elif offset >= self.last_fetch_leader_log_end_offset:
            caught_up_ms = self.last_fetch_ms
        self.last_caught_up_ms = caught_up_ms if caught_up_ms > self.last_caught_up_ms else self.last_caught_up_ms
        self.log_start_offset = log_start_offset
        self.log_end_offset = offset
        last = self.last_fetch_leader_log_end_offset
        self.last_fetch_leader_log_end_offset = leader_log_end_offset if leader_log_end_offset > last else last
        self.last_fetch_ms = now_ms
        self.broker_epoch = broker_epoch

    def reset(self, leader_log_end_offset: int, now_ms: int, *, is_new_leader: bool, is_in_sync: bool) -> None:
        """A leader epoch begins: it gets as much time as if it had just caught up, if it is in sync."""
        self.last_caught_up_ms = now_ms if is_in_sync else NEVER_MS
        if is_new_leader:
            self.log_start_offset = self.log_end_offset = self.last_fetch_leader_log_end_offset = UNKNOWN_OFFSET
            self.last_fetch_ms = NEVER_MS
            self.broker_epoch = None
        else:
            self.last_fetch_leader_log_end_offset = leader_log_end_offset
            self.last_fetch_ms = now_ms if is_in_sync else NEVER_MS

    def is_caught_up(self, leader_log_end_offset: int, now_ms: int, replica_lag_time_max_ms: int) -> bool:
        """Whether it has all that the leader has, or had it lately. Source: ``ReplicaState.isCaughtUp``."""
        return (
            self.log_end_offset == leader_log_end_offset or now_ms - self.last_caught_up_ms <= replica_lag_time_max_ms
        )


@lru_cache(REMEMBERED)
def client_id_of_follower(broker_id: int, broker_epoch: int) -> str:
    """
    The client id that a follower fetches with.

    Fetch 12 has no place for the broker epoch, which tells incarnations of a follower apart, so it travels here (Fetch
    15 has one, KIP-903).
    """
    return f"broker-{broker_id}-epoch-{broker_epoch}"


def broker_epoch_of_follower(client_id: str | None) -> int:
    """The broker epoch in such a client id; -1 if there is none."""
    _, _, epoch = (client_id or "").rpartition("-epoch-")
    return int(epoch) if epoch.removeprefix("-").isdecimal() else -1
