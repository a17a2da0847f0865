"""What goes wrong on the stage of the consume half, by the names of the model's faults."""

from collections.abc import Callable, Mapping

from ackproof.reference.refinement.consume.adding import add
from ackproof.reference.refinement.consume.application import ReadingApplication
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.expiring import expire
from ackproof.reference.refinement.consume.parcel import Parcel
from ackproof.reference.refinement.consume.power import RECONNECTS_MS, fall_behind, lose_power
from ackproof.reference.refinement.consume.records import PLACE, TOPIC
from ackproof.reference.refinement.consume.setting import POLL_INTERVAL_MS, SESSION_MS
from ackproof.reference.refinement.consume.stage import ConsumeStage

Fault = Callable[[ConsumeStage, int], bool]
"""Has it happen to one of what it can happen to, which a number chooses; whether it can happen now."""


def chosen(stage: ConsumeStage, choice: int) -> ReadingApplication | None:
    """One of them."""
    running = stage.members()
    return running[choice % len(running)] if running else None


def crash(stage: ConsumeStage, choice: int) -> bool:
    """An instance dies, with any of what it has on its way, and starts again once its session has expired."""
    application = chosen(stage, choice)
    if application is None:
        return False
    lose_some(stage, application, choice)
    application.crash()
    stage.restart(application)
    return True


def lose_some(stage: ConsumeStage, application: ReadingApplication, choice: int) -> None:
    """Of what it has on its way the last is lost, or more, or nothing."""
    process = application.process
    under_way = [each for each in stage.network.parcels if each.process is process and each.is_under_way]
    stage.network.lose(under_way[choice % (len(under_way) + 1) :])


def pause(stage: ConsumeStage, choice: int) -> bool:
    """An instance stands still for too long: all of it, or its application alone; not while it waits for an answer."""
    application = chosen(stage, choice)
    if application is None or application.process is None or application.to_commit is not None:
        return False
    for each in stage.applications:
        each.fails_next = None
    process, now_ms = application.process, stage.clock.now_ms
    if choice % 2:
        process.pause()
        stage.clock.call_at(now_ms + SESSION_MS + 100 + choice * 5, process.resume)
    else:
        application.stands_still_until_ms = now_ms + POLL_INTERVAL_MS + 100 + choice * 5
    return True


def join(stage: ConsumeStage, choice: int) -> bool:
    """One more instance joins a group that has started."""
    del choice
    group, known = stage.classic_group(), stage.known()
    are_coming = any(each.ending == "stop with all" for each in stage.applications)
    has_started = not are_coming and (group is None or group.generation > 0)
    for number, application in enumerate(stage.applications):
        is_away = application.ending not in ("crash", "stop with all") and number not in known
        if has_started and known and not application.is_up and is_away and not stage.is_expected(number):
            application.start()
            return True
    return False


def leave(stage: ConsumeStage, choice: int) -> bool:
    """An instance closes as soon as it can, or just stops."""
    application = chosen(stage, choice)
    if application is None:
        return False
    if stage.setting.rules.closes_cleanly:
        application.is_leaving = True
    elif stage.is_settled(application):
        lose_some(stage, application, choice)
        application.ends("stop")
    return True


def move_coordinator(stage: ConsumeStage, choice: int) -> bool:
    """The other broker becomes the group coordinator, be it while somebody asks for the committed offset."""
    image = stage.image(OFFSETS_TOPIC)
    others = [each for each in image.in_sync_replicas if each != image.leader]
    is_to_surprise = stage.setting.rules.resets_without_answer and bool(choice % 2)
    if not stage.is_quiet() or not others or (is_to_surprise and not stage.network.is_asked_for_offsets):
        return False
    stage.network.move_coordinator()
    stage.cluster.controller.move_leader(OFFSETS_TOPIC, 0, others[0])
    return True


def fail_processing(stage: ConsumeStage, choice: int) -> bool:
    """An instance fails to process its next record, before or after the sink has it."""
    application = chosen(stage, choice)
    if application is None:
        return False
    application.fails_next = ("before", "after")[choice % 2]
    return True


def delete(stage: ConsumeStage, choice: int) -> bool:
    """Retention deletes records of which the group has not processed all, and nobody is fetching them, or has."""
    led, processes = stage.led(TOPIC), [each.process for each in stage.applications if each.process is not None]
    if led is None or any(process.is_paused for process in processes):
        return False
    start, left = led.log.log_start_offset, set(range(led.log.high_watermark)) - set(stage.sink)
    starts = [each for each in range(start + 1, led.log.high_watermark + 1) if left.intersection(range(start, each))]
    clients = [each.client for each in stage.applications if each.client is not None]
    if not starts or any(client.view().buffered.get(PLACE) for client in clients):
        return False
    led.log.increase_log_start(starts[choice % len(starts)])
    return True


def lose_commit(stage: ConsumeStage, choice: int) -> bool:
    """Commits that are on their way are lost, with the connection."""
    return cut_off(stage, choice, lambda parcel: parcel.is_under_way)


def lose_answer(stage: ConsumeStage, choice: int) -> bool:
    """The coordinator has decided on a commit, and the answer is lost with the connection."""
    return cut_off(stage, choice, lambda parcel: parcel.decision is not None and not parcel.is_heard)


def cut_off(stage: ConsumeStage, choice: int, is_meant: Callable[[Parcel], bool]) -> bool:
    """An instance that takes no part in a rebalance yet loses its connection, with some of what it commits."""
    concerned = [
        each
        for each in stage.members()
        if each.process is not None
        and (stage.is_settled(each) or each.process in stage.network.holding_join)
        and any(is_meant(parcel) for parcel in stage.network.commits_of(each.process))
    ]
    application = concerned[choice % len(concerned)] if concerned else None
    if application is None or application.process is None:
        return False
    stage.network.cut_off(application.process)
    # It sends nothing before it has found its coordinator again.
    application.stands_still_until_ms = stage.clock.now_ms + RECONNECTS_MS
    return True


FAULTS: Mapping[str, Fault] = {
    "consumer-crash": crash,
    "consumer-pause": pause,
    "member-joins": join,
    "member-leaves": leave,
    "coordinator-failover": move_coordinator,
    "processing-fails": fail_processing,
    "retention": delete,
    "request-lost": lose_commit,
    "response-lost": lose_answer,
    "offsets-expired": expire,
    "partitions-added": add,
    "follower-lag": fall_behind,
    "power-loss": lose_power,
}
"""What can go wrong, by the model's names."""
