"""What a director has a group do before a step, as other steps are to come."""

from collections.abc import Callable, Iterator
from itertools import dropwhile, takewhile

from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.refinement.directing import ages
from ackproof.reference.refinement.directing.balancing import take_more
from ackproof.reference.refinement.directing.forgotten import put_out
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.readers import DirectedReader
from ackproof.reference.refinement.directing.round import Round


def prepare(director: GroupDirector, turn: Round) -> None:
    """What has to be so before a step."""
    put_out(director, turn)
    ages.age_before_start(director, turn)
    for index, before, _ in turn.pairs():
        is_last = turn.commits and before.status in ("owner", "stale")
        director.reader(index).to_commit_last = director.asked(index, turn.committed_after) if is_last else None
    rejoining = director.rejoining
    if rejoining is not None and not turn.pairs()[rejoining][1].is_rejoining:
        director.rejoining = None
    elif rejoining is not None and is_due(director, rejoining):
        begin_rejoining(director, turn, rejoining)


def rejoin(director: GroupDirector, turn: Round, index: int) -> None:
    """An owner that reads on is to rejoin: at once, or once the coordinator has answered all that it is to before."""
    director.rejoining = index
    if turn.commits or is_due(director, index):
        begin_rejoining(director, turn, index)


def is_due(director: GroupDirector, index: int) -> bool:
    """Whether an owner may rejoin by now: it is not busy, and nothing is to be answered behind its request to join."""
    reader = director.reader(index)
    is_processing = bool(reader.in_hand) and not reader.rules.is_handed_off
    return not is_processing and not is_answered(director, index)


def is_answered(director: GroupDirector, index: int) -> bool:
    """Whether the coordinator has something to tell an owner before a commit of it fails as it rejoins."""
    for turn, before, after in while_rejoining(director, index):
        if not after.is_rejoining or turn.is_refused(before, after):
            return False
        if turn.commits or (turn.action == "locate" and before != after):
            return True
    return False


def while_rejoining(director: GroupDirector, index: int) -> Iterator[tuple[Round, Consumer, Consumer]]:
    """The steps that are to come as an owner rejoins, and the owner before and after them."""
    both = ((turn, *turn.pairs()[index][1:]) for turn in director.coming)
    rest = dropwhile(lambda each: not each[1].is_rejoining, both)
    return takewhile(lambda each: each[1].is_rejoining, rest)


def begin_rejoining(director: GroupDirector, turn: Round, index: int) -> None:
    """
    An owner rejoins; the rebalance is not over before its members have their assignments.

    Where its client commits meanwhile, and that is to fail, it has not even joined: it commits in a generation that is
    over by then. Where it would lose the partition by that, it has joined, and waits for metadata to assign by.
    """
    director.rejoining = None
    owner, network = director.reader(index), director.stage.network
    take_more(director, index)
    rules = owner.rules.rebalancing
    refused = [each for each in while_rejoining(director, index) if rules.accepts_meanwhile and is_late(*each)]
    is_lost = any(loses(each, after) for each, _, after in refused)
    commits_late = bool(refused) and (rules.survives_late_commits or is_lost)
    if refused and not commits_late:
        lead_slowly(director, turn, owner)
    network.close(JoinGroupRequest if commits_late else SyncGroupRequest)
    if turn.commits:
        network.open(OffsetCommitRequest)
    joining = [each for each in director.stage.applications if each.is_up] if commits_late else [owner]

    to_join = {director.order[at] for at, _, after in turn.pairs() if commits_late and after.status == "joining"}

    def have_begun() -> bool:
        for reader in joining:
            reader.polls = True
            if reader is not owner:
                network.let_in(JoinGroupRequest, reader.name)
        return not any(director.is_in_group(reader) for reader in joining) and to_join <= director.stage.known()

    director.until(have_begun, "the owner rejoining")
    network.close(OffsetCommitRequest)
    for reader in joining:
        reader.polls = False


def is_late(turn: Round, before: Consumer, after: Consumer) -> bool:
    """Whether a commit of an owner that rejoins is refused."""
    return turn.action == "lose assignment by commit" or turn.is_refused(before, after)


def loses(turn: Round, after: Consumer) -> bool:
    """Whether it loses its assignment by that, or its generation where there are some."""
    return turn.action == "lose assignment by commit" or (turn.has_generations and not after.generation)


def lead_slowly(director: GroupDirector, turn: Round, owner: DirectedReader) -> None:
    """
    Who is to assign waits for metadata before it does so, once more if it has to hear of a new partition before.

    Source: librdkafka ``rd_kafka_cgrp_handle_JoinGroup``, ``RD_KAFKA_CGRP_JOIN_STATE_WAIT_METADATA``.
    """
    network = director.stage.network
    members = [owner, *(director.reader(at) for at, _, after in turn.pairs() if after.status in ("member", "joining"))]

    def polling(is_so: Callable[[], bool]) -> bool:
        for each in members:
            each.polls = each.is_up
        return is_so()

    if turn.log_after.added is not None:
        network.close(JoinGroupRequest)
        director.until(lambda: polling(lambda: bool(network.of(JoinGroupRequest, owner.name))), "asking to rejoin")
    leader = leader_of(director) or owner
    network.untold.add(leader.name)
    director.until(lambda: bool(network.of(MetadataRequest, leader.name)), "asking for metadata")
    network.open(JoinGroupRequest)
    director.until(lambda: polling(lambda: has_joined(owner)), "the owner rejoining")


def has_joined(reader: DirectedReader) -> bool:
    """Whether it is of a generation that has begun, and waits for its assignment."""
    return reader.client is not None and reader.client.view().member.state == "completing rebalance"


def leader_of(director: GroupDirector) -> DirectedReader | None:
    """The instance that the coordinator has for the leader of the group."""
    group = director.stage.classic_group()
    leader = None if group is None or group.leader_id is None else group.members.get(group.leader_id)
    return None if leader is None else director.stage.applications[director.stage.number_of(leader.client_id)]
