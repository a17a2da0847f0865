"""The refinement map of commits: what is on its way, what has become of it, and who has forgotten its generation."""

from collections.abc import Sequence

from kio.schema.errors import ErrorCode

from ackproof.model.consume.consumer import Answer, Consumer, Status
from ackproof.model.consume.requests import refused_in_steps
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.refinement.consume.application import ReadingApplication
from ackproof.reference.refinement.consume.parcel import ANSWERS, Parcel, committer_of
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.consume.stage import ConsumeStage


def is_in_generation(stage: ConsumeStage, group: ClassicGroup, number: int) -> bool:
    """Whether an instance is in the present generation, be it that it has not heard so."""
    told = (member for member in group.members.values() if not member.is_new)
    return any(stage.number_of(member.client_id) == number for member in told)


def is_late(stage: ConsumeStage, number: int, commit: Parcel) -> bool:
    """Whether a commit waits behind a JoinGroup that was answered: it is of the generation before."""
    group = stage.classic_group()
    if group is None or not commit.is_under_way or not is_in_generation(stage, group, number):
        return False
    return 0 <= committer_of(commit.letter)[1] < group.generation


def in_flight(
    stage: ConsumeStage, number: int, commits: Sequence[Parcel], asks_in_vain: bool = False
) -> tuple[int, ...]:
    """
    The offsets of *commits* that the coordinator has not seen, and that are not late; and of what is not sent yet.

    What an instance asks *in vain* counts only as far as it was sent before that, with a member id.

    The model's clients send by themselves what is news, and one at a time: more than one waits only behind a JoinGroup,
    for which all are late.
    """
    by_itself = stage.setting.rules.commit == "auto"
    known = (each for each in commits if not asks_in_vain or committer_of(each.letter)[0])
    waiting = (each for each in known if each.is_under_way and (each.is_news or not by_itself))
    sent = tuple(each.offset for each in waiting if each.offset is not None and not is_late(stage, number, each))
    offsets = sent + unsent(stage, stage.applications[number])
    return offsets[:1] if by_itself else offsets[-2:]


def unsent(stage: ConsumeStage, application: ReadingApplication) -> tuple[int, ...]:
    """The offsets of commits that a client keeps until it knows its coordinator."""
    waiting = () if application.client is None else application.client.view().unsent
    offsets = (each[PLACE].offset for each in waiting if PLACE in each)
    by_itself = stage.setting.rules.commit == "auto"
    return tuple(offset for offset in offsets if not by_itself or stage.network.is_news(offset, stage.committed))


def answer(
    stage: ConsumeStage, application: ReadingApplication, commits: Sequence[Parcel], *, is_rejoining: bool
) -> Answer | None:
    """
    What has become of the last of *commits*, for which an instance waits, if it has not heard that.

    Whose client commits while it rejoins keeps what it has if that was of the generation before.
    """
    if application.to_commit is None:
        return None
    if application.is_refused:
        return "refused"
    if not commits or commits[-1].is_heard:
        return None
    decision = commits[-1].decision
    is_of_before = is_rejoining and decision == ErrorCode.illegal_generation
    if is_of_before or is_late(stage, stage.number(application), commits[-1]):
        return "put off"
    is_known = committer_of(commits[-1].letter)[0] != ""
    if decision == ErrorCode.group_id_not_found and is_known and told_of_loss(stage.setting.rules):
        return "no group"
    return None if decision is None else ANSWERS.get(decision)


def status_once_refused(
    rules: ConsumerRules, before: Consumer, status: Status, *, is_known: bool, has_it: bool
) -> Status:
    """
    What a consumer is that has heard that its commit is refused: its membership may end before it polls.

    But for who *has* nothing of what it had then, and is told of another assignment that it has yet to take.
    """
    if before.status == "silent" == status:
        return "out"
    is_told = status == "owner" and has_it and rules.commit == "sync" and not rules.rebalancing.is_by_coordinator
    return refused_in_steps(rules, before, is_known=is_known).status if is_told else status


def told_of_loss(rules: ConsumerRules) -> bool:
    """Whether who commits is told that its group is lost; aiokafka asks too early a version for that."""
    return not rules.rebalancing.is_by_coordinator and not rules.commits_as_nobody


def has_none(stage: ConsumeStage, application: ReadingApplication) -> bool:
    """Whether a client of the present generation names none, or is to, as a commit of it is late; or it is fenced."""
    client, process, group, rules = application.client, application.process, stage.classic_group(), stage.setting.rules
    if client is None or process is None or group is None or not client.view().member.member_id:
        return False
    member, number = client.view().member, stage.number(application)
    if rules.rebalancing.survives_late_commits:
        return rules.keeping.forgets_replacements and member.member_id not in group.members
    commits = stage.network.commits_of(process)
    return member.epoch < 0 or any(is_late(stage, number, each) or is_to_be_told(each) for each in commits)


def is_to_be_told(commit: Parcel) -> bool:
    """Whether the sender of a commit has not heard that it was late."""
    return commit.decision == ErrorCode.illegal_generation and not commit.is_heard
