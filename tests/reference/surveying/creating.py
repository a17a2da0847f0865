"""Topics with settings of their own, created as applications do."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Protocol

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.reference.serving.served import PATIENCE_S


class Creator(Protocol):
    """As much of a client as creates topics."""

    def create_topics(self, new_topics: list[NewTopic], **how: object) -> dict[str, Future[None]]: ...


def create(server: str, topic: str, partitions: int, settings: Mapping[str, str] | None = None) -> None:
    """Create a topic with one replica on the broker at *server*."""
    _create(AdminClient({"bootstrap.servers": server}), NewTopic(topic, partitions, 1, config=dict(settings or {})))


def _create(client: Creator, topic: NewTopic) -> None:
    # A client that nobody holds while this waits would give up what it has begun.
    for created in client.create_topics([topic]).values():
        created.result(PATIENCE_S)
