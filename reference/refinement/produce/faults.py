"""What goes wrong on the stage of the produce half."""

from collections.abc import Callable, Mapping

import attrs
from kio.schema.fetch.v12.request import FetchRequest

from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.map import was_sent
from ackproof.reference.refinement.produce.stage import ELSEWHERE, TOPIC, ProduceStage
from ackproof.reference.simulator.machine import Machine
from ackproof.reference.simulator.wire import Letter

BACK_MS, BEHIND_MS, HELD_MS = 2_500, 3_500, 150
"""How long a broker is down, which is longer than its session; a follower behind; a connection stuck."""

QUICK_MS = 11
"""In steps of this: how long a broker is down that is back before the controller notices."""

Fault = Callable[[ProduceStage, int], bool]
"""Has it happen to one of what it can happen to, which a number chooses; whether it can happen now."""


@attrs.frozen
class Disturbance:
    """
    Something that goes wrong.

    Attributes:
        after_ms: How long after the one before.
        choice: Chooses among what it can happen to.
    """

    kind: str
    after_ms: int
    choice: int


def open_lines(stage: ProduceStage) -> list[Line]:
    """The producer's connections that work."""
    return [line for line in stage.lines if not line.is_broken and not line.is_doomed]


def lose_request(stage: ProduceStage, choice: int) -> bool:
    """What no broker has begun to serve is lost, and its connection with it."""
    del choice
    for line in open_lines(stage):
        if len(line.letters) > len(line.served):
            stage.network.lose_request(line)
            return True
    return False


def lose_answer(stage: ProduceStage, choice: int) -> bool:
    """The answer that a request waits for is lost."""
    del choice
    for line in open_lines(stage):
        if line.served and not line.served[0].is_done:
            stage.network.lose_answer(line)
            return True
    return False


def stand_still(stage: ProduceStage, choice: int) -> bool:
    """The producer stands still, and its connections break meanwhile."""
    process, lines = stage.application.process, open_lines(stage)
    if process is None or process.is_paused or not lines:
        return False
    for line in lines:
        if len(line.letters) > len(line.served):
            stage.network.lose_request(line)
        else:
            stage.network.lose_answer(line)
    process.pause()
    stage.clock.call_at(stage.clock.now_ms + 1 + choice * 3, process.resume)
    return True


def hold_back(stage: ProduceStage, choice: int) -> bool:
    """A connection to the leader is stuck with all that it holds."""
    if not stage.has_registered(stage.image.leader):
        return False
    leader = f"broker-{stage.image.leader}"
    for line in open_lines(stage):
        if not line.served and line.wire.listener.name == leader:
            stage.network.hold_back(line, stage.clock.now_ms + 1 + choice % HELD_MS)
            stage.held_in[line.wire.number] = stage.image.leader_epoch
            return True
    return False


def crash(stage: ProduceStage, choice: int) -> bool:
    """A broker's process dies, and starts again once the controller has noticed."""
    return goes_down(stage, chosen(who_is_up(stage), choice), BACK_MS)


def restart_quickly(stage: ProduceStage, choice: int) -> bool:
    """
    A broker's process dies, and runs again before the controller notices that, which it has to before it may register.

    Where nobody ever notices it keeps its place, and runs at once.
    """
    if not stage.rules.brokers.misses_quick_restarts:
        return goes_down(stage, chosen(who_is_up(stage), choice), 1 + choice * QUICK_MS)
    return stage.has_registered(stage.image.leader) and goes_down(stage, chosen(who_is_up(stage), choice), 0)


def lose_power(stage: ProduceStage, choice: int) -> bool:
    """A broker loses power, and with it what it had not flushed."""
    return goes_down(stage, chosen(who_is_up(stage), choice), BACK_MS, loses_power=True)


def who_is_up(stage: ProduceStage) -> list[Machine]:
    """The machines whose brokers run and have registered, be it that they still start."""
    return [machine for machine in stage.cluster.machines.values() if stage.has_registered(machine.broker_id)]


def chosen(machines: list[Machine], choice: int) -> Machine | None:
    """One of *machines*, if there are any."""
    return machines[choice % len(machines)] if machines else None


def goes_down(stage: ProduceStage, machine: Machine | None, back_ms: int, *, loses_power: bool = False) -> bool:
    """A broker goes down, and starts again after so long."""
    if machine is None:
        return False
    forget_what_is_held(stage, machine.name)
    # Not modelled: a checkpoint that is older than the crash.
    if machine.broker is not None and stage.partition(machine.broker_id) is not None:
        machine.broker.checkpoint()
    if loses_power:
        machine.lose_power()
    else:
        machine.crash()
    if back_ms:
        stage.clock.call_at(stage.clock.now_ms + back_ms, lambda: stage.cluster.start(machine))
    else:
        stage.cluster.start(machine)
    return True


def move_leader(stage: ProduceStage, choice: int) -> bool:
    """Another replica in sync leads, and connections to the old leader are gone."""
    others = in_sync_beside_the_leader(stage)
    if not others:
        return False
    if not stage.cluster.controller.move_leader(TOPIC, 0, others[choice % len(others)]):
        return False
    stage.cut_stale_lines()
    return True


def fall_behind(stage: ProduceStage, choice: int) -> bool:
    """A follower's fetches take so long that it is in sync no more."""
    now_ms = stage.clock.now_ms
    others = [each for each in in_sync_beside_the_leader(stage) if stage.behind_until_ms.get(each, 0) <= now_ms]
    if not others:
        return False
    chosen = others[choice % len(others)]
    stage.behind_until_ms[chosen] = now_ms + BEHIND_MS
    follower = f"broker-{chosen}"

    def strikes(letter: Letter) -> bool:
        return isinstance(letter.request.body, FetchRequest) and letter.wire.client.name == follower

    stage.network.slow(strikes, now_ms + BEHIND_MS)
    return True


def in_sync_beside_the_leader(stage: ProduceStage) -> list[int]:
    """Who is in sync and up beside a leader that is up; nobody if there is none."""
    image = stage.image
    if not stage.has_registered(image.leader):
        return []
    return [each for each in image.in_sync_replicas if each != image.leader and stage.has_registered(each)]


def delete(stage: ProduceStage, choice: int) -> bool:
    """Retention deletes records on one replica: whoever follows it hears of that, and others do so by themselves."""
    held = [stage.partition(broker) for broker in stage.image.replicas if stage.has_registered(broker)]
    logs = [each.log for each in held if each is not None and each.log.log_start_offset < each.log.high_watermark]
    if not logs:
        return False
    log = logs[choice % len(logs)]
    least = log.log_start_offset + 1
    return log.increase_log_start(least + choice // len(logs) % (log.high_watermark - least + 1))


def crash_producer(stage: ProduceStage, choice: int) -> bool:
    """The producer's process dies with something to send, and a new one starts."""
    del choice
    application = stage.application
    client = application.client
    if client is None or application.is_over:
        return False
    if not open_lines(stage) and not any(map(was_sent, client.queue((TOPIC, 0)))):
        return False
    for line in stage.lines:
        line.wire.drop_unserved()
    application.crash()
    application.start()
    return True


def happen_elsewhere(stage: ProduceStage, choice: int) -> bool:
    """
    A batch of another partition costs the producer its epoch, or its id, which all its partitions share.

    That partition itself is not on the stage.
    """
    del choice
    client, rules = stage.application.client, stage.setting.client.idempotence
    if client is None or client.numbering is None or rules is None or stage.application.is_over:
        return False
    if not client.identity.is_valid or client.unresolved or client.needs_bump or client.state == "fatal error":
        return False
    if rules.shares_bumps:
        client.numbering.of(ELSEWHERE)
        client.numbering.unresolved[ELSEWHERE] = 1
    elif rules.on_gap in ("bump", "fail-and-bump"):
        client.numbering.request_bump(ELSEWHERE)
    elif rules.on_gap == "fail-and-reset":
        client.numbering.reset()
    return rules.on_gap != "fail"


def forget_what_is_held(stage: ProduceStage, broker: str) -> None:
    """What stuck connections to a broker that is gone hold is gone with it."""
    for line in stage.network.lines.values():
        if line.is_held and line.wire.listener.name == broker:
            line.wire.cut_requests(0)
            line.wire.drop_unserved()
            line.is_held = False


FAULTS: Mapping[str, Fault] = {
    "request-lost": lose_request,
    "response-lost": lose_answer,
    "request-delayed": hold_back,
    "broker-crash": crash,
    "quick-restart": restart_quickly,
    "power-loss": lose_power,
    "leader-change": move_leader,
    "follower-lag": fall_behind,
    "producer-crash": crash_producer,
    "producer-pause": stand_still,
    "retention": delete,
    "elsewhere": happen_elsewhere,
}
"""What can go wrong."""

KINDS: Mapping[str, str] = {"quick-restart": "broker-crash", "elsewhere": "leader-change"}
"""What it is in the model, where that has another name for it."""
