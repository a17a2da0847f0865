"""Commits in several steps: what a client goes on to send by itself."""

import attrs
import pytest

from ackproof.model.consume.consumer import Answer, Consumer
from ackproof.model.consume.coordinator import CLASSIC, Coordinator, Protocol
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import notice
from ackproof.model.consume.rebalancing import RECONCILING
from ackproof.model.consume.reconciling import HEARTBEATS
from ackproof.model.consume.rejoining import hear_of_removal
from ackproof.model.consume.requests import commit_arrives, hear_answer, send_automatic_commit
from ackproof.model.consume.rules import ConsumerRules
from tests.model.consume.styles import after

REFUSED = Consumer("owner", position=1)
"""An owner that was told that it is out of the group, and has not polled since."""


@pytest.mark.parametrize(("commits_as_nobody", "sent"), [(False, []), (True, [(1,)])])
def test_who_was_refused_commits_by_itself_only_as_nobody(commits_as_nobody: bool, sent: list[tuple[int, ...]]) -> None:
    rules = ConsumerRules(commit="auto", rebalancing=RECONCILING, commits_as_nobody=commits_as_nobody)
    found = send_automatic_commit.outcomes(rules, (REFUSED,), Group(), Coordinator())

    assert [after(outcome)[0].in_flight for outcome in found] == sent


TOLD_AS_IF_REVOKED = ConsumerRules(commit="async", on_revoke="commit", commits_as_nobody=True)


@pytest.mark.parametrize(("members", "committed"), [(frozenset[int](), 1), (frozenset({1}), 3)])
def test_what_is_given_up_is_committed_as_nobody_if_the_group_is_empty(members: frozenset[int], committed: int) -> None:
    group, known = Group(3), Coordinator("stable" if members else "empty", members)
    (heard,) = hear_of_removal.outcomes(TOLD_AS_IF_REVOKED, (Consumer("owner", 1), Consumer("absent")), group, known)
    other = Consumer("owner" if members else "absent")
    (noticed,) = notice.outcomes(TOLD_AS_IF_REVOKED, (Consumer("stale", 1), other), group)

    assert [found.changes.get("group", group) for found in (heard, noticed)] == [Group(committed)] * 2


@pytest.mark.parametrize(("members", "committed"), [(frozenset[int](), 1), (frozenset({1}), 3)])
def test_so_is_what_a_refused_commit_has_given_up(members: frozenset[int], committed: int) -> None:
    rules = attrs.evolve(TOLD_AS_IF_REVOKED, commit="sync")
    known = Coordinator("stable" if members else "empty", members)
    waiting = Consumer("owner", 1, to_commit=1, answer="refused")
    (heard,) = hear_answer.outcomes(rules, (waiting, Consumer("absent")), Group(3), known)

    assert heard.changes["group"] == Group(committed)


LOST = Coordinator(is_lost=True)
"""A group whose log is gone."""


@pytest.mark.parametrize(("coordinator", "answers"), [(LOST, ["no group", "refused"]), (Coordinator(), ["refused"])])
def test_older_requests_are_refused_where_newer_ones_are_told_that_the_group_is_lost(
    coordinator: Coordinator, answers: list[Answer]
) -> None:
    waiting = Consumer("owner", position=1, to_commit=1, generation=3)
    found = commit_arrives.outcomes(ConsumerRules(), CLASSIC, (waiting,), Group(generation=3), coordinator)

    assert [after(outcome)[0].answer for outcome in found] == answers


def test_who_is_told_that_its_group_is_lost_takes_itself_for_a_member_until_it_hears_more() -> None:
    waiting = Consumer("owner", position=1, batch=((0, 0),), to_commit=1, answer="no group", generation=3)
    (told,) = hear_answer.outcomes(ConsumerRules(), (waiting,), Group(generation=3), LOST)

    assert after(told) == (Consumer("owner", position=1, generation=3),)


@pytest.mark.parametrize("protocol", [CLASSIC, HEARTBEATS])
def test_whoever_joins_begins_the_group_anew(protocol: Protocol) -> None:
    assert not protocol.with_member(LOST, 0).is_lost
