"""Commits in several steps: what a client goes on to send by itself."""

import pytest

from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.log import Group
from ackproof.model.consume.rebalancing import RECONCILING
from ackproof.model.consume.requests import send_automatic_commit
from ackproof.model.consume.rules import ConsumerRules
from tests.model.consume.styles import after

REFUSED = Consumer("owner", position=1)
"""An owner that was told that it is out of the group, and has not polled since."""


@pytest.mark.parametrize(("commits_as_nobody", "sent"), [(False, []), (True, [(1,)])])
def test_who_was_refused_commits_by_itself_only_as_nobody(commits_as_nobody: bool, sent: list[tuple[int, ...]]) -> None:
    rules = ConsumerRules(commit="auto", rebalancing=RECONCILING, commits_as_nobody=commits_as_nobody)
    found = send_automatic_commit.outcomes(rules, (REFUSED,), Group())

    assert [after(outcome)[0].in_flight for outcome in found] == sent
