"""What goes wrong on the stage of the produce half, by the names of the model's faults."""

from collections.abc import Callable, Mapping

import attrs
from kio.schema.fetch.v12.request import FetchRequest

from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.map import was_sent
from ackproof.reference.refinement.produce.stage import TOPIC, ProduceStage
from ackproof.reference.simulator.wire import Letter

BACK_MS, BEHIND_MS, HELD_MS = 2_500, 3_500, 150
"""How long a broker is down, which is longer than its session; a follower behind; a connection stuck."""

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
    leader = f"broker-{stage.image.leader}"
    for line in open_lines(stage):
        if not line.served and line.wire.listener.name == leader:
            stage.network.hold_back(line, stage.clock.now_ms + 1 + choice % HELD_MS)
            stage.held_in[line.wire.number] = stage.image.leader_epoch
            return True
    return False


def crash(stage: ProduceStage, choice: int) -> bool:
    """A broker's process dies, and starts again once the controller has noticed."""
    return goes_down(stage, choice, loses_power=False)


def lose_power(stage: ProduceStage, choice: int) -> bool:
    """A broker loses power, and with it what it had not flushed."""
    return goes_down(stage, choice, loses_power=True)


def goes_down(stage: ProduceStage, choice: int, *, loses_power: bool) -> bool:
    """A broker goes down, be it while it starts, and comes back later."""
    up = [machine for machine in stage.cluster.machines.values() if stage.has_registered(machine.broker_id)]
    if not up:
        return False
    machine = up[choice % len(up)]
    forget_what_is_held(stage, machine.name)
    # Not modelled: a checkpoint that is older than the crash.
    if machine.broker is not None and stage.partition(machine.broker_id) is not None:
        machine.broker.checkpoint()
    if loses_power:
        machine.lose_power()
    else:
        machine.crash()
    stage.clock.call_at(stage.clock.now_ms + BACK_MS, lambda: stage.cluster.start(machine))
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
    if image.leader < 0 or not stage.is_up(image.leader):
        return []
    return [each for each in image.in_sync_replicas if each != image.leader and stage.is_up(each)]


def crash_producer(stage: ProduceStage, choice: int) -> bool:
    """The producer's process dies with something to send, and a new one starts."""
    del choice
    application = stage.application
    client = application.client
    if client is None or not application.is_up:
        return False
    if not open_lines(stage) and not any(map(was_sent, client.queue((TOPIC, 0)))):
        return False
    for line in stage.lines:
        line.wire.drop_unserved()
    application.crash()
    application.start()
    return True


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
    "power-loss": lose_power,
    "leader-change": move_leader,
    "follower-lag": fall_behind,
    "producer-crash": crash_producer,
    "producer-pause": stand_still,
}
"""What can go wrong, by the model's names."""
