"""Verdicts on the published systems are the known ones, violations as short as known, and no property is empty."""

from collections.abc import Callable, Iterator

import attrs
import pytest

from ackproof.model.published.alter_isr import VersionedIsr, ask
from ackproof.model.published.async_isr import async_isr
from ackproof.model.published.controller import elect
from ackproof.model.published.leadership import Brokers, LeaderAndIsr, Leadership
from ackproof.model.published.placing import on_brokers
from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import Next, System, action
from ackproof.properties.property import Property
from ackproof.properties.published import (
    a_record_is_committed,
    strong_isr,
    the_in_sync_replicas_change_while_followers_fetch,
    the_leader_is_in_sync,
    valid_high_watermark,
    weak_isr,
)
from ackproof.search.explorer import explore

Statements = Callable[[int], tuple[Property, ...]]


def system_of(variant: str, replicas: int, max_leader_epoch: int) -> System:
    """Two records in logs of two, every replica told apart."""
    system = published(VARIANTS[variant], replicas=replicas, log_size=2, records=2, max_leader_epoch=max_leader_epoch)
    return attrs.evolve(system, reductions=frozenset())


@pytest.mark.parametrize(
    ("variant", "replicas", "max_leader_epoch", "statements", "actions"),
    [
        ("truncate-to-high-watermark", 2, 1, weak_isr, 8),
        ("truncate-to-high-watermark", 2, 1, strong_isr, 9),
        ("truncate-to-high-watermark", 2, 2, weak_isr, 8),
        ("truncate-to-high-watermark", 2, 2, strong_isr, 9),
        ("truncate-to-high-watermark", 3, 1, weak_isr, 8),
        ("truncate-to-high-watermark", 3, 1, strong_isr, 8),
        ("truncate-to-high-watermark", 3, 2, weak_isr, 8),
        ("truncate-to-high-watermark", 3, 2, strong_isr, 8),
        ("kip-101", 2, 2, weak_isr, 11),
        ("kip-101", 2, 2, strong_isr, 11),
        ("kip-101", 3, 1, strong_isr, 11),
        ("kip-279", 3, 1, strong_isr, 11),
        ("kip-101", 3, 2, weak_isr, 10),
        ("kip-101", 3, 2, strong_isr, 10),
        ("kip-279", 3, 2, weak_isr, 10),
        ("kip-279", 3, 2, strong_isr, 10),
    ],
)
def test_shortest_violations(
    variant: str, replicas: int, max_leader_epoch: int, statements: Statements, actions: int
) -> None:
    found = explore(system_of(variant, replicas, max_leader_epoch), *statements(replicas))

    assert found.violation is not None
    assert len(found.violation) == actions


@pytest.mark.parametrize(
    ("variant", "replicas", "max_leader_epoch", "statements"),
    [
        ("kip-101", 2, 1, (weak_isr, strong_isr)),
        ("kip-101", 3, 1, (weak_isr,)),
        ("kip-279", 2, 1, (weak_isr, strong_isr)),
        ("kip-279", 2, 2, (weak_isr, strong_isr)),
        ("kip-279", 3, 1, (weak_isr,)),
        ("kip-320-first-try", 2, 1, (weak_isr, strong_isr)),
        ("kip-320-first-try", 2, 2, (weak_isr, strong_isr)),
        ("kip-320-first-try", 3, 1, (weak_isr, strong_isr)),
        ("kip-320", 2, 1, (weak_isr, strong_isr)),
        ("kip-320", 2, 2, (weak_isr, strong_isr)),
        ("kip-320", 3, 1, (weak_isr, strong_isr)),
    ],
)
def test_what_holds(variant: str, replicas: int, max_leader_epoch: int, statements: tuple[Statements, ...]) -> None:
    every = [statement for some in statements for statement in some(replicas)]

    found = explore(
        system_of(variant, replicas, max_leader_epoch),
        *every,
        the_leader_is_in_sync,
        looks_for=(on_brokers(a_record_is_committed, leader=1, follower=2),),
    )

    assert found.ended == "exhausted"
    assert found.seen == {"a_record_is_committed": True}


def test_a_violation_is_told_in_sentences() -> None:
    found = explore(system_of("truncate-to-high-watermark", 2, 1), *weak_isr(2))

    assert found.violation is not None
    assert [step.says for step in found.violation.steps] == [
        "the controller makes broker 1 the leader in epoch 0; in sync: broker 1, broker 2",
        "the controller removes broker 2 in epoch 1; in sync: broker 1",
        "broker 1 becomes the leader in epoch 0; in sync: broker 1, broker 2",
        "broker 1 appends r1 at offset 0 in epoch 0",
        "broker 2 follows broker 1 in epoch 0",
        "broker 2 fetches r1 from broker 1; its high watermark is 0",
        "broker 1 raises the high watermark to 1",
        "broker 2 follows broker 1 in epoch 1 and truncates to offset 0",
    ]


@action(writes=("quorum", "request"))
def elect_anybody(quorum: LeaderAndIsr, request: LeaderAndIsr | None, leader_epoch: int) -> Iterator[Next]:
    """A replica becomes the leader, in sync or not."""
    if quorum.leadership.leader_epoch == leader_epoch - 1:
        decided = LeaderAndIsr(Leadership(leader_epoch, 2), frozenset({1}))
        yield Next("an unclean election", quorum=decided, request=decided)


@action(writes=("requests",))
def ask_and_forget(leader: VersionedIsr, version: int, requests: frozenset[Brokers]) -> Iterator[Next]:
    """The leader asks for all replicas and reckons only with those that it knows to be in sync."""
    if leader.version == version:
        yield Next("the leader asks and forgets", requests=requests | {frozenset({1, 2})})


def test_an_unclean_election_makes_a_leader_that_is_not_in_sync() -> None:
    system = system_of("kip-320", 2, 1)
    unclean = [elect_anybody.on(request=f"request_{epoch}", leader_epoch=f"epoch_{epoch}") for epoch in range(2)]
    kept = [act for act in system.actions if act.name != elect.name]

    found = explore(attrs.evolve(system, actions=(*unclean, *kept)), the_leader_is_in_sync)

    assert found.violation is not None
    assert len(found.violation) == 1


@pytest.mark.parametrize(("max_offset", "max_version"), [(2, 2), (2, 3), (3, 3)])
def test_the_high_watermark_is_valid_while_the_in_sync_replicas_change(max_offset: int, max_version: int) -> None:
    system = async_isr(replicas=3, max_offset=max_offset, max_version=max_version)

    found = explore(
        attrs.evolve(system, reductions=frozenset()),
        *valid_high_watermark(3),
        looks_for=(the_in_sync_replicas_change_while_followers_fetch.on(offset="offset_2"),),
    )

    assert found.ended == "exhausted"
    assert found.seen == {"the_in_sync_replicas_change_while_followers_fetch": True}


def test_a_leader_that_forgets_what_it_asked_for_has_no_valid_high_watermark() -> None:
    system = async_isr(replicas=2, max_offset=1, max_version=2)
    forgetful = [ask_and_forget.on(version=f"version_{version}", requests=f"requests_{version}") for version in (0, 1)]
    kept = [act for act in system.actions if act.name != ask.name]
    broken = attrs.evolve(system, actions=(*forgetful, *kept), reductions=frozenset())

    found = explore(broken, *valid_high_watermark(2))

    assert found.violation is not None
    assert len(found.violation) == 5
