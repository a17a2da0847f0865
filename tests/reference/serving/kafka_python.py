"""kafka-python, which has no types, and reads its own files in a way that Python warns of."""

import threading
import time
import warnings
from collections import deque
from importlib import import_module
from typing import Any

from tests.reference.serving.served import PATIENCE_S, until

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    library = import_module("kafka")
    errors = import_module("kafka.errors")
    assignors = import_module("kafka.coordinator.assignors.range")

KafkaConsumer = library.KafkaConsumer
KafkaProducer = library.KafkaProducer
OffsetAndMetadata = library.OffsetAndMetadata
TopicPartition = library.TopicPartition
RangePartitionAssignor = assignors.RangePartitionAssignor

POLL_MS = 2_000
"""Longer than a rebalance takes; a poll returns as soon as there is a record."""


# The library has no types.
class Clients:
    """Clients of one broker, all of which are closed at the end, whatever happened."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opened: list[Any] = []

    def producer(self, **settings: Any) -> Any:
        """A producer."""
        return self._open(KafkaProducer(bootstrap_servers=self._address, **settings))

    def consumer(self, **settings: Any) -> Any:
        """A consumer that begins at the beginning and commits when it is told to."""
        common = {"auto_offset_reset": "earliest", "enable_auto_commit": False}
        return self._open(KafkaConsumer(bootstrap_servers=self._address, **{**common, **settings}))

    def assigned(self, topic: str, **settings: Any) -> Any:
        """A consumer that reads a partition."""
        client = self.consumer(**settings)
        client.assign([TopicPartition(topic, 0)])
        client.seek_to_beginning()
        return client

    def subscribed(self, topic: str, **settings: Any) -> Any:
        """A member of a group."""
        client = self.consumer(heartbeat_interval_ms=100, session_timeout_ms=6_000, **settings)
        # A member that is assigned nothing as it has not heard of the topic yet may stay so for ever.
        client.partitions_for_topic(topic)
        client.subscribe([topic])
        return client

    def close(self) -> None:
        """Close what is open; closing twice does nothing."""
        for client in self._opened:
            client.close()

    def _open(self, client: Any) -> Any:
        self._opened.append(client)
        return client


class Polling:
    """
    A member of a group that is polled in a thread of its own, so that each poll may wait for the other members.

    One that gives up while the group rebalances may leave kafka-python 3.0.12 so that it never joins again.
    """

    def __init__(self, client: Any) -> None:
        self._values = deque[str]()
        self._is_over = threading.Event()
        self._client = client
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._is_over.is_set():
            self._values.extend(values_of(self._client))

    @property
    def partitions(self) -> set[int]:
        """What it has."""
        return {each.partition for each in self._client.assignment()}

    def poll(self) -> list[str]:
        """The next values, if there are any."""
        time.sleep(0.02)
        return [self._values.popleft() for _ in range(len(self._values))]

    def stop(self) -> None:
        """Poll no more."""
        self._is_over.set()
        self._thread.join(PATIENCE_S)

    def close(self) -> None:
        """Leave."""
        self.stop()
        self._client.close()


def values_of(client: Any) -> list[str]:
    """The next values, as soon as there are any."""
    return [record.value.decode() for records in client.poll(POLL_MS).values() for record in records]


def read(client: Any, count: int) -> list[str]:
    """The next values, at least so many."""
    values: list[str] = []

    def has_enough() -> bool:
        values.extend(values_of(client))
        return len(values) >= count

    until(has_enough)
    return values
