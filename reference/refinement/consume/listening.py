"""What an application that reads does as its partition is assigned and revoked."""

from typing import Protocol

from kio.schema.errors import ErrorCode

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.errors import CommitFailedError, FencedInstanceIdError, StaleMemberEpochError
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.view import MemberView
from ackproof.reference.refinement.consume.records import PLACE, offsets_of
from ackproof.reference.refinement.consume.sink import Sink
from ackproof.reference.simulator.applications.consuming import FAILED_COMMITS

TOLD_TO_OUTSIDERS = (ErrorCode.unknown_member_id, ErrorCode.group_id_not_found)
"""A member of the consumer protocol that is out of the group is told so first as it looks up its position."""


class Listening(Protocol):
    """The application behind a listener."""

    rules: ConsumerRules
    client: Consumer | None
    sink: Sink

    def prefix(self, consumer: Consumer) -> int | None:
        """What is done."""
        ...

    def commits_urgently(self, *, is_urgent: bool) -> None:
        """What it sends from now on takes no time, or does again."""
        ...


class Noting(RebalanceListener):
    """Starts where the sink is, and commits what was processed before they end."""

    def __init__(self, application: Listening) -> None:
        self._application = application

    async def on_partitions_revoked(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* are given up after this returns."""
        application, client = self._application, self._application.client
        if application.rules.rebalancing.keeps_what_it_lost:
            # What is stored is committed, and then the client has its assignment.
            application.commits_urgently(is_urgent=True)
        rules, offset = application.rules, application.prefix(client) if client is not None else None
        may_commit = rules.on_revoke == "commit" and rules.commit != "with-sink" and PLACE in partitions
        if may_commit and client is not None and offset is not None:
            application.commits_urgently(is_urgent=True)
            try:
                await client.commit_sync(offsets_of(offset))
            except FAILED_COMMITS:
                pass  # whoever gets it reads on from what was committed before
            finally:
                application.commits_urgently(is_urgent=rules.rebalancing.keeps_what_it_lost)

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* were added: nothing of them has been fetched yet."""
        application = self._application
        if application.rules.rebalancing.keeps_what_it_lost:
            application.commits_urgently(is_urgent=False)
        if PLACE not in partitions:
            return
        if application.rules.commit == "with-sink" and application.sink.offset is not None and application.client:
            application.client.seek(PLACE, application.sink.offset)

    async def on_partitions_lost(self, partitions: tuple[TopicPartition, ...]) -> None:
        """Nothing can be committed for them."""


def listens(rules: ConsumerRules) -> bool:
    """Whether it listens to rebalances: a client that gives up partitions in the background would wait for that."""
    return not (rules.rejoins_in_background and rules.rebalancing.is_by_coordinator)


def is_final(error: Exception | None) -> bool:
    """Whether it is of no use to commit again before the next assignment."""
    is_fatal = isinstance(error, FencedInstanceIdError) and error.is_fatal
    return is_fatal or (isinstance(error, CommitFailedError) and not isinstance(error, StaleMemberEpochError))


def is_told(client: Consumer, member: MemberView) -> bool:
    """Whether a member has taken in its assignment; a group that was deleted counts generations from 1 again."""
    metadata = client.group_metadata
    return (metadata.generation, metadata.member_id) == (member.epoch, member.member_id)
