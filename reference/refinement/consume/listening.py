"""What an application that reads does as its partition is assigned and revoked."""

from typing import Protocol

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.refinement.consume.records import PLACE, offsets_of
from ackproof.reference.refinement.consume.sink import Sink
from ackproof.reference.simulator.applications.consuming import FAILED_COMMITS


class Listening(Protocol):
    """The application behind a listener."""

    rules: ConsumerRules
    client: Consumer | None
    sink: Sink

    def prefix(self, consumer: Consumer) -> int | None:
        """What is done."""
        ...

    def is_assigned(self) -> None:
        """It has the partition anew."""
        ...

    def commits_urgently(self, *, is_urgent: bool) -> None:
        """What it sends from now on takes no time, or does again."""
        ...


class Noting(RebalanceListener):
    """Counts assignments, starts where the sink is, and commits what was processed before they end."""

    def __init__(self, application: Listening) -> None:
        self._application = application

    async def on_partitions_revoked(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* are given up after this returns."""
        application, client = self._application, self._application.client
        rules, offset = application.rules, application.prefix(client) if client is not None else None
        may_commit = rules.on_revoke == "commit" and rules.commit != "with-sink" and PLACE in partitions
        if may_commit and client is not None and offset is not None:
            application.commits_urgently(is_urgent=True)
            try:
                await client.commit_sync(offsets_of(offset))
            except FAILED_COMMITS:
                pass  # whoever gets it reads on from what was committed before
            finally:
                application.commits_urgently(is_urgent=False)

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* were added: nothing of them has been fetched yet."""
        application = self._application
        if PLACE not in partitions:
            return
        application.is_assigned()
        if application.rules.commit == "with-sink" and application.sink.offset is not None and application.client:
            application.client.seek(PLACE, application.sink.offset)

    async def on_partitions_lost(self, partitions: tuple[TopicPartition, ...]) -> None:
        """Nothing can be committed for them."""
