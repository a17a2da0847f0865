"""What a director has a group do before a step, as other steps are to come."""

from collections.abc import Callable, Iterable, Iterator, Set
from itertools import dropwhile, takewhile

from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing import adding, ages, commits
from ackproof.reference.refinement.directing.added import are_assigned
from ackproof.reference.refinement.directing.balancing import take_more
from ackproof.reference.refinement.directing.forgotten import put_out
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.lingering import set_out_to_join, will_linger
from ackproof.reference.refinement.directing.readers import DirectedReader
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.standing import go_on
from ackproof.reference.refinement.directing.starting import ask_before, starts_meanwhile

JOINING = ("ask to join", "member joins", "restart in time")
"""What others do that join where a rebalance takes several steps."""


def prepare(director: GroupDirector, turn: Round) -> None:
    """What has to be so before a step."""
    put_out(director, turn)
    go_on(director, turn)
    ages.age_before_start(director, turn)
    ages.age_commit(director, turn)
    for index, before, _ in turn.pairs():
        is_last = turn.commits and before.status in ("owner", "stale")
        director.reader(index).to_commit_last = director.asked(index, turn.committed_after) if is_last else None
    rejoining = director.rejoining
    if rejoining is not None and not turn.pairs()[rejoining][1].is_rejoining:
        director.rejoining = None
        let_in(director)
    elif rejoining is not None and is_due(director, rejoining):
        begin_rejoining(director, turn, rejoining)
    else:
        rejoin_again(director, turn)


def rejoin_again(director: GroupDirector, turn: Round) -> None:
    """An owner whose commit is to fail as it rejoins, and which is through with that, rejoins once more."""
    for index, before, after in turn.pairs() if director.rejoining is None and not turn.has_generations else ():
        reader = director.reader(index)
        is_late_again = before.is_rejoining and turn.is_refused(before, after) and director.is_in_group(reader)
        if is_late_again and reader.rules.rebalancing.accepts_meanwhile:
            rejoin_for_added([reader])
            begin_rejoining(director, turn, index)


def rejoin(director: GroupDirector, turn: Round, index: int) -> None:
    """An owner that reads on is to rejoin: at once, or once the coordinator has answered all that it is to before."""
    if will_linger(director, index):
        set_out_to_join(director, index)
        return
    director.rejoining = index
    for at, before, after in turn.pairs():
        if before.status in ("absent", "out") and after.status in ("member", "joining"):
            director.stage.network.outside.add(director.reader(at).name)
    if turn.commits or is_due(director, index):
        begin_rejoining(director, turn, index)


def is_due(director: GroupDirector, index: int) -> bool:
    """Whether an owner may rejoin by now: it is not busy, and nothing is to be answered behind its request to join."""
    reader, (_, present, _) = director.reader(index), director.coming[0].pairs()[index]
    # What it is to commit before it processes that it has not begun to commit, or its client joins meanwhile.
    joins_now = reader.to_commit is None or reader.rules.rebalancing.accepts_meanwhile
    is_to_commit = present.to_commit is not None and joins_now
    is_processing = bool(reader.in_hand) and not (reader.rules.is_handed_off or is_to_commit)
    return not is_processing and not is_answered(director, index)


def is_answered(director: GroupDirector, index: int) -> bool:
    """
    Whether the coordinator has something to tell an owner before a commit of it fails as it rejoins.

    So it is with others that are to join the same generation, or are gone before it begins, unless it sends a commit
    before that.
    """
    has_begun = has_sent = False
    for turn, before, after in while_rejoining(director, index):
        sends = len(after.in_flight) > len(before.in_flight) and not commits.comes_late(director, index, turn, after)
        has_sent = has_sent or sends
        if not after.is_rejoining or turn.is_refused(before, after):
            return False
        has_begun = has_begun or turn.action == "begin generation"
        changes = turn.action in JOINING or bool(turn.members_before - turn.members_after)
        is_located = turn.action == "locate" and before != after and not starts_meanwhile(director, index)
        if has_sent:
            is_told = turn.accepts and len(after.in_flight) < len(before.in_flight)
        else:
            is_told = turn.accepts or (changes and not has_begun) or is_located
        if is_told:
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
    if starts_meanwhile(director, index):
        ask_before(director, index)
    if director.commits_positions(index):
        adding.wait_for_metadata(director)
    see_out(director, turn)
    take_more(director, index)
    rules = owner.rules.rebalancing
    refused = [each for each in while_rejoining(director, index) if rules.accepts_meanwhile and is_late(*each)]
    is_lost = any(loses(each, after) for each, _, after in refused)
    commits_late = bool(refused) and (rules.survives_late_commits or is_lost)
    if refused and not commits_late:
        lead_slowly(director, turn, index)
    let_in(director)
    network.close(JoinGroupRequest if commits_late else SyncGroupRequest)
    if any(each.loses_partition for each, _, _ in while_rejoining(director, index)):
        network.close(SyncGroupRequest)
    if turn.commits:
        network.open(OffsetCommitRequest)
    # Who has not heard that it is out of the group joins later.
    members = [each for each in director.stage.applications if each.is_up and each.name not in network.unheard]
    # Who leads the group, and rejoins as there are more partitions, may be another one.
    joining = [owner] if are_assigned(director.stage) and not commits_late else members
    if turn.log_after.added is not None or not are_assigned(director.stage):
        rejoin_for_added(each for each in joining if each is not owner)

    to_join = {director.order[at] for at in joining_in(turn) if commits_late}

    def have_begun() -> bool:
        join_first(director, index)
        adding.let_rejoin(director, turn)
        for reader in joining:
            reader.polls = True
            if reader is not owner:
                network.let_in(JoinGroupRequest, reader.name)
        has_asked = owner.to_commit is None or not commits_late or bool(network.of(JoinGroupRequest, owner.name))
        have_left = not any(director.is_in_group(reader) for reader in joining)
        return have_left and has_asked and to_join <= director.stage.known()

    director.until(have_begun, "the owner rejoining")
    network.close(OffsetCommitRequest)
    for reader in joining:
        reader.polls = False


def see_out(director: GroupDirector, turn: Round) -> None:
    """The sessions end of those that are gone: whoever has asked to join before that would wait for too long."""
    away = {director.order[at] for at, _, _ in turn.pairs() if not director.reader(at).is_up}
    gone = away - {director.order[at] for at in turn.members_after}
    sessions_end(director, gone)


def sessions_end(director: GroupDirector, numbers: Set[int]) -> None:
    """The sessions end of instances that are silent; what others commit does not keep their heartbeats waiting."""

    def are_over() -> bool:
        for index in range(len(director.order)):
            join_first(director, index)
        return not numbers & director.stage.known()

    director.until(are_over, "the end of sessions")


def let_in(director: GroupDirector) -> None:
    """Who is to join does so; who was to be put out before that, and still is a member, is put out by now."""
    for reader in director.stage.applications:
        if reader.name not in director.stage.network.outside:
            continue
        if director.is_in_group(reader) and reader.process is not None:
            put_out_by_its_session(director, reader)
        director.stage.network.let_back(reader.name)


def put_out_by_its_session(director: GroupDirector, reader: DirectedReader) -> None:
    """A process stands still until its session has ended, and hears of that as it polls."""
    assert reader.process is not None
    reader.process.pause()
    sessions_end(director, {director.stage.applications.index(reader)})
    reader.process.resume()
    reader.polls = True
    director.until(lambda: not director.is_in_group(reader), "hearing of the end of the membership")


def put_out_by_now(director: GroupDirector, turn: Round) -> None:
    """
    Who has stood still, and joins again, is put out by now: its group may not have rebalanced since.

    Else nobody would rejoin, and an owner that gets the partition again would go on from where it is.
    """
    pairs = turn.pairs()
    owners = [at for at, before, after in pairs if before.status == "owner" == after.status and after.position is None]
    if any(director.position(at) is not None for at in owners):
        for index, before, after in pairs:
            reader = director.reader(index)
            if before.status == "out" and after.status == "member" and reader.is_up and director.is_in_group(reader):
                put_out_by_its_session(director, reader)


def join_first(director: GroupDirector, index: int) -> None:
    """
    A commit that an owner waits for, and whose answer was lost, is sent again behind its request to join.

    Source: librdkafka ``rd_kafka_cgrp_serve``, which joins as the coordinator is back, and then turns to the commits
    that ``rd_kafka_cgrp_defer_offset_commit`` has put aside.
    """
    if director.reader(index).to_commit is not None:
        commits.put_off(director, index)


def joining_in(turn: Round) -> list[int]:
    """Who waits for a rebalance to complete, and is a member, as far as the coordinator is modelled."""
    joining = (at for at, _, after in turn.pairs() if after.status == "joining")
    return [at for at in joining if not turn.has_generations or at in turn.members_after]


def rejoin_for_added(readers: Iterable[DirectedReader]) -> None:
    """
    Members see that there is a new partition, and are to rejoin for that, as the owner is who waits with that.

    Source: librdkafka ``rd_kafka_cgrp_metadata_update_check``: all watch their topics, not only the leader.
    """
    for reader in readers:
        if reader.client is not None:
            reader.client.enforce_rebalance()


def is_late(turn: Round, before: Consumer, after: Consumer) -> bool:
    """Whether a commit of an owner that rejoins is refused."""
    return turn.action == "lose assignment by commit" or turn.is_refused(before, after)


def loses(turn: Round, after: Consumer) -> bool:
    """Whether it loses its assignment by that, or its generation where there are some."""
    return turn.action == "lose assignment by commit" or (turn.has_generations and not after.generation)


def lead_slowly(director: GroupDirector, turn: Round, index: int) -> None:
    """
    Who is to assign waits for metadata before it does so, once more if it has to hear of a new partition before.

    Source: librdkafka ``rd_kafka_cgrp_handle_JoinGroup``, ``RD_KAFKA_CGRP_JOIN_STATE_WAIT_METADATA``.
    """
    owner, network = director.reader(index), director.stage.network
    new = [director.reader(at) for at in joining_in(turn)]
    members = [owner, *new, *(director.reader(at) for at, _, after in turn.pairs() if after.status == "member")]
    numbers = {director.stage.applications.index(reader) for reader in new}

    def until(is_so: Callable[[], bool], what: str, *polling: DirectedReader) -> None:
        def is_so_by_now() -> bool:
            join_first(director, index)
            for each in polling:
                each.polls = each.is_up
            return is_so()

        director.until(is_so_by_now, what)

    leader = leader_of(director) or owner
    # It may be the only one that a rebalance waits for.
    is_awaited = not new and is_preparing(director)
    if is_awaited:
        network.close(JoinGroupRequest)
    if has_position(leader):
        # It asks another broker than the one that it reads from, so what it reads is not behind that.
        until(lambda: bool(network.of(FetchRequest, leader.name)), "asking to read", leader)
        leader.polls = False
    let_in(director)
    # Who rejoins before them may be of a generation without them.
    until(lambda: numbers <= director.stage.known(), "asking to join", *new)
    if is_awaited or turn.log_after.added is not None or not are_assigned(director.stage):
        network.close(JoinGroupRequest)
        until(lambda: bool(network.of(JoinGroupRequest, owner.name)), "asking to rejoin", *members)
        leader.polls = False
    network.untold.add(leader.name)
    until(lambda: bool(network.of(MetadataRequest, leader.name)), "asking for metadata")
    network.open(JoinGroupRequest)
    until(lambda: has_joined(owner), "the owner rejoining", *members)


def has_position(reader: DirectedReader) -> bool:
    """Whether it knows from where to read the partition."""
    return reader.client is not None and reader.client.view().positions.get(PLACE) is not None


def has_joined(reader: DirectedReader) -> bool:
    """Whether it is of a generation that has begun, and waits for its assignment."""
    return reader.client is not None and reader.client.view().member.state == "completing rebalance"


def is_preparing(director: GroupDirector) -> bool:
    """Whether the coordinator waits for members to rejoin."""
    group = director.stage.classic_group()
    return group is not None and group.state == "PreparingRebalance"


def leader_of(director: GroupDirector) -> DirectedReader | None:
    """The instance that the coordinator has for the leader of the group."""
    group = director.stage.classic_group()
    leader = None if group is None or group.leader_id is None else group.members.get(group.leader_id)
    return None if leader is None else director.stage.applications[director.stage.number_of(leader.client_id)]
