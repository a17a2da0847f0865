"""What may be said of interchangeable names: all of them or none."""

import attrs
import pytest

from ackproof.model.published.async_isr import async_isr
from ackproof.model.published.placing import on_brokers
from ackproof.properties.property import always
from ackproof.properties.published import a_record_is_committed, valid_high_watermark, weak_isr
from ackproof.search.explorer import explore
from tests.search.alike_systems import replicas
from tests.search.by_mail import by_mail


def test_what_is_said_of_one_pair_only_is_refused() -> None:
    with pytest.raises(ValueError, match="leader_knows_who_has_what_is_committed tells 1 and 2 apart"):
        explore(replicas("kip-320", 2, 0), weak_isr(2)[0])


def test_what_is_looked_for_must_not_tell_names_apart_either() -> None:
    with pytest.raises(ValueError, match="a_record_is_committed tells 1 and 2 apart"):
        explore(replicas("kip-320", 2, 0), looks_for=(on_brokers(a_record_is_committed, leader=1, follower=2),))


def test_a_rule_that_is_a_name_is_renamed() -> None:
    with pytest.raises(ValueError, match="has_prepared tells 2 and 3 apart"):
        explore(by_mail(3), has_prepared.on(name="name_1"), has_prepared.on(name="name_2"))


def test_what_is_said_of_all_names_may_be_said() -> None:
    said = tuple(has_prepared.on(name=f"name_{name}") for name in (1, 2, 3))

    assert explore(by_mail(3), looks_for=said).seen == {"has_prepared": True}


def test_what_is_said_of_a_whole_family_at_once_may_be_said() -> None:
    assert explore(async_isr(replicas=3, max_offset=1, max_version=1), *valid_high_watermark(3)).ended == "exhausted"
    assert explore(by_mail(2), decide_alike.on(managers=("manager_1", "manager_2"))).ended == "exhausted"


def test_what_is_said_of_each_and_all_others_may_be_said() -> None:
    managers = {f"manager_{name}" for name in (1, 2, 3)}
    said = tuple(is_alone.on(manager=one, others=(*sorted(managers - {one}),)) for one in sorted(managers))

    assert explore(by_mail(3), looks_for=said).seen == {"is_alone": True}


def test_what_is_said_of_part_of_a_family_is_refused() -> None:
    with pytest.raises(ValueError, match="decide_alike tells 2 and 3 apart"):
        explore(by_mail(3), decide_alike.on(managers=("manager_1", "manager_2")))


def test_a_rule_may_be_equal_to_a_name_without_being_one() -> None:
    system = attrs.evolve(by_mail(2), rules={**by_mail(2).rules, "most": 1})

    assert explore(system, at_most.on(number="most")).ended == "violated"


@always(source="none")
def has_prepared(mail: frozenset[int], name: int) -> bool:
    """The manager has written."""
    return name in mail


@always(source="none")
def decide_alike(managers: tuple[str, ...]) -> bool:
    """All decide alike."""
    return not {"committed", "aborted"} <= set(managers)


@always(source="none")
def is_alone(manager: str, others: tuple[str, ...]) -> bool:
    """No other one has come as far."""
    return manager not in others


@always(source="none")
def at_most(mail: frozenset[int], number: int) -> bool:
    """There are at most so many letters."""
    return len(mail) <= number
