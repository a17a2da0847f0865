import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.consume.auto_commit import (
    LIBRDKAFKA,
    AutoCommit,
    the_position,
)
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA, Rebalancing
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.record import OffsetAndMetadata
from tests.reference.consumer.auto_committing import commits, rebalance, scene
from tests.reference.consumer.listening import Told
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.scripted_leader import P0


def test_before_it_rejoins_java_commits_what_poll_has_returned() -> None:
    group, consumer = scene(auto_commit_interval_ms=600_000)

    rebalance(group, consumer)

    assert commits(group) == [1]
    assert group.order("offset_commit", "join_group") == ["join_group", "offset_commit", "join_group"]


def test_nothing_more_is_read_while_that_commit_is_under_way() -> None:
    group, consumer = scene(auto_commit_interval_ms=600_000)
    group.silent.add("offset_commit")
    group.rebalance()

    assert group.poll(consumer, 2_000) == []


@pytest.mark.parametrize(("awaits_commits", "state"), [(True, "stable"), (False, "preparing rebalance")])
def test_a_client_joins_once_that_commit_is_answered_or_at_once(awaits_commits: bool, state: str) -> None:
    rules = ConsumerRules(rebalancing=Rebalancing(awaits_commits=awaits_commits))
    group, consumer = scene(rules=rules, auto_commit_interval_ms=600_000)
    group.silent.add("offset_commit")

    rebalance(group, consumer)

    assert consumer.view().member.state == state
    assert consumer.view().under_way == ({P0: OffsetAndMetadata(1, 0)},)


def test_a_last_commit_that_is_put_off_is_sent_again_before_it_joins() -> None:
    group, consumer = scene(auto_commit_interval_ms=600_000)
    group.fail("offset_commit", ErrorCode.coordinator_load_in_progress)

    rebalance(group, consumer)

    assert commits(group) == [1, 1]
    assert group.committed == {P0: 1}


def test_a_last_commit_that_is_refused_does_not_keep_it_from_joining() -> None:
    group, consumer = scene(auto_commit_interval_ms=600_000)
    group.fail("offset_commit", ErrorCode.group_authorization_failed)

    rebalance(group, consumer)

    assert len(group.order("join_group")) == 2


@pytest.mark.parametrize("closes", [False, True], ids=["rebalance", "close"])
def test_librdkafka_commits_what_is_stored_once_the_application_was_told(*, closes: bool) -> None:
    group = ScriptedGroup()
    group.append("a", "b")
    stored = group.joined(
        AtRevocation(group),
        rules=ConsumerRules(auto_commit=LIBRDKAFKA),
        enable_auto_commit="true",
        auto_commit_interval_ms=600_000,
        max_poll_records=1,
    )

    if closes:
        group.run(stored.close())
    else:
        rebalance(group, stored)

    assert commits(group) == [1]


class AtRevocation(Told):
    """Nothing is committed before the application is told."""

    def __init__(self, group: ScriptedGroup) -> None:
        super().__init__()
        self._group = group

    async def on_partitions_revoked(self, partitions: tuple[tuple[str, int], ...]) -> None:
        assert commits(self._group) == []


def test_what_is_stored_is_forgotten_with_the_assignment() -> None:
    group, consumer = scene(LIBRDKAFKA)
    consumer.pause([P0])
    group.assigned = []
    rebalance(group, consumer)

    assert consumer.assignment == ()
    assert consumer.view().stored == {}


def test_a_client_that_does_not_cover_what_is_revoked_commits_nothing_then() -> None:
    rule = AutoCommit(the_position, is_in_background=False, covers_what_is_revoked=False)
    group, consumer = scene(rule, auto_commit_interval_ms=600_000)

    rebalance(group, consumer)

    assert commits(group) == []


@pytest.mark.parametrize(
    ("rules", "committed"),
    [
        (ConsumerRules(rebalancing=COOPERATIVE), 1),
        (ConsumerRules(auto_commit=LIBRDKAFKA, rebalancing=COOPERATIVE_LIBRDKAFKA), 2),
    ],
    ids=["java", "librdkafka"],
)
def test_what_is_read_while_the_group_rebalances_is_committed_as_it_moves_by_librdkafka_alone(
    rules: ConsumerRules, committed: int
) -> None:
    group, consumer = scene(
        rules=rules, auto_commit_interval_ms=600_000, partition_assignment_strategy="cooperative-sticky"
    )
    group.rebalance()
    group.assigned = []
    # Java has sent its last commit by now, and hands out what it has all the same.
    assert group.poll(consumer) == ["b"]

    group.poll(consumer, 2_000)

    assert consumer.assignment == ()
    assert group.committed == {P0: committed}
