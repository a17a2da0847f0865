"""A director that lets everything go on by itself for a while."""

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.reference.refinement.directing.groups.application import METADATA_MS
from ackproof.reference.refinement.directing.groups.director import GroupsDirector
from ackproof.reference.refinement.directing.groups.sessions import SESSION_MS
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.groups.setting import TOPIC

FOR_LONG_MS = METADATA_MS + 2 * SESSION_MS
"""Long enough for sessions to expire, and for metadata to be looked up again."""

RESTS_MS = 500
"""Between two polls."""

OF_MEMBERS = (JoinGroupRequest, SyncGroupRequest, ConsumerGroupHeartbeatRequest)


def wait(director: GroupsDirector, for_ms: int = FOR_LONG_MS) -> None:
    """All instances poll, and nothing is held up."""
    stage = director.stage
    end_ms = stage.clock.now_ms + for_ms
    for member in stage.instances:
        member.rest_ms = RESTS_MS
        if member.process is not None:
            member.process.resume()
    while stage.clock.now_ms < end_ms:
        for member in stage.instances:
            if member.is_up and not member.polls and member.refusal is None:
                member.poll()
        for waiting in list(director.network.waiting):
            if isinstance(waiting.request.body, OF_MEMBERS) and waiting.answer is None:
                waiting.admit()
                assert waiting.answer is not None
                waiting.answer.then(lambda each=waiting: release(director, each))
            elif waiting.is_answered:
                director.network.release(waiting)
        stage.step()
    for member in stage.instances:
        member.polls, member.rest_ms = False, 1


def release(director: GroupsDirector, waiting: Waiting) -> None:
    """An answer goes out, unless its connection is gone."""
    if waiting in director.network.waiting:
        director.network.release(waiting)


def add_partition(director: GroupsDirector) -> int | None:
    """A partition is added, and after a while it is looked whether somebody has it: its number if nobody has."""
    number = director.stage.partitions
    director.stage.add_partition()
    wait(director)
    clients = [member.client for member in director.stage.instances if member.client is not None]
    return None if any((TOPIC, number) in client.view().positions for client in clients) else number
