"""What goes wrong on the stage of groups, by the names of the model's faults."""

from collections.abc import Callable, Mapping

from ackproof.model.groups.rules import ConsumerRules
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.refinement.groups.setting import OFFSETS_TOPIC, POLL_INTERVAL_MS, SESSION_MS, waits_in_vain
from ackproof.reference.refinement.groups.stage import GroupStage, StagedApplication
from ackproof.reference.simulator.process import Process

Fault = Callable[[GroupStage, int], bool]
"""Has it happen to one of what it can happen to, which a number chooses; whether it can happen now."""

REBALANCES_WITHIN_MS = 600
"""How long it is waited for an assignment that somebody is to miss."""


def up(stage: GroupStage, *, silent_too: bool = False) -> list[StagedApplication]:
    """
    The instances that the group knows, that are not on their way out, and that nobody replaces or is to end for.

    Those that have fallen silent can not even leave.
    """
    known = stage.known()
    replaced = [each for each in stage.applications if each.replaced_by is not None]
    taking = [each.replaced_by for each in replaced if each.is_up]
    running = (each for number, each in enumerate(stage.applications) if each.is_up and number in known)
    staying = [each for each in running if not each.is_leaving and each not in replaced and each not in taking]
    return [each for each in staying if silent_too or not stage.is_silent(each)]


def chosen(stage: GroupStage, choice: int, *, silent_too: bool = False) -> StagedApplication | None:
    """One of them."""
    running = up(stage, silent_too=silent_too)
    return running[choice % len(running)] if running else None


def crash(stage: GroupStage, choice: int) -> bool:
    """An instance dies, and starts again once its session has expired."""
    application = chosen(stage, choice, silent_too=True)
    if application is None:
        return False
    application.crash()
    stage.restart(application)
    return True


def pause(stage: GroupStage, choice: int) -> bool:
    """An instance stands still for too long: all of it, or its application alone."""
    application = chosen(stage, choice, silent_too=choice % 2 == 0)
    if application is None or application.process is None:
        return False
    if choice % 3 == 0 and take_instance_id(stage, application):
        return True
    if choice % 2 == 0:
        application.stands_still_until_ms = stage.clock.now_ms + stands_still_ms(stage, choice)
        return True
    if application.process.is_paused or not stage.is_known(application):
        return False
    if choice % 4 == 1 or stage.is_modern:
        return pause_with_assignment(stage, application, SESSION_MS + 100 + choice * 5)
    pause_before_assignment(stage, application, SESSION_MS + 100 + choice)
    return True


def stands_still_ms(stage: GroupStage, choice: int) -> int:
    """How long an application stands still: too long, or just so that its group may wait for it in vain after that."""
    if waits_in_vain(stage.setting.rules) and choice % 4 == 0:
        return 200 + choice * 5
    return POLL_INTERVAL_MS + 100 + choice * 9


def pause_with_assignment(stage: GroupStage, application: StagedApplication, for_ms: int) -> bool:
    """A process that has its assignment stands still; whether it has."""
    if stage.is_settled(application):
        stage.pause(application, for_ms)
        return True
    return False


def pause_before_assignment(stage: GroupStage, application: StagedApplication, for_ms: int) -> None:
    """A process stands still as it waits for its assignment, if that is soon."""
    process, until_ms = application.process, stage.clock.now_ms + REBALANCES_WITHIN_MS

    def look() -> None:
        is_gone = application.process is not process or application.is_leaving
        client = application.client
        if is_gone or client is None or process is None or process.is_paused or stage.clock.now_ms > until_ms:
            return
        if client.view().member.state == "completing rebalance" and stage.is_known(application):
            stage.pause(application, for_ms)
        else:
            stage.clock.call_at(stage.clock.now_ms + 1, look)

    look()


def take_instance_id(stage: GroupStage, application: StagedApplication) -> bool:
    """Whether another process could be started with the instance id of one that runs, which is to hear of it."""
    spares = [each for each in stage.applications[stage.setting.members :] if each.ending is None and not each.is_up]
    is_paused = application.process is None or application.process.is_paused
    if stage.is_modern or not stage.setting.rules.is_static or not spares:
        return False
    if is_paused or not stage.is_known(application):
        return False
    stage.take_instance_id(spares[0], application)
    return True


def join(stage: GroupStage, choice: int) -> bool:
    """One more instance joins a group that has started."""
    del choice
    known, group = stage.known(), stage.group()
    has_started = bool(known) and not (isinstance(group, ClassicGroup) and group.generation == 0)
    for number, application in enumerate(stage.applications):
        is_new = application.ending is None and number >= stage.setting.members
        has_left = application.ending == "leave" and not stage.setting.rules.is_static
        is_away = not application.is_up and number not in known and (is_new or has_left)
        if has_started and is_away:
            application.start()
            return True
    return False


def leave(stage: GroupStage, choice: int) -> bool:
    """An instance closes as soon as it can."""
    application = chosen(stage, choice)
    if application is None:
        return False
    application.is_leaving = True
    return True


def break_connection(stage: GroupStage, choice: int) -> bool:
    """The connection of an instance breaks: at once, or as it is to hear the next answer that tells it something."""
    may_break = [*up(stage), *leaving_as_they_join(stage)]
    application = may_break[choice // 2 % len(may_break)] if may_break else None
    if application is None or application.client is None or application.process is None:
        return False
    if application.is_closing:
        stage.network.break_connections(application.process)
        return True
    if application.process.is_paused or not application.client.view().member.member_id:
        return False
    if choice % 2 == 0 or stage.is_modern:
        stage.network.lose_next_answer(application.process)
    else:
        stage.network.break_connections(application.process)
    return True


def leaving_as_they_join(stage: GroupStage) -> list[StagedApplication]:
    """The instances whose LeaveGroup waits behind their JoinGroup."""
    if stage.is_modern or stage.setting.rules.is_static:
        return []
    closing = (each for each in stage.applications if each.is_closing and each.leaves_as_it_joins)
    return [each for each in closing if stage.awaits_join(each)]


def add_partition(stage: GroupStage, choice: int) -> bool:
    """The topic gets one more partition."""
    del choice
    stage.add_partition()
    return True


def move_coordinator(stage: GroupStage, choice: int) -> bool:
    """The other broker becomes the group coordinator."""
    image = stage.image(OFFSETS_TOPIC)
    others = [each for each in image.in_sync_replicas if each != image.leader]
    if not others or not may_move(stage):
        return False
    if is_silenced_by_errors(stage):
        up_now = {each.process for each in stage.applications if each.process is not None and each.is_up}
        stage.network.may_fall_silent.update(up_now)
    if not is_silenced_by_errors(stage) or choice % 3 == 0:
        stage.network.lose_assignments.update(syncing(stage))
        stage.network.move_coordinator()
    stage.cluster.controller.move_leader(OFFSETS_TOPIC, 0, others[0])
    return True


def syncing(stage: GroupStage) -> set[Process]:
    """The processes that wait for their assignment, be it that their SyncGroup is not on its way yet."""
    running = [(each.process, each.client) for each in stage.applications if each.process is not None]
    return {of for of, client in running if client and client.view().member.state == "completing rebalance"}


def may_move(stage: GroupStage) -> bool:
    """Whether a group without a log will be there again, as all will be back."""
    return bool(stage.known()) and all_come_back(stage)


def is_silenced_by_errors(stage: GroupStage) -> bool:
    """Whether a member that is told that its coordinator is elsewhere sends no heartbeat any more (KAFKA-16215)."""
    rules = stage.setting.rules
    return isinstance(rules, ConsumerRules) and rules.is_silenced_by_errors


def all_come_back(stage: GroupStage) -> bool:
    """Whether all would join a first generation that begins anew in time."""
    group, now_ms = stage.group(), stage.clock.now_ms
    if not isinstance(group, ClassicGroup) or stage.has_stored:
        return True
    return group.generation == 0 and all(each.stands_still_until_ms <= now_ms for each in stage.applications)


FAULTS: Mapping[str, Fault] = {
    "consumer-crash": crash,
    "consumer-pause": pause,
    "member-joins": join,
    "member-leaves": leave,
    "partitions-added": add_partition,
    "response-lost": break_connection,
    "coordinator-failover": move_coordinator,
}
"""What can go wrong, by the model's names."""
