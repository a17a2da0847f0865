"""What a director has the members of a group do that makes transactions, by the actions of the model."""

from collections.abc import Callable, Sequence

from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest

from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.transactions.application import DirectedInstance
from ackproof.reference.refinement.directing.transactions.director import LONG_MS, TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.directing.transactions.stage import RETENTION_MS

OF_MEMBERS = frozenset({"ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"})
"""What is answered to who is not in the group."""

GONE = "the end of its session"


def join(director: TransactionDirector, move: Move) -> None:
    """Instances join their group, which has put their last processes out by then, and it assigns the partition."""
    director.network.tell_of_rebalance()
    after = {index: instance.status for index, _, instance in move.pairs() if instance.status in ("member", "owner")}
    owner = next((director.instance(index) for index, status in after.items() if status == "owner"), None)
    for index, status in after.items():
        instance = director.instance(index)
        is_first = owner is not None and is_member(director, owner) and instance.rank < owner.rank
        if not is_member(director, instance) or is_first:
            leave_group(director, instance)
            ranks = [each.rank for each in director.stage.instances]
            instance.join(min(ranks) - 1 if status == "owner" else max(ranks) + 1)
    settle(director, move)


def is_member(director: TransactionDirector, instance: DirectedInstance) -> bool:
    """Whether the group takes an instance for one of its members."""
    group = director.stage.group()
    member_id = None if instance.consumer is None else instance.consumer.view().member.member_id
    return group is not None and member_id in group.members


def leave_group(director: TransactionDirector, instance: DirectedInstance) -> None:
    """Who is assigned the partition by its place among the members gets another one, as another member."""
    if instance.consumer is not None:
        instance.leave()
        director.until(lambda: instance.calls["leave"].is_done, "the end of its consumer", LONG_MS)
        instance.consumer = None


def settle(director: TransactionDirector, move: Move) -> None:
    """The group assigns the partition to whom it is assigned in the model."""
    indexes = [index for index, _, after in move.pairs() if after.status in ("member", "owner")]
    members, stage = [director.instance(index) for index in indexes], director.stage

    def is_settled() -> bool:
        group = stage.group()
        known = 0 if group is None else len(group.members)
        return known == len(members) and all(map(stage.is_stable, members))

    poll_until(director, members, is_settled, "the assignment")
    for index in indexes:
        if stage.owns(director.instance(index)) != (move.instances_after[index].status == "owner"):
            raise NotDirectedError("the partition is assigned to another instance")


def poll_until(
    director: TransactionDirector, members: Sequence[DirectedInstance], is_so: Callable[[], bool], what: str
) -> None:
    """Instances poll until something is so; what they are handed meanwhile is not theirs any more."""

    def is_so_at_last() -> bool:
        for instance in members:
            instance.in_hand, instance.polls = [], True
        return is_so()

    director.until(is_so_at_last, what, LONG_MS)
    for instance in members:
        instance.polls = False


def pause(director: TransactionDirector, move: Move) -> None:
    """A process stands still until its group has put it out, and goes on once another has what it had, if one has."""
    index = move.whose()
    instance = director.instance(index)
    process = instance.process
    assert process is not None
    for each, before in zip(director.stage.instances, move.instances_before, strict=True):
        is_to_read = each is instance and before.status == "owner"
        if is_to_read or before.phase == "in-transaction" or before.position is not None:
            # Who polls once the group has changed is handed anew what it had.
            stock_up(director, each)
    process.pause()
    if move.instances_after[index].status == "stale":
        director.network.unaware.add(instance.name)
    if move.instances_before[index].status == "owner" and not move.client.detail.rebalances_apart:
        join(director, move)
    else:
        put_out(director, instance)
    process.resume()
    if move.instances_before[index].phase == "in-transaction" and move.instances_after[index].phase == "idle":
        # No broker has heard of its transaction.
        instance.end("abort")
    director.calm()


def outlive(director: TransactionDirector, waiting: Waiting, error: str) -> None:
    """Whose process is no more, and whose request is to be refused for that, is out of its group by then."""
    body, has_stopped = waiting.request.body, director.network.wire(waiting).client.process.has_stopped
    if error in OF_MEMBERS and has_stopped and isinstance(body, TxnOffsetCommitRequest):
        stage = director.stage
        director.until(lambda: (group := stage.group()) is None or body.member_id not in group.members, GONE, LONG_MS)


def put_out(director: TransactionDirector, instance: DirectedInstance) -> None:
    """Its session ends; nobody else hears that its group is to rebalance for that."""
    keep_from(director, instance)
    director.until(lambda: not is_member(director, instance), GONE, LONG_MS)


def keep_from(director: TransactionDirector, instance: DirectedInstance) -> None:
    """What the others would hear as an *instance* comes or goes they hear later."""
    director.network.untold.update(each.name for each in director.stage.instances if each is not instance)


def stock_up(director: TransactionDirector, instance: DirectedInstance) -> None:
    """An instance takes in hand what it goes on with when it is no member any more."""
    for _ in range(director.stage.setting.records):
        instance.polls = True
        director.calm()
    instance.polls = False


def notice(director: TransactionDirector, move: Move) -> None:
    """An instance polls, and learns that it is no longer in its group."""
    instance = director.instance(move.whose())
    consumer = instance.consumer
    assert consumer is not None
    before = consumer.view().member.member_id
    director.network.tell(instance.name)
    # It may rejoin at once.
    poll_until(director, [instance], lambda: consumer.view().member.member_id != before, "hearing of that")


def notice_and_stay_out(director: TransactionDirector, move: Move) -> None:
    """The same, where it joins again only when it is to; who was put out before it had joined is told nothing."""
    instance = director.instance(move.whose())
    if instance.consumer is None:
        director.network.tell(instance.name)
    else:
        keep_from(director, instance)
        notice(director, move)
        leave_group(director, instance)


def come(director: TransactionDirector, move: Move) -> None:
    """One more instance starts, and joins its group."""
    network = director.network
    index = move.whose()
    instance = director.instance(index)
    if move.instances_after[index].phase == "initialising":
        instance.start()
    else:
        network.passing.add(InitProducerIdRequest)
        instance.start()
        director.until(lambda: "initialise" in instance.calls and instance.calls["initialise"].is_done, "its producer")
        network.passing.discard(InitProducerIdRequest)
    join(director, move)


def expire(director: TransactionDirector, move: Move) -> None:
    """All instances stop for so long that the committed offset is deleted, and start again."""
    stage = director.stage
    running = [index for index, before, _ in move.pairs() if before.status != "absent"]
    for index in running:
        stop(director, director.instance(index))
        director.instance(index).consumer = None
    director.until(lambda: stage.committed is None, "the end of the committed offset", 2 * RETENTION_MS)
    for index in running:
        director.instance(index).start()
        director.calm()
    join(director, move)


def stop(director: TransactionDirector, instance: DirectedInstance) -> None:
    """An instance closes its clients, and its process ends."""
    process = instance.process
    assert process is not None
    instance.close()
    director.until(lambda: instance.calls["close"].is_done, "the end of its clients", LONG_MS)
    instance.crash()
    director.network.forget(process)


def leave(director: TransactionDirector, move: Move) -> None:
    """An instance closes its clients; the last one starts again."""
    index = move.whose()
    instance = director.instance(index)
    stop(director, instance)
    if move.instances_after[index].status == "out":
        instance.start()
        director.calm()
    else:
        instance.consumer = None
        join(director, move)
