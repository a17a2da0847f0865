"""What a director has a group and its instances do."""

from collections.abc import Iterator, Mapping

from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Consumer, named
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing import adding, ages, commits, epochs, expiring, processing
from ackproof.reference.refinement.directing.balancing import learns_next, take_back, take_turn_before
from ackproof.reference.refinement.directing.forgotten import commit_unheard, hear_of_loss, hears_later, replace_failed
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.preparing import put_out_by_now, rejoin
from ackproof.reference.refinement.directing.reader_network import BATCH_BYTES, FETCH_MS
from ackproof.reference.refinement.directing.readers import DirectedReader
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.starting import is_located


def append(director: GroupDirector, turn: Round) -> None:
    """The producer's next record is there."""
    ages.age_records(director, turn)
    writer = director.stage.writer
    writer.hand_over()
    director.until(lambda: writer.next - 1 in writer.offsets, "the append")


def settle(director: GroupDirector, turn: Round) -> None:
    """Whoever is in the group, or to join it, polls until it has its assignment."""
    if turn.forgets_commit:
        expiring.wait_for_expiry(director, turn)
    for kind in (JoinGroupRequest, SyncGroupRequest):
        director.stage.network.open(kind)
    director.stage.network.tell_of_topics()
    if turn.commits:
        director.stage.network.open(OffsetCommitRequest)
    take_turn_before(director, turn)
    waiting = [at for at, before, _ in turn.pairs() if before.status in ("member", "joining")]
    ahead = {at: director.epoch(at) for at in waiting if director.owns(at)}
    polling = called(director, turn)
    take_back(director, turn, polling)

    def is_settled() -> bool:
        # A member of a group that is gone dies of that, and starts again.
        for reader in polling:
            reader.polls = True
        if epochs.has_all(director, turn) and adding.are_taken(director, turn):
            return True
        refuse_nobody(director, turn)
        adding.let_rejoin(director, turn)
        for name in held_up(director, turn, ahead):
            # Where it starts it may commit by itself: that is so already.
            for kind in (OffsetFetchRequest, OffsetCommitRequest):
                director.stage.network.let_in(kind, name)
        for index in range(len(director.order)):
            if not director.owns(index):
                # What it reads of other topics keeps waiting what it asks about them, and then it may have to assign.
                director.stage.network.let_in(FetchRequest, director.reader(index).name)
        return False

    director.until(is_settled, "the assignment")
    director.stage.network.close(OffsetCommitRequest)
    for reader in director.stage.applications:
        reader.polls = False
    if director.stage.network.is_serving(FetchRequest):
        # What comes next is not for who has asked before it was assigned the partition.
        director.stage.clock.run_until(director.stage.clock.now_ms + FETCH_MS)


def called(director: GroupDirector, turn: Round) -> list[DirectedReader]:
    """Whoever is to poll until it has its assignment; who is not there yet begins."""
    polling = list[DirectedReader]()
    for index, before, after in turn.pairs():
        reader = director.reader(index)
        if before.status == "out":
            # What it has asked to commit by itself is refused, and keeps waiting what comes behind it.
            director.stage.network.let_in(OffsetCommitRequest, reader.name)
        # Who waits for its assignment may have it earlier than in the model; who is out and has not heard so may not.
        if after.status in ("owner", "member", "joining") and reader.name not in director.stage.network.unheard:
            if not reader.is_up:
                reader.start()
                ages.idle(director, reader)
            elif before.in_hand and not (reader.rules.is_handed_off or reader.rules.rejoins_in_background):
                continue
            director.stage.network.let_back(reader.name)
            polling.append(reader)
    return polling


def held_up(director: GroupDirector, turn: Round, ahead: Mapping[int, int | None]) -> Iterator[str]:
    """
    Owners that have to hear of their group behind the answer to where they start, which then does not matter.

    Args:
        ahead: Who has been assigned earlier than in the model, and in which epoch.
    """
    for index, before, after in turn.pairs():
        # Who had it by what its coordinator has forgotten may be assigned it in between.
        is_between = director.stage.is_modern and before.status == "member" == after.status
        is_between |= before.status == "joining" and learns_next(director, index)
        if is_between or (index in ahead and ahead[index] == director.epoch(index)):
            yield director.reader(index).name
        is_to_lose = after.status != "owner" and turn.committed_before is not None
        if before.status == "owner" and before.position is None and (is_to_lose or epochs.is_fenced(director, index)):
            yield director.reader(index).name


def refuse_nobody(director: GroupDirector, turn: Round) -> None:
    """What a static member that is back in time has committed as nobody, before it joins again, its group refuses."""
    for index, before, _ in turn.pairs():
        reader = director.reader(index)
        may_commit = (reader.rules.commits_as_nobody or bool(before.in_flight)) and not director.stage.is_modern
        is_waited_for = before.status == "silent" and director.order[index] in director.stage.known()
        if may_commit and is_waited_for and not director.is_in_group(reader):
            director.stage.network.let_in(OffsetCommitRequest, reader.name)


def locate(director: GroupDirector, turn: Round) -> None:
    """An owner learns where to start, be it from the sink that keeps that."""
    index, before, after = turn.changed()
    if before.position is not None:
        ages.locate_again(director, turn)
        return
    reader, kept = director.reader(index), director.stage.sink.offset
    if reader.rules.commit == "with-sink" and kept is not None and reader.client is not None:
        reader.client.seek(PLACE, kept)
    director.stage.network.tell_offsets(reader.name)
    commits.with_open(director, index, OffsetFetchRequest, lambda: is_located(director, index), "the position")
    if director.stage.is_modern and turn.is_settled and not director.has(turn):
        # What it has heard behind that it has yet to acknowledge.
        settle(director, turn)
    if director.position(index) != after.position:
        raise NotDirectedError(f"it starts at {director.position(index)}")


def poll(director: GroupDirector, turn: Round) -> None:
    """A consumer is handed records, and no more of them."""
    index, before, after = turn.changed()
    reader, held = director.reader(index), len(director.reader(index).held)
    network = director.stage.network

    def is_handed() -> bool:
        network.let_one_read(reader.name)
        # It may be handed something of another partition meanwhile.
        reader.polls = len(reader.held) == held
        return not reader.polls

    network.fed.discard(reader.name)
    network.fetched_bytes[reader.name] = ((after.position or 0) - (before.position or 0)) * BATCH_BYTES
    reader.polls = True
    director.until(is_handed, "being handed a record")
    reader.polls = False
    if after.status == "stale" and not (reader.name in network.outside or hears_later(director, index)):
        network.hear(reader.name)
    if director.position(index) != after.position:
        raise NotDirectedError(f"its position is {director.position(index)}")
    commits.send_async(director, index, before, after)
    if (
        reader.rules.commit == "auto"
        and reader.rules.auto_commit.stores == "application"
        and reader.rules.is_before_processing
    ):
        processing.store(reader, after)


def commit(director: GroupDirector, turn: Round) -> None:
    """The application commits, and waits for the answer; who is fenced dies of that, and starts again."""
    index, before, after = next(each for each in turn.pairs() if each[1] != each[2])
    if before.status == "stale" and director.reader(index).name in director.stage.network.unheard:
        commit_unheard(director, turn, index)
    else:
        commits.commit(director, turn)
    if (before.status, after.status) == ("silent", "owner"):
        director.reader(index).crash()
        director.reader(index).client = None
        settle(director, turn)


def crash(director: GroupDirector, turn: Round) -> None:
    """An instance's process dies, or stops without closing; the group puts it out in the end."""
    index, _, after = who_is_gone(turn)
    director.reader(index).crash()
    director.reader(index).client = None
    if not after.in_flight and director.stage.network.of(OffsetCommitRequest, director.reader(index).name):
        commits.lose_commits(director, index)
    number = director.order[index]
    if after.status in ("owner", "member"):
        settle(director, turn)
        return
    if director.next_of(index) == "restart in time":
        return
    if any(other.status == "owner" for _, _, other in turn.pairs()):
        others_go_on(director, turn)
    elif not director.reader(index).rules.rebalancing.is_by_coordinator:
        director.until(lambda: number not in director.stage.known(), "the session's end")


def who_is_gone(turn: Round) -> tuple[int, Consumer, Consumer]:
    """The consumer that a fault has happened to, before and after that; others may lose the partition by it as well."""
    return next(each for each in turn.pairs() if turn.says.startswith(f"{named(each[0])} "))


def failure_crashes(director: GroupDirector, turn: Round) -> None:
    """The process dies of a record, which the sink may have got, or closes its consumer before it ends."""
    processing.keep(director, turn, turn.processed())
    rules = director.stage.setting.rules
    closes = rules.on_processing_failure == "stop" and rules.closes_cleanly
    (leave if closes else crash)(director, turn)


def notice(director: GroupDirector, turn: Round) -> None:
    """Who polls hears that it is no longer in the group, or is back in it at once."""
    index, _, after = turn.changed()
    if after.status == "owner":
        settle(director, turn)
        return
    reader = director.reader(index)
    director.stage.network.hear(reader.name)
    if turn.commits:
        director.stage.network.open(OffsetCommitRequest)
    reader.polls = True
    director.stage.network.let_in(SyncGroupRequest, reader.name)
    hear_of_loss(director, index)
    replace_failed(director, index)
    reader.polls = False
    director.stage.network.close(OffsetCommitRequest)
    if not after.in_flight and director.stage.network.of(OffsetCommitRequest, reader.name):
        # Nobody waits for what it has committed by itself as nobody.
        commits.lose_commits(director, index)


def leave(director: GroupDirector, turn: Round) -> None:
    """An instance closes its consumer."""
    index, _, _ = who_is_gone(turn)
    reader, network = director.reader(index), director.stage.network
    if "commit of offset" not in turn.says or "is lost" not in turn.says:
        network.open(OffsetCommitRequest)
    if reader.rules.commit != "auto":
        # Closing waits for what is under way.
        network.open(OffsetFetchRequest)
    reader.is_to_close = True
    director.until(lambda: not reader.is_up, "the end of the instance")
    network.close(OffsetCommitRequest)
    network.close(OffsetFetchRequest)
    reader.client = None
    if any(after.status == "owner" for _, _, after in turn.pairs()):
        others_go_on(director, turn)


def others_go_on(director: GroupDirector, turn: Round) -> None:
    """The group rebalances without who is gone; an owner that keeps reading only hears of that, and rejoins."""
    rejoining = next((at for at, _, after in turn.pairs() if after.status == "owner" and after.is_rejoining), None)
    if rejoining is None:
        settle(director, turn)
    else:
        rejoin(director, turn, rejoining)


def join(director: GroupDirector, turn: Round) -> None:
    """The group rebalances, as somebody joins; an owner that keeps reading only hears of it, and rejoins."""
    if any(after.status == "joining" and after.in_flight for _, _, after in turn.pairs()):
        give_up_early(director, turn)
        return
    rejoining = next((index for index, _, after in turn.pairs() if after.is_rejoining), None)
    if rejoining is None:
        join_again(director, turn)
        return
    epochs.start_all(director, turn)
    rejoin(director, turn, rejoining)


def join_again(director: GroupDirector, turn: Round) -> None:
    """An instance joins, and may overtake a commit with the epoch that an owner has by that."""
    overtaken = epochs.refused(turn)
    if overtaken is not None:
        epochs.overtake(director, turn, overtaken)
    put_out_by_now(director, turn)
    settle(director, turn)


def give_up_early(director: GroupDirector, turn: Round) -> None:
    """An owner gives up the partition while its commit is on its way; what it asks to join with is behind that."""
    epochs.start_all(director, turn)
    index = next(at for at, _, after in turn.pairs() if after.in_flight)
    reader, network = director.reader(index), director.stage.network
    reader.polls = True
    director.until(lambda: bool(network.of(OffsetCommitRequest, reader.name)), "sending the commit")
    director.until(lambda: not director.owns(index), "the partition being given up")
    reader.polls = False
