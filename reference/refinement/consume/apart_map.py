"""The refinement map of members that are not in their group as they think: it is past them, or awaits them anew."""

from collections.abc import Iterable

from ackproof.model.consume.consumer import Consumer, Status
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.view import MemberView
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.refinement.consume.parcel import Parcel, committer_of


def has_missed(rules: ConsumerRules, view: MemberView, group: ClassicGroup, known: ClassicMember | None) -> bool:
    """Whether a generation has begun without a static member that stands still."""
    if not rules.is_static or view.state != "stable" or known is None:
        return False
    return group.state in ("CompletingRebalance", "Stable") and group.generation > view.epoch >= 0


def lingering(
    rules: ConsumerRules,
    view: MemberView,
    before: Consumer,
    known: ClassicMember | None,
    commits: Iterable[Parcel],
    *,
    has_it: bool,
) -> Status | None:
    """
    What a consumer is that goes on with the partition, as its JoinGroup was answered with UNKNOWN_MEMBER_ID.

    It joins again, and what it asked to commit before it had is refused; or it has given up what it had, by a commit
    that was, and its group still awaits it.
    """
    has_asked = before.status == "lingering" and (before.in_flight or not before.generation)
    if has_asked and has_it and any(is_to_be_refused(commit) for commit in commits):
        return "lingering"
    is_anew = before.status in ("owner", "silent", "lingering") and not view.member_id
    if not rules.rebalancing.keeps_what_it_lost or not is_anew:
        return None
    if view.state == "preparing rebalance":
        return "lingering" if has_it else None
    return "out" if view.state == "unjoined" and known is not None and known.awaits_join else None


def is_to_be_refused(commit: Parcel) -> bool:
    """Whether a commit names no member id, and its sender has not heard what became of it."""
    return not committer_of(commit.letter)[0] and not (commit.is_heard or commit.is_lost)
