"""What a director has brokers and the controller do, by the actions of the model."""

from functools import partial
from typing import cast

from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import ProduceResponse

from ackproof.model.produce.append import log_start
from ackproof.model.produce.replica import leader_of
from ackproof.reference.refinement.directing.ahead import fails_with_connection
from ackproof.reference.refinement.directing.deleting import (
    delete,
    deletes_before,
    hear_of_high_watermark,
    hear_of_log_start,
    is_told_by_all,
)
from ackproof.reference.refinement.directing.director import AT_LAST_MS, SEND_MS, Director
from ackproof.reference.refinement.directing.letters import record_of
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError, pass_until
from ackproof.reference.refinement.directing.power import power_loss_up_to
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.produce.stage import TOPIC
from ackproof.reference.simulator.machine import Machine


def append(director: Director, turn: Turn) -> None:
    """The leader gets the first request, which may have waited for there to be one."""
    director.until(lambda: director.unserved() is not None, "a produce request at the leader", SEND_MS)
    waiting = director.unserved()
    head = turn.connection_before.requests[0]
    assert waiting is not None
    record = record_of(cast("ProduceRequest", waiting.request.body))
    if record != head.sent.record:
        raise NotDirectedError(f"the next request at the leader holds r{record + 1}")
    director.admit(waiting)
    after = turn.connection_after.head
    if after is not None and after.error is not None:
        director.now()
        if not waiting.is_answered or waiting.answer is None or error_in(waiting.answer.result()) != after.error:
            raise NotDirectedError("the leader does not refuse it")


def error_in(response: object) -> str:
    """The error in the answer to a produce request of one partition."""
    assert isinstance(response, ProduceResponse)
    return response.responses[0].partition_responses[0].error_code.name.upper()


def fetch(director: Director, turn: Turn) -> None:
    """The follower whose log has changed fetches."""
    rules = director.stage.setting.brokers
    for index in turn.changed():
        broker, end = director.brokers[index], turn.replicas_after[index].high_watermark
        if rules.takes_high_watermark_before_truncating and turn.has_its_log(index):
            take_high_watermark(director, broker, end)
        director.copy(broker, partial(has_what_it_is_to, director, turn, index))
        is_deleted = any(each.action == "retention of one" for each in director.coming)
        if is_deleted or (rules.truncates_before_fetching and end > turn.replicas_before[index].high_watermark):
            hear_of_high_watermark(director, broker, end)


def take_high_watermark(director: Director, follower: int, end: int) -> None:
    """A follower takes the high watermark of its leader, and has yet to truncate (KAFKA-14704)."""
    log = director.log(follower)
    assert log is not None
    director.asks(follower)
    director.network.release(director.fetches(follower)[-1])
    clock = director.stage.clock
    pass_until(clock, clock.step, lambda: log.high_watermark == end, f"its high watermark being {end}", SEND_MS)


def has_what_it_is_to(director: Director, turn: Turn, index: int) -> bool:
    """Whether the log of a broker is that of the model."""
    return turn.as_kept(director.records(director.brokers[index])) == turn.records_after(index)


def expand(director: Director, turn: Turn) -> None:
    """A follower that caught up is in sync again, or its leader asks for it."""
    (index,) = turn.joined()
    broker = director.brokers[index]
    director.network.unmute(f"broker-{broker}")
    director.until(lambda: director.stage.cluster.image.is_active(broker), f"broker {broker} being there", 20_000)
    director.calm()
    director.decide_stale()
    if turn.replicas_after[index].is_joining:
        has_asked(director, broker)
    else:
        join(director, broker)


def has_asked(director: Director, broker: int) -> list[Waiting]:
    """What the leader asks for *broker* to be in sync, as it hears that this has caught up."""
    for _ in range(3):
        asked = [each for each in director.questions() if broker in director.wanted(each)]
        if asked:
            return asked
        director.tell(broker)
        if not any(broker in director.wanted(each) for each in director.questions()):
            director.gets(broker)
    raise NotDirectedError(f"the leader does not ask for broker {broker} to be in sync")


def alter_partition(director: Director, turn: Turn) -> None:
    """The controller lets a follower be in sync, as it was asked to."""
    (index,) = turn.joined()
    join(director, director.brokers[index])


def join(director: Director, broker: int) -> None:
    """The controller lets *broker* be in sync; what was asked before others fell behind it has refused."""
    director.decide(has_asked(director, broker)[0])


def retention(director: Director, turn: Turn) -> None:
    """The leader deletes records that are committed, and of the followers that have as much those that it says hear."""
    index = leader_of(turn.replicas_after)
    assert index is not None
    start, leader = log_start(turn.replicas_after[index].log), director.brokers[index]
    is_told_by_all(director)
    changed = [director.brokers[each] for each in turn.changed()]
    level = [each for each in changed if director.is_up(each) and is_level(director, each)]
    director.delete_below(leader, start)
    for follower in level:
        hear_of_log_start(director, follower, start)
    director.notes.append(f"what is below offset {start} is deleted, and shown as it was")


def retention_of_one(director: Director, turn: Turn) -> None:
    """
    One replica deletes records: as its leader has, which has deleted what it lacks, or by itself.

    One that is down has done so before it went (``crash``).
    """
    ((index, before, after),) = [pair for pair in turn.pairs() if pair[1] != pair[2]]
    start, broker = log_start(after.log), director.brokers[index]
    if before.is_up and len(before.log) < start:
        begin_anew(director, turn, index, start)
    elif before.is_up:
        delete(director, broker, start)
    director.notes.append(f"what is below offset {start} is deleted, and shown as it was")


def begin_anew(director: Director, turn: Turn, index: int, start: int) -> None:
    """A follower asks for what its leader has deleted, and begins where that does."""
    leader, follower = director.stage.image.leader, director.brokers[index]
    delete(director, leader, start)
    director.network.part(f"broker-{follower}")
    director.copy(follower, partial(has_what_it_is_to, director, turn, index))


def follower_lag(director: Director, turn: Turn) -> None:
    """Followers are in sync no more: as they are behind for too long, or as heartbeats do not arrive for a while."""
    gone = frozenset(director.brokers[index] for index in turn.left())
    in_sync = frozenset(director.stage.image.in_sync_replicas) - gone
    names = " and ".join(f"broker {broker}" for broker in sorted(gone))
    if are_alone_behind(director, gone):
        for other in in_sync - {director.stage.image.leader}:
            director.tell(other)
        director.until(lambda: bool(questions_for(director, in_sync)), f"{names} being dropped", AT_LAST_MS)
        director.decide(questions_for(director, in_sync)[0])
    else:
        director.network.muted.update(f"broker-{broker}" for broker in gone)
        director.until(lambda: not gone & set(director.stage.image.in_sync_replicas), f"{names} being fenced", 30_000)
    director.calm()
    director.decide_stale()


def questions_for(director: Director, in_sync: frozenset[int]) -> list[Waiting]:
    """What asks for exactly those to be in sync."""
    return [each for each in director.questions() if director.wanted(each) == in_sync]


def are_alone_behind(director: Director, brokers: frozenset[int]) -> bool:
    """Whether the leader knows of *brokers*, and of no others in sync, that they are behind."""
    led, leader = director.leadership(), director.stage.image.leader
    log = director.log(leader) if leader >= 0 else None
    if led is None or log is None or director.questions() or not director.stage.may_lag:
        return False
    followers = frozenset(director.stage.image.in_sync_replicas) - {leader}
    return brokers == frozenset(each for each in followers if not is_level(director, each))


def is_level(director: Director, broker: int) -> bool:
    """Whether a follower has all that the leader has."""
    return director.records(broker) == director.records(director.stage.image.leader)


def crash(director: Director, turn: Turn) -> None:
    """A broker's process dies."""
    is_back_at_once = not turn.went_down()
    (index,) = turn.changed() if is_back_at_once else turn.went_down()
    machine = machine_of(director, index)
    deletes_before(director, index)
    goes(director, machine)
    machine.crash()
    if is_back_at_once:
        # Its session lasts, and the controller takes it for the same as before.
        director.stage.cluster.start(machine)
        director.until(lambda: director.is_back(machine.broker_id), f"broker {machine.broker_id} being back")
    director.calm()


def lose_power(director: Director, turn: Turn) -> None:
    """A broker loses power, and as much of its log as in the model."""
    (index,) = turn.went_down()
    machine = machine_of(director, index)
    log = director.log(machine.broker_id)
    assert log is not None
    records = director.records(machine.broker_id)
    deletes_before(director, index)
    goes(director, machine)
    deleted = len(records) - len(list(log.batches()))
    kept = turn.kept(index, records)
    # It still knows where its log starts as it has deleted some; in the model it has yet to fetch for that.
    director.is_ahead |= kept < deleted
    loss = power_loss_up_to(machine.disk, log, f"{TOPIC}-0", max(kept - deleted, 0))
    machine.crash()
    machine.disk.power_loss(loss)
    director.calm()


def machine_of(director: Director, index: int) -> Machine:
    """What a broker of the model runs on."""
    return director.stage.cluster.machines[director.brokers[index]]


def goes(director: Director, machine: Machine) -> None:
    """A broker is about to go, with all that it holds."""
    director.network.muted.discard(machine.name)
    assert machine.broker is not None
    process = director.stage.application.process
    if process is not None and fails_with_connection(director):
        process.pause()
    # Not modelled: a checkpoint that is older than the crash.
    machine.broker.checkpoint()


def notice(director: Director, turn: Turn) -> None:
    """The controller notices that brokers are down, and somebody leads if somebody may."""
    index = leader_of(turn.replicas_after)
    leader = None if index is None else director.brokers[index]
    if leader is not None:
        director.network.unmute(f"broker-{leader}")
    wanted = {director.brokers[at] for at, each in enumerate(turn.replicas_after) if each.is_in_sync}

    def is_noticed() -> bool:
        image = director.stage.image
        return (image.leader < 0) == (leader is None) and set(image.in_sync_replicas) == wanted

    director.until(is_noticed, "what the controller is to decide", 40_000)
    if leader is not None:
        comes_to_lead(director, leader)
        if not director.stage.has_learnt:
            director.stage.let_learn()
    director.calm()
    director.decide_stale()


def comes_to_lead(director: Director, leader: int) -> None:
    """Of the replicas that may lead the controller elects the first one, and an operator another one."""
    if director.stage.image.leader != leader:
        director.notes.append("another replica in sync, the first in the list, leads for a moment")
        director.stage.cluster.controller.move_leader(TOPIC, 0, leader)
    director.until(lambda: director.leads(leader), f"broker {leader} leading")


def leader_change(director: Director, turn: Turn) -> None:
    """Another replica leads, and connections to the old leader are gone, but for those that it may hear of again."""
    index = leader_of(turn.replicas_after)
    assert index is not None
    leader = director.brokers[index]
    if not director.stage.cluster.controller.move_leader(TOPIC, 0, leader):
        raise NotDirectedError(f"broker {leader} does not come to lead")
    is_kept = any(replica.held for replica in turn.replicas_after)
    held = [line for line in director.network.lines.values() if line.is_held and not is_kept]
    for line in [*director.lines(), *held]:
        director.drop(line)
        line.wire.drop_unserved()
        line.wire.cut_answers()
        line.wire.cut_requests(0)
        director.doomed.append(line)
    if director.doomed and not turn.connection_after.broken:
        # What the producer has sent again earlier than in the model is lost without further notice.
        director.breaks_doomed()
    director.until(lambda: director.leads(leader), f"broker {leader} leading")
    director.stage.let_learn()
    director.decide_stale()
