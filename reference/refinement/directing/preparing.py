"""What a director has a group do before a step, as other steps are to come."""

from collections.abc import Iterable, Iterator
from itertools import dropwhile, takewhile

from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.refinement.directing import adding, ages, commits
from ackproof.reference.refinement.directing.added import are_assigned
from ackproof.reference.refinement.directing.balancing import take_more
from ackproof.reference.refinement.directing.forgotten import put_out
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.joining import (
    join_first,
    joining_in,
    let_in,
    put_out_by_its_session,
    see_out,
    sessions_end,
)
from ackproof.reference.refinement.directing.leading import lead_slowly
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
    if turn.action == "partitions added":
        put_out_unheard(director, turn)
    adding.add_early(director, turn)
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
    is_refused, commits_late = refusal_of(director, index)
    if is_refused and not commits_late:
        lead_slowly(director, turn, index)
    let_in(director)
    network.close(JoinGroupRequest if commits_late else SyncGroupRequest)
    if any(each.loses_partition for each, _, _ in while_rejoining(director, index)):
        network.close(SyncGroupRequest)
    if turn.commits:
        network.open(OffsetCommitRequest)
    # Who leads the group, and rejoins as there are more partitions, may be another one.
    joining = [owner] if are_assigned(director.stage) and not commits_late else members_by_now(director)
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


def refusal_of(director: GroupDirector, index: int) -> tuple[bool, bool]:
    """Whether a commit of an owner that rejoins is refused, and whether that is so because it comes too late."""
    rules = director.reader(index).rules.rebalancing
    refused = [each for each in while_rejoining(director, index) if rules.accepts_meanwhile and is_late(*each)]
    is_lost = any(loses(each, after) for each, _, after in refused)
    return bool(refused), bool(refused) and (rules.survives_late_commits or is_lost)


def members_by_now(director: GroupDirector) -> list[DirectedReader]:
    """Who runs; who is out of the group, or has not heard so, joins later."""
    unheard = director.stage.network.unheard
    pairs = director.coming[0].pairs()
    inside = (director.reader(at) for at, _, after in pairs if after.status not in ("stale", "out"))
    return [each for each in inside if each.is_up and each.name not in unheard]


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


def put_out_unheard(director: GroupDirector, turn: Round) -> None:
    """
    Who is out of the group, and has not heard so, is put out by now, where the group is to see a new partition.

    It may lead the group, or would be assigned that.
    """
    away = [director.reader(at) for at, before, _ in turn.pairs() if before.status in ("stale", "out")]
    for reader in away:
        number = director.stage.applications.index(reader)
        if reader.is_up and reader.process is not None and number in director.stage.known():
            reader.process.pause()
            sessions_end(director, {number})
            reader.process.resume()


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
