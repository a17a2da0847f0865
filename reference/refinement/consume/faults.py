"""What goes wrong on the stage of the consume half, by the names of the model's faults."""

from collections.abc import Callable, Mapping

from ackproof.reference.refinement.consume.application import ReadingApplication
from ackproof.reference.refinement.consume.setting import POLL_INTERVAL_MS, SESSION_MS
from ackproof.reference.refinement.consume.stage import OFFSETS_TOPIC, PLACE, TOPIC, ConsumeStage

Fault = Callable[[ConsumeStage, int], bool]
"""Has it happen to one of what it can happen to, which a number chooses; whether it can happen now."""


def up(stage: ConsumeStage) -> list[ReadingApplication]:
    """The instances that have joined, and are not on their way out."""
    known = stage.known()
    return [
        each for number, each in enumerate(stage.applications) if each.is_up and number in known and not each.is_leaving
    ]


def chosen(stage: ConsumeStage, choice: int) -> ReadingApplication | None:
    """One of them; of the consumer protocol nobody while one of them stands still, lest the group be empty."""
    running, living = up(stage), [each for each in stage.applications if each.is_up]
    if stage.is_modern and any(each not in running or stands_still(stage, each) for each in living):
        return None
    return running[choice % len(running)] if running else None


def stands_still(stage: ConsumeStage, application: ReadingApplication) -> bool:
    """Whether an instance is paused."""
    process = application.process
    return process is not None and (process.is_paused or application.stands_still_until_ms > stage.clock.now_ms)


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
    if stage.is_modern and len(stage.known()) == 1:
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
    has_started = group is None or group.generation > 0
    for number, application in enumerate(stage.applications):
        is_away = application.ending != "crash" and number not in known
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
    """The other broker becomes the group coordinator."""
    del choice
    group = stage.classic_group()
    is_quiet = group is None or group.is_empty or (group.state == "Stable" and all(map(stage.is_settled, up(stage))))
    image = stage.image(OFFSETS_TOPIC)
    others = [each for each in image.in_sync_replicas if each != image.leader]
    if not is_quiet or not others:
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
    """Retention deletes records of which the group has not processed all, and nobody has them in its buffer."""
    led = stage.led(TOPIC)
    if led is None:
        return False
    start, left = led.log.log_start_offset, set(range(led.log.high_watermark)) - set(stage.sink)
    starts = [each for each in range(start + 1, led.log.high_watermark + 1) if left.intersection(range(start, each))]
    clients = [each.client for each in stage.applications if each.client is not None]
    if not starts or any(client.view().buffered.get(PLACE) for client in clients):
        return False
    led.log.increase_log_start(starts[choice % len(starts)])
    return True


FAULTS: Mapping[str, Fault] = {
    "consumer-crash": crash,
    "consumer-pause": pause,
    "member-joins": join,
    "member-leaves": leave,
    "coordinator-failover": move_coordinator,
    "processing-fails": fail_processing,
    "retention": delete,
}
"""What can go wrong, by the model's names."""
