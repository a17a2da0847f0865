"""What a director has go wrong with transactions, by the actions of the model."""

from functools import partial

from ackproof.model.transactions.request import MARKING, TO_COORDINATOR, Request
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.power import power_loss_of_nothing
from ackproof.reference.refinement.directing.transactions.clients import (
    LIMIT_MS,
    ask,
    ask_ahead,
    commits_beside,
    go_on,
    requested,
    take,
)
from ackproof.reference.refinement.directing.transactions.coming import stands_in_the_way, upto_at_last
from ackproof.reference.refinement.directing.transactions.deadlines import (
    notices_at_last,
    passes_deadline,
    passes_deadline_in_flight,
    stands_still,
)
from ackproof.reference.refinement.directing.transactions.director import REFUSED, TransactionDirector, is_same
from ackproof.reference.refinement.directing.transactions.ending import load, time_out
from ackproof.reference.refinement.directing.transactions.members import join, outlive
from ackproof.reference.refinement.directing.transactions.move import Move
from ackproof.reference.refinement.directing.transactions.stage import TransactionStage
from ackproof.reference.refinement.transactions.setting import (
    INPUT,
    LEADERS,
    OFFSETS_TOPIC,
    OUTPUT,
    STATE_TOPIC,
    TRANSACTION_TIMEOUT_MS,
)
from ackproof.reference.simulator.machine import Machine

AT = {"produce": OUTPUT, "commit-offsets": OFFSETS_TOPIC}
"""Where requests are served that the transaction coordinator does not serve."""


def response_lost(director: TransactionDirector, move: Move) -> None:
    """A request is served, and its answer is lost with the connection."""
    request, waiting = requested(director, move)
    waiting = director.decide(request, waiting)
    director.network.lose_answer_to(waiting)
    notice(director, request, waiting)


def notice(director: TransactionDirector, request: Request, waiting: Waiting) -> None:
    """The sender of a request notices that its connection is gone, unless its batch passes its deadline before that."""
    ask_ahead(director, request)
    if passes_deadline_in_flight(director, request):
        director.silent = waiting
    else:
        director.network.wire(waiting).breaks()
    director.calm()


def broker_crash(director: TransactionDirector, move: Move) -> None:
    """A broker serves a request and dies before it answers; it starts again, with all that it had."""
    request, waiting = requested(director, move)
    waiting = director.decide(request, waiting)
    machine = next(each for each in director.stage.cluster.machines.values() if each.name == waiting.listener)
    if is_awaited(director, machine) and reads_log_anew(director, request):
        loses_place(director, move, waiting)
    elif is_awaited(director, machine):
        # What the network holds back would be lost as well: only this one loses its connection.
        director.network.lose_answer_to(waiting)
        notice(director, request, waiting)
    else:
        ask_ahead(director, request)
        dies(director, machine, loses_power=move.action == "power loss")
        load(director, move)


def reads_log_anew(director: TransactionDirector, request: Request) -> bool:
    """Whether a broker that would die may lose its place and come back to it instead: so it reads its log as well."""
    return director.stage.is_replicated and request.kind in TO_COORDINATOR


def is_awaited(director: TransactionDirector, machine: Machine) -> bool:
    """Whether the network holds back something that is for a broker."""
    return any(each.listener == machine.name for each in director.network.held)


def dies(director: TransactionDirector, machine: Machine, *, loses_power: bool) -> None:
    """A broker dies, and starts again."""
    if is_awaited(director, machine):
        raise NotDirectedError("what the network holds back is lost with the broker that it is for")
    led = led_by(director.stage, machine)
    machine.crash()
    if loses_power:
        # What the transaction log and the offsets topic keep is on other disks, too; here it is on this one.
        machine.disk.power_loss(power_loss_of_nothing(machine.disk))
    director.network.waiting = [each for each in director.network.waiting if not each.process.has_stopped]
    director.stage.cluster.start(machine)
    director.until(partial(is_set, director.stage), f"the return of {machine.name}", LIMIT_MS)
    for topic, index in led:
        leads(director, topic, index, machine.broker_id)
    director.calm()


def led_by(stage: TransactionStage, machine: Machine) -> list[tuple[str, int]]:
    """The partitions that a broker leads, of those that somebody else could lead."""
    places = [(topic, index) for topic in LEADERS for index in range(stage.coordinators if topic == STATE_TOPIC else 1)]
    return [place for place in places if stage.leader(*place) is machine and len(stage.image(*place).replicas) > 1]


def leads(director: TransactionDirector, topic: str, index: int, broker: int) -> None:
    """A broker comes to lead a partition, once it has what has been written to it."""
    stage = director.stage
    director.until(lambda: broker in stage.image(topic, index).in_sync_replicas, f"broker {broker} being in sync")
    director.until(lambda: not stage.is_replicating() and not stage.has_uncommitted(STATE_TOPIC), "replication")
    if not stage.cluster.controller.move_leader(topic, index, broker):
        raise NotDirectedError(f"broker {broker} does not come to lead {topic}")
    director.until(partial(is_set, stage), f"broker {broker} leading {topic}", LIMIT_MS)


def is_set(stage: TransactionStage) -> bool:
    """Whether everything is led and coordinated."""
    is_known = all(stage.metadata(each.name) is not None for each in stage.instances if each.is_up)
    return is_known and stage.shard() is not None and all(stage.led(topic) is not None for topic in LEADERS)


def leader_moves(director: TransactionDirector, move: Move) -> None:
    """Whoever is asked decides, and another broker leads or coordinates before that is heard."""
    request, waiting = requested(director, move)
    loses_place(director, move, director.decide(request, waiting))


def loses_place(director: TransactionDirector, move: Move, waiting: Waiting) -> None:
    """Another broker is asked from now on, and nobody hears the answer to what is decided."""
    request = move.request
    assert request is not None
    ask_ahead(director, request)
    director.network.lose_answer_to(waiting)
    moves(director, AT.get(request.kind, STATE_TOPIC))
    load(director, move)
    notice(director, request, waiting)


def coordinator_moves(director: TransactionDirector, move: Move) -> None:
    """Another broker is the coordinator, be it before the answer to a request is heard."""
    if move.request is not None:
        leader_moves(director, move)
    else:
        moves(director, STATE_TOPIC)
        load(director, move)


def moves(director: TransactionDirector, topic: str) -> None:
    """Another broker leads; what the network holds back is for the first one, which therefore leads again."""
    stage = director.stage
    for index in range(stage.coordinators if topic == STATE_TOPIC else 1):
        leader = stage.leader(topic, index)
        assert leader is not None
        is_held_for_it = any(each.listener == leader.name for each in director.network.held)
        for broker in (stage.idle_broker(), leader.broker_id) if is_held_for_it else (stage.idle_broker(),):
            leads(director, topic, index, broker)
        director.network.leaves(leader.name)
    director.calm()


def request_delayed(director: TransactionDirector, move: Move) -> None:
    """The network holds back a request, and its sender gives up on it; one that would stand in the way comes later."""
    if move.request is not None and stands_in_the_way(director, move.request):
        director.put_off.append(move)
        return
    request, waiting = requested(director, move)
    director.held.append((request, waiting))
    director.network.hold(waiting)
    notice(director, request, waiting)


def marker_delayed(director: TransactionDirector, move: Move) -> None:
    """The network holds back a marker, and the coordinator sends it once more."""
    request = move.request
    assert request is not None
    waiting = director.wait_for(request)
    director.held.append((request, waiting))
    director.network.hold(waiting)
    director.network.wire(waiting).breaks()
    director.wait_for(request)


def late(director: TransactionDirector, move: Move) -> None:
    """What was held back arrives; nobody hears the answer."""
    request = move.request
    alike = [each for each in reversed(director.held) if each[0] == request]
    if request is None or not alike:
        raise NotDirectedError("the network holds back no such request")
    leader = director.stage.leader(AT.get(request.kind, STATE_TOPIC))
    # The model has forgotten another one that looks the same: its epochs count anew. Or there is one for each broker.
    held = max(alike, key=lambda each: leader is not None and each[1].listener == leader.name)
    director.held.remove(held)
    waiting = held[1]
    director.network.held.remove(waiting)
    outlive(director, waiting, move.error)
    # A marker where nothing is open is written again or refused: nobody sees a difference (KAFKA-19999).
    is_refused = move.error in REFUSED and not move.client.detail.is_fine
    found = director.serve(waiting, None if held[0].kind in MARKING or is_refused else move.error)
    if is_refused and held[0].kind not in MARKING and not any(is_same(found, each) for each in REFUSED):
        # With reductions who leads asks the coordinator also where it need not: the model says why.
        raise NotDirectedError(f"the answer is {found}")
    director.network.release(waiting)
    director.calm()


def crash(director: TransactionDirector, move: Move) -> None:
    """A process dies, be it that a broker has served its last request, and starts again."""
    index = move.whose()
    instance, request = director.instance(index), move.request
    if request is not None:
        director.decide(request, ask(director, request, move.instances_before[index]))
    process = instance.process
    assert process is not None
    was_owner = director.stage.setting.has_group and move.instances_before[index].status == "owner"
    instance.crash()
    director.network.forget(process)
    director.network.unaware.discard(instance.name)
    if was_owner and any(after.status == "owner" for _, _, after in move.pairs()):
        join(director, move)
    instance.start()
    director.calm()


def send_timeout(director: TransactionDirector, move: Move) -> None:
    """``delivery.timeout.ms`` passes for a batch, be it appended or not."""
    request, waiting = move.request, director.silent
    assert request is not None
    if waiting is not None:
        commits_beside(director, move, request)
    else:
        request, waiting = requested(director, move)
        if "is appended" in move.says:
            waiting = director.decide(request, waiting)
        elif "refused once more" in move.says:
            refused = waiting = director.decide(request, waiting, "OUT_OF_ORDER_SEQUENCE_NUMBER")
            stands_still(director, request, lambda: director.network.release(refused))
    passes_deadline(director, move, request, waiting)
    notices_at_last(director)
    go_on(director, move, request.writer)


def producer_pause(director: TransactionDirector, move: Move, arriving: Waiting | None = None) -> None:
    """
    A producer does nothing until its transaction has timed out; its process stands still if a deadline may pass.

    Args:
        arriving: What is answered meanwhile, and heard as it goes on.
    """
    instance = director.instance(move.whose())
    has_deadline = instance.delivery_timeout_ms < TRANSACTION_TIMEOUT_MS
    process, stands_still = instance.process, has_deadline and (instance.has_batch or arriving is not None)
    assert process is not None
    if stands_still:
        process.pause()
    if arriving is not None:
        director.network.release(arriving)
    time_out(director, move)
    if stands_still:
        process.resume()
    director.calm()


def delete(director: TransactionDirector, move: Move) -> None:
    """Retention deletes records, be they consumed or not; what a transaction is about is in hand by then."""
    for index, _, after in move.pairs():
        instance = director.instance(index)
        upto = min(upto_at_last(director, index), move.log_after.end)
        left = [record for record in range(after.next, upto) if record not in instance.handed]
        if after.phase == "in-transaction" and left:
            take(director, instance, left[0], upto)
    director.stage.log(INPUT).increase_log_start(move.log_after.start)
