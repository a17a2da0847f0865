"""What a director has a commit do that is overtaken by a new epoch of its sender (KIP-848, KAFKA-20066)."""

from kio.schema.offset_commit.v9.request import OffsetCommitRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import Round


def refused(turn: Round) -> int | None:
    """Who commits with an epoch that is older than its present one; None if nobody does."""
    if not turn.refuses_older_epochs:
        return None
    return next(index for index, before, after in turn.pairs() if is_refused(turn, before, after))


def is_refused(turn: Round, before: Consumer, after: Consumer) -> bool:
    """Whether the commit of a consumer is the one that is refused."""
    if before.to_commit is None:
        return before.in_flight != after.in_flight
    return after.to_commit is None or after.answer == "put off" != before.answer


def overtake(director: GroupDirector, turn: Round, index: int) -> None:
    """The coordinator gives a member a new epoch; before that hears so it commits, and is refused."""
    network, reader = director.stage.network, director.reader(index)
    start_all(director, turn)
    network.hears_late.add(reader.name)

    def has_new_epoch() -> bool:
        if network.of(OffsetCommitRequest, reader.name):
            # What it asks again comes behind its next heartbeat.
            commits.put_off(director, index)
        return known_epoch(director, index) != director.epoch(index)

    director.until(has_new_epoch, "a new epoch")
    _, before, _ = turn.pairs()[index]
    if before.to_commit is not None:
        commits.send_commit(director, index, turn)
    else:
        commits.send_now(director, index, before.in_flight[0])
    network.hears_late.discard(reader.name)
    commits.hear_commit(director, index)


def commit_in_background(director: GroupDirector, turn: Round) -> None:
    """A commit that nobody waits for arrives, be it that its sender has a newer epoch by then."""
    overtaken = refused(turn)
    if overtaken is None:
        commits.commit_in_background(director, turn)
    else:
        overtake(director, turn, overtaken)


def start_all(director: GroupDirector, turn: Round) -> None:
    """Whoever is to be in the group starts, and polls; so does who has asked to join a group that put it out."""
    for index, before, after in turn.pairs():
        reader = director.reader(index)
        has_asked = after.status == "joining" and director.order[index] not in director.stage.known()
        if after.status in ("member", "joining") and not reader.is_up:
            reader.start()
            reader.polls = True
        elif (turn.has_generations and has_asked) or (before.status == "out" and after.status == "member"):
            reader.polls = True


def has_all(director: GroupDirector, turn: Round) -> bool:
    """Whether the partition is with whom it is with in the model, and the group knows its members in their epochs."""
    members = (index for index, _, after in turn.pairs() if after.status in ("owner", "member"))
    return director.has(turn) and not any(is_fenced(director, index) for index in members)


def is_fenced(director: GroupDirector, index: int) -> bool:
    """Whether the group of a consumer does not know the epoch that it has, as it has lost what it knew."""
    known, own = known_epoch(director, index), director.epoch(index)
    return director.stage.is_modern and own is not None and own > 0 and (known is None or known < own)


def known_epoch(director: GroupDirector, index: int) -> int | None:
    """The epoch of a consumer, as its coordinator has it."""
    group, client = director.stage.group(), director.reader(index).client
    if not isinstance(group, ConsumerGroup) or client is None:
        return None
    member = group.members.get(client.view().member.member_id)
    return None if member is None else member.epoch
