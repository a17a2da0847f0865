"""What a director has members do whose group does not know them any more."""

from collections.abc import Iterator

from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.kernel.future import spawn
from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.lingering import is_put_out, set_out_to_join, will_linger
from ackproof.reference.refinement.directing.round import PROCESSING, Round


def put_out(director: GroupDirector, turn: Round) -> None:
    """
    Who is out of its group by a step, and reads on before it does anything else with it, does not hear so yet.

    Nor does who would join again in the background, or waits for a commit that is refused before it hears.
    """
    network = director.stage.network
    for index, before, after in turn.pairs():
        reader = director.reader(index)
        if not reader.is_up:
            network.unheard.discard(reader.name)
            network.outside.discard(reader.name)
        if before.status == "stale" and before.in_flight != after.in_flight and turn.action == "async commit arrives":
            network.hear(reader.name)
        if is_put_out(turn, index) and will_linger(director, index):
            set_out_to_join(director, index)
            continue
        if after.status != "stale" or before.status == "stale" or reader.name in network.outside:
            continue
        is_forgotten = turn.action == "offsets power loss"
        if is_forgotten and reader.rules.rejoins_in_background and not director.stage.is_modern:
            network.unheard.add(reader.name)
            network.outside.add(reader.name)
        elif is_forgotten and director.stage.is_modern and waits_in_vain(director, index, before):
            network.unheard.add(reader.name)
            commits.send_commit(director, index, turn)
        elif (
            hears_later(director, index)
            or is_to_stay_out(director, index)
            or (director.stage.is_modern and is_late_to_hear(director, index))
        ):
            network.unheard.add(reader.name)


def coming(director: GroupDirector, index: int) -> Iterator[Round]:
    """The steps that change a consumer after the present one, but for what it processes."""
    for turn in director.coming[1:]:
        _, before, after = turn.pairs()[index]
        if before != after and turn.action not in PROCESSING:
            yield turn


def reads_on(director: GroupDirector, index: int) -> bool:
    """Whether a consumer polls before anything else becomes of it, but for what it processes."""
    return any(turn.action == "poll" for turn in list(coming(director, index))[:1])


def hears_later(director: GroupDirector, index: int) -> bool:
    """Whether a consumer that is out of its group does something else before it hears so."""
    return reads_on(director, index) or commits_next(director, index)


def commits_next(director: GroupDirector, index: int) -> bool:
    """Whether a consumer of a classic group that would join again in the background commits as nobody before that."""
    following = list(coming(director, index))[:1]
    is_accepted = any(turn.action == "commit" and "refuses" not in turn.says for turn in following)
    return is_accepted and director.reader(index).rules.rejoins_in_background and not director.stage.is_modern


def is_to_stay_out(director: GroupDirector, index: int) -> bool:
    """Whether somebody commits as nobody while a consumer is out that would be back in the background by then."""
    if director.stage.is_modern or not director.reader(index).rules.rejoins_in_background:
        return False
    for turn in director.coming[1:]:
        if turn.pairs()[index][2].status != "stale":
            return False
        is_accepted = turn.action == "commit" and "refuses" not in turn.says
        if is_accepted and any(before.status == "stale" and before != after for _, before, after in turn.pairs()):
            return True
    return False


def is_late_to_hear(director: GroupDirector, index: int) -> bool:
    """Whether a consumer is replaced before it hears, or polls behind a commit that is refused."""
    following = list(coming(director, index))[:2]
    reads_behind = [turn.action for turn in following] == ["commit", "poll"] and "refuses" in following[0].says
    return reads_behind or is_replaced(director, index)


def is_replaced(director: GroupDirector, index: int) -> bool:
    """Whether somebody joins and has the partition while a consumer is out: in the background it would be back."""
    for turn in director.coming[1:]:
        if turn.pairs()[index][2].status != "stale":
            return False
        if any(before.status in ("absent", "out") and after.status == "owner" for _, before, after in turn.pairs()):
            return True
    return False


def waits_in_vain(director: GroupDirector, index: int, before: Consumer) -> bool:
    """Whether a consumer waits for a commit, and the next thing that becomes of it is that this is refused."""
    following = list(coming(director, index))[:1]
    return before.to_commit is not None and any(
        turn.action == "commit" and "refuses" in turn.says for turn in following
    )


def commit_unheard(director: GroupDirector, turn: Round, index: int) -> None:
    """Who has not heard that it is out of its group commits: as a member, or as nobody, for which it hears so first."""
    reader, network = director.reader(index), director.stage.network
    reader.to_commit = director.asked(index, turn.pairs()[index][1].to_commit)
    if "refuses" not in turn.says:
        commit_as_nobody(director, index)
        return
    director.stage.clock.run_until(director.stage.clock.now_ms + commits.SENDING_MS)
    if not reads_on(director, index):
        network.hear(reader.name)
    commits.hear_commit(director, index)
    if turn.commits:
        # As it is told that it gives the partition up.
        wanted = turn.committed_after
        commits.with_open(
            director, index, OffsetCommitRequest, lambda: director.stage.committed == wanted, f"the commit of {wanted}"
        )


def commit_as_nobody(director: GroupDirector, index: int) -> None:
    """A member hears that it is out of its group, and its application commits before anything else comes of that."""
    reader = director.reader(index)
    wanted, reader.to_commit = reader.to_commit, None
    hear(director, index)
    assert reader.client is not None
    assert reader.process is not None
    assert wanted is not None
    outcome = spawn(reader.process, reader.client.commit_sync(reader.offsets_of(wanted)))

    def is_answered() -> bool:
        director.stage.network.let_in(OffsetCommitRequest, reader.name)
        return outcome.is_done

    director.until(is_answered, "the answer to the commit")
    outcome.result()


def hear(director: GroupDirector, index: int) -> None:
    """A member hears that it is out of its group."""
    reader = director.reader(index)
    director.stage.network.hear(reader.name)
    director.until(lambda: not director.is_in_group(reader), "hearing of the end of the membership")


def hear_of_loss(director: GroupDirector, index: int) -> None:
    """A member gives the partition up as lost; behind the question where it starts it would not hear of that."""
    if stays_out(director, index):
        director.stage.network.outside.add(director.reader(index).name)

    def is_lost() -> bool:
        commits.put_off(director, index, OffsetFetchRequest)
        return not director.owns(index)

    director.until(is_lost, "the loss of the partition")


def stays_out(director: GroupDirector, index: int) -> bool:
    """Whether the eager group of a consumer sees a new partition before that joins again, be it in the background."""
    for turn in director.coming[1:]:
        if turn.pairs()[index][1].status != "out" or director.stage.setting.rules.rebalancing.keeps_reading:
            return False
        if turn.action == "partitions added":
            return True
    return False


def replace_failed(director: GroupDirector, index: int) -> None:
    """
    A client that is told that there is no such group fails for good, and another one takes its place.

    Threads of the application go on with what they hold.

    Source: ``AbstractHeartbeatRequestManager.onErrorResponse``: GROUP_ID_NOT_FOUND.
    """
    reader = director.reader(index)
    if reader.client is None or reader.client.view().member.state != "fatal" or not reader.in_hand:
        return
    held, process = reader.in_hand, reader.process
    director.until(lambda: reader.process not in (None, process), "another consumer")
    reader.in_hand = held
