"""What a director has the commits of a group do."""

from collections.abc import Callable

from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Consumer, named
from ackproof.reference.broker.apis.refusals import refusal
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.refinement.directing import offsets
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.round import Round

SENDING_MS = 30
"""Longer than an application takes to commit what it is told to, once it has polled."""


def with_open(director: GroupDirector, index: int, kind: type, is_so: Callable[[], bool], what: str) -> None:
    """A consumer polls while requests of a *kind* pass, until something is so."""
    reader, network = director.reader(index), director.stage.network
    network.open(kind)
    reader.polls = True
    try:
        director.until(is_so, what)
    finally:
        reader.polls = False
        network.close(kind)


def commit(director: GroupDirector, turn: Round) -> None:
    """The application commits, and waits for the answer."""
    index, before, _ = next(each for each in turn.pairs() if each[1] != each[2])
    if turn.commits and director.stage.network.untold:
        hear_assignment(director, index)
    director.reader(index).to_commit = director.asked(index, before.to_commit)
    hear_commit(director, index)


def hear_assignment(director: GroupDirector, index: int) -> None:
    """An owner whose commit has failed as it rejoins is through with that; the model may take note of it later."""
    reader, network = director.reader(index), director.stage.network
    network.open(SyncGroupRequest)
    network.tell_of_topics()
    reader.polls = True
    director.until(lambda: director.is_in_group(reader), "the assignment")
    reader.polls = False


def send_commit(director: GroupDirector, index: int, turn: Round) -> None:
    """What a consumer is to commit, and waits for, is on its way."""
    reader = director.reader(index)
    reader.to_commit = director.asked(index, turn.pairs()[index][1].to_commit)
    director.until(lambda: bool(director.stage.network.of(OffsetCommitRequest, reader.name)), "sending the commit")


def hear_commit(director: GroupDirector, index: int) -> None:
    """A consumer hears what has become of the commit that it waits for, be it behind its request to join."""
    reader, network = director.reader(index), director.stage.network
    if JoinGroupRequest not in network.opened:
        let_join(director)
    elif not director.is_in_group(reader) and not director.will_be_refused(index):
        network.open(SyncGroupRequest)

    def is_heard() -> bool:
        network.let_in(OffsetCommitRequest, reader.name)
        return reader.to_commit is None

    director.until(is_heard, "the answer to the commit")


def commit_in_background(director: GroupDirector, turn: Round) -> None:
    """A commit that nobody waits for arrives, or the client commits by itself."""
    index = next((at for at, before, after in turn.pairs() if before != after), None)
    if index is None:
        index = next(at for at, _, after in turn.pairs() if after.status == "owner")
    wanted, network = turn.committed_after, director.stage.network
    if turn.action == "async commit arrives":
        send_held_back(director, index, wanted)
    is_held_up = JoinGroupRequest not in network.opened or bool(network.untold)
    if turn.is_refused(*turn.pairs()[index][1:]) and is_held_up:
        refuse_in_background(director, index)
        return
    with_open(
        director, index, OffsetCommitRequest, lambda: director.stage.committed == wanted, f"the commit of {wanted}"
    )


def send_held_back(director: GroupDirector, index: int, offset: int | None) -> None:
    """An application sends only now what it was to send behind a commit that was refused for its epoch."""
    reader = director.reader(index)
    is_sent = bool(director.stage.network.of(OffsetCommitRequest, reader.name))
    if reader.rules.commit == "async" and not is_sent and offset not in (None, director.stage.committed):
        send_now(director, index, offset)


def refuse_in_background(director: GroupDirector, index: int) -> None:
    """A commit that nobody waits for comes behind its sender's request to join, when its generation is over."""
    reader, network = director.reader(index), director.stage.network
    let_join(director)
    if index in director.held_back:
        director.held_back.discard(index)
        send_now(director, index, director.coming[0].pairs()[index][1].in_flight[0])
    director.until(lambda: bool(network.of(OffsetCommitRequest, reader.name)), "the late commit")
    network.let_in(OffsetCommitRequest, reader.name)
    director.until(lambda: not network.of(OffsetCommitRequest, reader.name), "the answer to the late commit")


def commit_prefix(director: GroupDirector, turn: Round) -> None:
    """An application that hands records off commits the offset below which all are processed, or asks for it."""
    if not turn.commits:
        index, before, after = turn.changed()
        send_async(director, index, before, after)
        return
    index = next(at for at, _, _ in turn.pairs() if turn.says.endswith(named(at)))
    director.reader(index).to_commit = turn.committed_after
    hear_commit(director, index)


def send_async(director: GroupDirector, index: int, before: Consumer, after: Consumer) -> None:
    """The application sends a commit that it does not wait for, if it does so now."""
    reader = director.reader(index)
    is_sent = bool(after.in_flight) and after.in_flight != before.in_flight
    if reader.rules.commit != "async" or not is_sent or will_be_overtaken(director, index):
        return
    if comes_late(director, index, director.coming[0], after):
        director.held_back.add(index)
    else:
        send_now(director, index, after.in_flight[-1])


def send_now(director: GroupDirector, index: int, offset: int | None) -> None:
    """The application of a consumer that runs sends a commit that it does not wait for."""
    reader = director.reader(index)
    if reader.client is None or offset is None:
        return
    if director.stage.is_modern:
        # Behind a heartbeat that waits it would wait too.
        director.stage.network.hear(reader.name)
    reader.client.commit_async(reader.offsets_of(offset))
    if reader.name in director.stage.network.outside | director.stage.network.unheard:
        # It is behind a heartbeat that waits.
        director.stage.clock.run_until(director.stage.clock.now_ms + SENDING_MS)
        return
    # Who is rejoining does not even send it (``ConsumerCoordinator.sendOffsetCommitRequest``).
    director.until(
        lambda: not director.is_in_group(reader) or bool(director.stage.network.of(OffsetCommitRequest, reader.name)),
        "sending the commit",
    )


def will_be_overtaken(director: GroupDirector, index: int) -> bool:
    """Whether what a consumer has sent is refused for its epoch: it is sent only then, or heartbeats were behind it."""
    for turn in director.coming[1:]:
        _, before, after = turn.pairs()[index]
        if turn.refuses_older_epochs and before.in_flight != after.in_flight:
            return True
        if not after.in_flight:
            return False
    return False


def comes_late(director: GroupDirector, index: int, sending: Round, sender: Consumer) -> bool:
    """
    Whether what a consumer has sent is refused in a generation that has begun in the model, and is yet to begin.

    Before its request to join it would hold that up: its application sends it behind that.
    """
    sent = len(sender.in_flight)
    if director.rejoining != index or director.reader(index).rules.commit != "async":
        return False
    for turn in director.coming[director.coming.index(sending) + 1 :]:
        _, before, after = turn.pairs()[index]
        sent -= max(len(before.in_flight) - len(after.in_flight), 0)
        if sent <= 0:
            return turn.is_refused(before, after)
    return False


def accept_unheard(director: GroupDirector, index: int, to_commit: int | None) -> None:
    """The coordinator accepts a commit that a consumer waits for, and its answer does not get far."""
    stage, reader = director.stage, director.reader(index)
    reader.to_commit = director.asked(index, to_commit)
    director.until(lambda: bool(stage.network.of(OffsetCommitRequest, reader.name)), "the commit")
    stage.network.of(OffsetCommitRequest, reader.name)[0].admit()
    director.until(lambda: stage.committed == to_commit, f"the commit of {to_commit}")
    offsets.replicate(director)


def put_off(director: GroupDirector, index: int, kind: type = OffsetCommitRequest) -> None:
    """The coordinator is loading as a consumer commits, or asks: what is behind that passes, and it asks again."""
    network, loading = director.stage.network, KafkaError(ErrorCode.coordinator_load_in_progress)
    for waiting in network.of(kind, director.reader(index).name):
        network.waiting.remove(waiting)
        waiting.outcome.resolve(refusal(waiting.request.body, loading, waiting.request.version))


def let_join(director: GroupDirector) -> None:
    """Whoever is about to join does so, once what is to be committed is on its way behind that."""
    director.stage.clock.run_until(director.stage.clock.now_ms + SENDING_MS)
    director.stage.network.open(JoinGroupRequest)


def lose_answer(director: GroupDirector, turn: Round) -> None:
    """The coordinator accepts a commit, and its answer is lost with the connection: the client will ask again."""
    offsets.accept_unheard(director, turn)
    index = next(at for at, each, _ in turn.pairs() if each.to_commit is not None)
    lose_commits(director, index)


def lose_commit(director: GroupDirector, turn: Round) -> None:
    """A commit that nobody waits for is lost on its way."""
    index, _, _ = turn.changed()
    lose_commits(director, index)


def lose_commits(director: GroupDirector, index: int) -> None:
    """The connection that holds the commits of a consumer breaks."""
    network, name = director.stage.network, director.reader(index).name
    lost = network.of(OffsetCommitRequest, name)
    if not lost:
        raise NotDirectedError("no commit is on its way")
    network.waiting = [each for each in network.waiting if each not in lost]
    for number in {each.caller.connection for each in lost}:
        wire = network.wires.pop(number)
        wire.drop_unserved()
        wire.dies()
