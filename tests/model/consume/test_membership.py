"""What each way of rebalancing breaks, how many states it takes, and the steps of each."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import JAVA, LIBRDKAFKA, LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES
from ackproof.model.consume.committing import can_commit, commits_by_itself
from ackproof.model.consume.consumer import Consumer, Consumers, with_status
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import (
    can_rebalance,
    hear_assignment,
    lose_assignment_by_commit,
    notice,
    offset_on_rejoin,
    offset_on_revoke,
    rebalanced,
    rejoin_behind_commits,
)
from ackproof.model.consume.rebalancing import (
    COOPERATIVE,
    COOPERATIVE_LIBRDKAFKA,
    EAGER,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
)
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.system import Next
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.consume import the_partition_has_one_owner
from ackproof.properties.liveness import the_lag_is_zero
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly
from tests.model.consume.styles import MEMBERS, after, committing

FIVE = frozenset({"consumer-crash", "consumer-pause", "member-joins", "member-leaves", "coordinator-failover"})
BOTH = (Consumer("owner", position=1), Consumer("member"))
READING = attrs.evolve(BOTH[0], in_hand=((0, 0),))
REJOINING = attrs.evolve(BOTH[0], is_rejoining=True)


def broken(rules: ConsumerRules, kind: str) -> set[str]:
    """The claims that one fault of that *kind* breaks, of two records and two instances."""
    system = consume_half(
        attrs.evolve(rules, instances=2), records=2, faults=Faults(1), kinds=frozenset({kind}), notes_order=True
    )
    return {claim for claim, holds in INVARIANTS["consume"].items() if explore(system, holds).violation}


@pytest.mark.parametrize(
    ("style", "commit", "expected"),
    [
        ("eager", "sync after", set[str]()),
        ("eager", "auto java", set[str]()),
        ("cooperative", "sync after", {"no-duplicates"}),
        ("cooperative", "auto java", {"no-duplicates"}),
        ("cooperative", "sync before", {"no-loss"}),
        ("cooperative, commits on revoke", "sync after", set[str]()),
        ("cooperative librdkafka", "auto librdkafka", set[str]()),
        ("cooperative librdkafka", "sync after", {"no-duplicates"}),
        ("by the coordinator", "sync after", set[str]()),
        ("by the coordinator", "sync before", set[str]()),
        ("by the coordinator, exact epochs", "sync before", {"no-loss"}),
        ("by the coordinator, in the background", "sync after", {"no-duplicates"}),
        ("static", "sync after", set[str]()),
    ],
)
def test_what_a_plain_join_breaks(style: str, commit: str, expected: set[str]) -> None:
    assert broken(committing(MEMBERS[style])[commit], "member-joins") == expected


@pytest.mark.parametrize(
    ("style", "expected"),
    [("eager", set[str]()), ("static", set[str]()), ("just stops", {"no-duplicates"})],
)
def test_what_leaving_breaks(style: str, expected: set[str]) -> None:
    assert broken(MEMBERS[style], "member-leaves") == expected


@pytest.mark.parametrize(
    ("style", "states"),
    [
        ("eager", 5_175),
        ("cooperative", 10_924),
        ("cooperative librdkafka", 10_962),
        ("by the coordinator", 6_894),
        ("by the coordinator, as nobody", 7_043),
        ("by the coordinator, exact epochs", 9_306),
        ("static", 6_098),
        ("just stops", 5_582),
    ],
)
def test_the_number_of_states(style: str, states: int) -> None:
    rules = attrs.evolve(MEMBERS[style], instances=2)

    assert explore(consume_half(rules, records=3, faults=Faults(2), kinds=FIVE)).distinct_states == states


@pytest.mark.parametrize("is_fine", [False, True])
@pytest.mark.parametrize("style", MEMBERS)
def test_the_partition_has_one_owner_in_a_generation(style: str, is_fine: bool) -> None:
    rules = attrs.evolve(MEMBERS[style], instances=2)
    system = consume_half(rules, records=1, faults=Faults(1), kinds=FIVE, is_fine=is_fine)
    # Who goes on with what it has lost is of a generation in which another one owns that, until it hears so.
    are_two = rules.rebalancing.keeps_what_it_lost and is_fine

    assert explore(system, the_partition_has_one_owner).ended == ("violated" if are_two else "exhausted")


def drains(rules: ConsumerRules, kind: str) -> str:
    """Whether the lag returns to zero at last."""
    kinds = frozenset({kind})
    return explore_fairly(
        consume_half(rules, records=2, faults=Faults(1), kinds=kinds, is_fine=True), the_lag_is_zero
    ).ended


@pytest.mark.parametrize("kind", sorted(FIVE | {"partitions-added"}))
@pytest.mark.parametrize("style", ["static", "by the coordinator", "just stops"])
def test_the_lag_returns_to_zero(style: str, kind: str) -> None:
    assert drains(MEMBERS[style], kind) == "exhausted"


@pytest.mark.parametrize(("commit", "ended"), [("sync after", "violated"), ("auto java", "exhausted")])
def test_what_is_refused_in_a_cooperative_rebalance_is_committed_again_only_by_a_client(
    commit: str, ended: str
) -> None:
    assert drains(committing(MEMBERS["cooperative"])[commit], "member-joins") == ended


def test_under_the_new_protocol_the_partition_may_move_as_the_second_instance_starts() -> None:
    rules = ConsumerRules(processing="handed-off", instances=2)
    moving = attrs.evolve(rules, rebalancing=RECONCILING)
    systems = [consume_half(each, records=2, faults=Faults(0), kinds=FIVE) for each in (rules, moving)]

    assert [explore(system, INVARIANTS["consume"]["no-duplicates"]).ended for system in systems] == [
        "exhausted",
        "violated",
    ]


def outcomes(rules: ConsumerRules, consumers: Consumers, committed: int | None = None) -> list[Next]:
    """What comes of a rebalance."""
    return list(rebalanced(rules, consumers, Group(committed), "why"))


def owners(outcome: Next) -> list[int]:
    """Which consumers own the partition after it."""
    return with_status(after(outcome), "owner")


def test_in_an_eager_rebalance_any_member_gets_the_partition_and_looks_up_its_position() -> None:
    found = outcomes(ConsumerRules(), BOTH)

    assert [owners(outcome) for outcome in found] == [[0], [1]]
    assert {after(outcome)[0].position for outcome in found} == {None}


def test_in_a_cooperative_one_the_owner_goes_on() -> None:
    (found,) = outcomes(ConsumerRules(rebalancing=COOPERATIVE), BOTH)

    assert found.changes["consumers"] == (REJOINING, BOTH[1])


def test_a_second_trigger_changes_nothing_for_an_owner_that_is_rejoining() -> None:
    (found,) = outcomes(ConsumerRules(rebalancing=COOPERATIVE), (REJOINING, BOTH[1]))

    assert found.changes["consumers"] == (REJOINING, BOTH[1])


def test_it_hears_that_it_keeps_the_partition_or_that_it_moves() -> None:
    rules = ConsumerRules(rebalancing=COOPERATIVE)
    found = list(hear_assignment.outcomes(rules, (REJOINING, BOTH[1]), Group()))

    assert [owners(outcome) for outcome in found] == [[0], [1]]


def test_it_hears_nothing_while_the_application_processes() -> None:
    busy = attrs.evolve(READING, is_rejoining=True)

    assert list(hear_assignment.outcomes(ConsumerRules(rebalancing=COOPERATIVE), (busy, BOTH[1]), Group())) == []


def test_alone_an_owner_keeps_the_partition() -> None:
    rules = ConsumerRules(rebalancing=COOPERATIVE)

    assert [owners(outcome) for outcome in hear_assignment.outcomes(rules, (REJOINING,), Group())] == [[0]]


def test_the_coordinator_waits_for_nobody_but_moves_only_what_the_owner_gives_up() -> None:
    rules = ConsumerRules(rebalancing=RECONCILING)

    assert can_rebalance((READING, BOTH[1]), rules)
    assert [owners(outcome) for outcome in outcomes(rules, (READING, BOTH[1]))] == [[0]]
    assert [owners(outcome) for outcome in outcomes(rules, BOTH)] == [[0], [1]]


def test_a_commit_with_an_older_epoch_is_refused_and_the_partition_kept() -> None:
    waiting = attrs.evolve(BOTH[0], to_commit=1)
    found = outcomes(ConsumerRules(rebalancing=RECONCILING_WITH_EXACT_EPOCHS), (waiting, BOTH[1]))

    assert [outcome.changes["consumers"] for outcome in found] == [(waiting, BOTH[1]), BOTH]


def test_who_is_rejoining_can_commit_only_with_librdkafka() -> None:
    assert not can_commit(ConsumerRules(rebalancing=COOPERATIVE), REJOINING)
    assert can_commit(ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA), REJOINING)


def test_librdkafka_commits_nothing_by_itself_while_it_rejoins_since_1_7() -> None:
    earlier = ConsumerRules(LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES, "auto", rebalancing=COOPERATIVE_LIBRDKAFKA)
    present = attrs.evolve(earlier, auto_commit=LIBRDKAFKA)

    assert (commits_by_itself(earlier, REJOINING), commits_by_itself(present, REJOINING)) == (True, False)
    assert commits_by_itself(present, BOTH[0])


def test_java_commits_by_itself_before_it_rejoins_and_librdkafka_as_it_revokes() -> None:
    java = ConsumerRules(JAVA, "auto", rebalancing=COOPERATIVE)
    librdkafka = attrs.evolve(java, rebalancing=COOPERATIVE_LIBRDKAFKA)

    assert (offset_on_rejoin(java, BOTH[0], None), offset_on_revoke(java, BOTH[0], None)) == (1, None)
    assert (offset_on_rejoin(librdkafka, BOTH[0], None), offset_on_revoke(librdkafka, BOTH[0], None)) == (None, 1)


def test_a_listener_commits_as_the_partition_is_revoked() -> None:
    assert offset_on_revoke(ConsumerRules(rebalancing=COOPERATIVE, on_revoke="commit"), BOTH[0], None) == 1


def test_a_silent_member_that_polls_gets_the_partition_back_and_a_stale_one_has_to_join() -> None:
    two = (Consumer("silent", position=1), Consumer("stale", position=1))
    found = [outcome.changes["consumers"] for outcome in notice.outcomes(ConsumerRules(), two, Group())]

    assert found == [(Consumer("owner"), two[1]), (two[0], Consumer("out"))]


def test_who_gives_up_without_waiting_rejoins_behind_its_commit() -> None:
    rules = ConsumerRules(JAVA, "auto", rebalancing=attrs.evolve(EAGER, awaits_commits=False))
    (asked,) = outcomes(rules, BOTH)

    assert asked.changes["consumers"] == (Consumer("joining", in_flight=(1,)), BOTH[1])
    assert not can_rebalance((Consumer("joining"), BOTH[1]), rules)
    assert len(list(rejoin_behind_commits.outcomes((Consumer("joining"), BOTH[1])))) == 2


def test_a_late_commit_may_cost_the_assignment() -> None:
    rules = ConsumerRules(rebalancing=attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False))
    late = attrs.evolve(REJOINING, to_commit=1)
    (lost,) = lose_assignment_by_commit.outcomes(rules, (late, BOTH[1]), Group())

    assert lost.changes["consumers"] == (Consumer("out"), Consumer("owner"))


@pytest.mark.parametrize(("committed", "times"), [(None, 1), (1, 0)])
def test_so_may_one_that_is_sent_between_polls(committed: int | None, times: int) -> None:
    before_2_10 = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
    rules = ConsumerRules(rebalancing=before_2_10, processing="handed-off")

    assert len(list(lose_assignment_by_commit.outcomes(rules, (REJOINING, BOTH[1]), Group(committed)))) == times
