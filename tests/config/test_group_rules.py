"""The rules of a group, from its consumers and brokers."""

from collections.abc import Mapping, Sequence

import attrs
import pytest

from ackproof.config.group_rules import group_rules
from ackproof.config.pipeline import Client
from ackproof.model.groups.assignors import ranges, ranges_kept, uniform, uniform_in_order, uniform_in_turn
from ackproof.model.groups.epochs import moved_at_once, moved_one_by_one
from ackproof.model.groups.reconciling import (
    Reconcile,
    at_each_target,
    once_released,
    once_revoked,
    once_revoked_an_epoch_on,
)
from ackproof.model.groups.rules import ClassicRules, ConsumerRules, GroupRules
from tests.config.pipelines import read, side

COOPERATIVE = {"partition.assignment.strategy": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"}
PYTHON = {"partition_assignment_strategy": "CooperativeStickyAssignor"}
NEW = {"group.protocol": "consumer"}


def rules(config: Mapping[str, str], client: str = "java", kafka: str = "4.1") -> GroupRules:
    return group_rules(read(side("consumer", config, client, kafka)))


def classic(config: Mapping[str, str], client: str = "java", kafka: str = "4.1") -> ClassicRules:
    found = rules(config, client, kafka)
    assert isinstance(found, ClassicRules)
    return found


def new(config: Mapping[str, str], client: str = "java", kafka: str = "4.1") -> ConsumerRules:
    found = rules({**NEW, **config}, client, kafka)
    assert isinstance(found, ConsumerRules)
    return found


@pytest.mark.parametrize(
    ("config", "client", "assignor", "is_cooperative"),
    [
        ({}, "java", "range", False),
        (COOPERATIVE, "java", "cooperative-sticky", True),
        (
            {"partition.assignment.strategy": "org.apache.kafka.clients.consumer.StickyAssignor"},
            "java",
            "sticky",
            False,
        ),
        ({}, "librdkafka", "range", False),
        ({"partition.assignment.strategy": "roundrobin"}, "librdkafka", "roundrobin", False),
        ({"partition.assignment.strategy": "cooperative-sticky"}, "librdkafka", "cooperative-sticky", True),
        (PYTHON, "kafka-python", "cooperative-sticky", True),
        ({}, "aiokafka", "roundrobin", False),
    ],
)
def test_the_first_assignor_is_elected(
    config: Mapping[str, str], client: str, assignor: str, is_cooperative: bool
) -> None:
    found = classic(config, client)

    assert (found.assignor.name, found.is_cooperative) == (assignor, is_cooperative)


def test_a_cooperative_assignor_before_an_eager_one_is_not_cooperative() -> None:
    name = "partition.assignment.strategy"
    found = classic({name: f"{COOPERATIVE[name]},org.apache.kafka.clients.consumer.RangeAssignor"})

    assert (found.assignor.name, found.is_cooperative, found.assignor.is_sticky) == ("cooperative-sticky", False, False)


@pytest.mark.parametrize(
    ("client", "keeps_owned", "refuses", "follows"),
    [
        ("java 2.8.0", True, True, True),
        ("java 2.8.1", False, True, True),
        ("java 2.8.2", False, False, True),
        ("java 3.0.0", False, True, True),
        ("java 3.0.1", False, False, True),
        ("java 3.2.0", False, False, False),
        ("java", False, False, False),
    ],
)
def test_java_clients_by_version(client: str, keeps_owned: bool, refuses: bool, follows: bool) -> None:
    found = classic(COOPERATIVE, client)

    assert found.keeps_owned_without_membership == keeps_owned
    assert found.refuses_stale_claims == refuses
    assert found.returning_leader_follows == follows


def test_each_member_of_librdkafka_watches_the_number_of_partitions() -> None:
    assert classic({}, "librdkafka").all_watch_partitions
    assert not classic({}, "java 4.1").all_watch_partitions


@pytest.mark.parametrize(
    ("kafka", "instance", "keeps"), [("2.1", {}, True), ("2.2", {}, False), ("4.1", {"group.instance.id": "a"}, True)]
)
def test_librdkafka_keeps_what_it_has_as_its_join_is_refused_unless_it_is_told_a_member_id(
    kafka: str, instance: Mapping[str, str], keeps: bool
) -> None:
    found = classic({"partition.assignment.strategy": "cooperative-sticky", **instance}, "librdkafka", kafka)

    assert (found.keeps_owned_without_membership, found.gives_up_as_it_syncs) == (keeps, True)


@pytest.mark.parametrize(("client", "heard"), [("java 3.3.2", False), ("java 3.4.0", True), ("librdkafka", False)])
def test_claims_of_java_are_of_the_generation_heard_since_kip_792(client: str, heard: bool) -> None:
    config = COOPERATIVE if client.startswith("java") else {"partition.assignment.strategy": "cooperative-sticky"}

    assert classic(config, client).claims_heard_generation == heard


@pytest.mark.parametrize(
    ("client", "tells"), [("java 2.8.0", False), ("java 2.8.1", True), ("java 3.4.0", True), ("java 3.4.1", False)]
)
def test_java_that_goes_by_the_latest_generation_tells_that_of_what_it_lost(client: str, tells: bool) -> None:
    assert classic(COOPERATIVE, client).tells_past_generation == tells
    assert not classic({}, client).tells_past_generation


@pytest.mark.parametrize(("kafka", "waits"), [("4.1", False), ("4.3", True)])
def test_the_brokers_of_today_wait_before_they_assign_anew(kafka: str, waits: bool) -> None:
    assert new({}, kafka=kafka).waits_to_assign == waits


def test_kafka_python_has_holes_of_its_own() -> None:
    found = classic(PYTHON, "kafka-python")

    assert found.keeps_owned_without_membership
    assert found.claims_what_was_lost


def test_an_instance_id_makes_members_static() -> None:
    assert classic({"group.instance.id": "a"}).is_static
    assert new({"group.instance.id": "a"}).is_static


@pytest.mark.parametrize(("kafka", "expires"), [("2.8.0", False), ("2.8.1", True), ("3.0", True)])
def test_brokers_wait_for_a_sync_group_no_longer_than_a_rebalance_timeout(kafka: str, expires: bool) -> None:
    """KAFKA-12890."""
    assert classic({}, "java 2.8.1", kafka).expires_awaited_syncs == expires


def test_an_older_broker_does_not_let_a_leader_return() -> None:
    assert classic({}, "java", "3.1").returning_leader_follows


@pytest.mark.parametrize(
    ("config", "assign"), [({}, uniform), ({"group.remote.assignor": "range"}, ranges)], ids=["uniform", "range"]
)
def test_the_client_may_name_the_brokers_assignor(config: Mapping[str, str], assign: object) -> None:
    assert new(config).assign is assign


@pytest.mark.parametrize(
    ("kafka", "found"),
    [
        ("3.7.2", (uniform_in_turn, ranges_kept)),
        ("3.8", (uniform_in_order, ranges_kept)),
        ("4.0.0", (uniform_in_order, ranges)),
        ("4.0.1", (uniform, ranges)),
        ("4.1", (uniform, ranges)),
    ],
)
def test_the_brokers_assignors_have_changed(kafka: str, found: tuple[object, object]) -> None:
    configs: Sequence[Mapping[str, str]] = (NEW, {**NEW, "group.remote.assignor": "range"})
    of_both = [group_rules(attrs.evolve(read(side("consumer", config)), kafka=kafka)) for config in configs]

    assert tuple(of.assign for of in of_both if isinstance(of, ConsumerRules)) == found


def test_the_consumer_protocol_of_today() -> None:
    found = new({}, kafka="4.3")

    assert (found.partition_epochs, found.reconcile) == (moved_at_once, once_revoked)
    assert (found.acknowledges_what_it_has, found.is_silenced_by_errors) == (True, False)
    assert found.keeps_its_place


@pytest.mark.parametrize(
    ("kafka", "reconcile"),
    [
        ("3.7", at_each_target),
        ("3.8", once_released),
        ("4.0.0", once_released),
        ("4.0.2", once_revoked_an_epoch_on),
        ("4.1.1", once_released),
        ("4.1.2", once_revoked_an_epoch_on),
        ("4.2", once_revoked),
    ],
)
def test_what_a_member_has_revoked_itself_is_free_for_it_at_once_since(kafka: str, reconcile: Reconcile) -> None:
    found = group_rules(attrs.evolve(read(side("consumer", NEW)), kafka=kafka))

    assert isinstance(found, ConsumerRules)
    assert found.reconcile is reconcile


@pytest.mark.parametrize(("kafka", "at_once"), [("4.0.2", False), ("4.1.2", False), ("4.2", True), ("4.3", True)])
def test_who_is_fenced_is_taken_back_at_once_since_kafka_19233(kafka: str, *, at_once: bool) -> None:
    assert new({}, kafka=kafka).takes_back_at_once == at_once


PROTOCOL = '"group.protocol" = "consumer"\n"group.id" = "g"\n'


@pytest.mark.parametrize(
    ("client", "extra", "finishes", "at_once"),
    [
        ("java", 'commit = "auto"', True, False),
        ("java", 'commit = "sync"', True, False),
        ("java 4.2.1", 'commit = "auto"', True, True),
        ("java 4.2.1", 'commit = "sync"', False, True),
        ("java 4.2.1", 'commit = "sync"\non_revoke = "commit"', True, False),
        ("librdkafka", 'commit = "auto"', False, True),
        ("librdkafka", 'commit = "sync"\non_revoke = "commit"', True, False),
    ],
)
def test_who_waits_while_it_takes_partitions_takes_them_whatever_it_is_told(
    client: str, extra: str, *, finishes: bool, at_once: bool
) -> None:
    found = group_rules(read(f'[consumer]\nclient = "{client}"\n{extra}\n[consumer.config]\n{PROTOCOL}'))

    assert isinstance(found, ConsumerRules)
    assert (found.finishes_what_it_began, found.waits_for_its_commit_alone) == (finishes, at_once)


def test_the_first_consumer_protocol_had_bugs_on_both_sides() -> None:
    today = read(side("consumer", NEW))
    assert today.consumer is not None
    client = attrs.evolve(today.consumer, client=Client("java", "3.7.2"))

    found = group_rules(attrs.evolve(today, kafka="3.7", consumer=client))

    assert isinstance(found, ConsumerRules)
    assert (found.partition_epochs, found.reconcile) == (moved_one_by_one, at_each_target)
    assert (found.acknowledges_what_it_has, found.is_silenced_by_errors) == (False, True)
    assert (found.keeps_its_place, found.takes_back_at_once) == (False, False)
