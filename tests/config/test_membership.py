"""From a consumer and its brokers to how it is a member of its group."""

from collections.abc import Mapping

import pytest

from ackproof.config.membership import as_members, kinds_of_group
from ackproof.config.rules import consumer_rules
from ackproof.config.systems import assumptions, consume_system, unmodelled, without_effect
from ackproof.model.consume.keeping import SOUND, Keeping
from ackproof.model.consume.rebalancing import (
    COOPERATIVE,
    COOPERATIVE_LIBRDKAFKA,
    EAGER,
    EAGER_LIBRDKAFKA,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
    Rebalancing,
)
from ackproof.model.consume.rules import ConsumerRules
from tests.config.pipelines import Config, messages, read, side

STICKY = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
RANGE = "org.apache.kafka.clients.consumer.RangeAssignor"
STRATEGY = "partition.assignment.strategy"
NEW: Config = {"group.protocol": "consumer"}


def members(
    config: Config, client: str = "java", kafka: str = "4.3", extra: str = "", faults: str = ""
) -> ConsumerRules:
    """The rules of the members of a group."""
    found = read(side("consumer", {"group.id": "g", **config}, client, kafka, extra) + faults)
    assert found.consumer is not None
    return as_members(consumer_rules(found.consumer), found)


@pytest.mark.parametrize(
    ("config", "client", "style"),
    [
        ({}, "java", EAGER),
        ({STRATEGY: RANGE}, "java", EAGER),
        ({STRATEGY: f"{RANGE},{STICKY}"}, "java", EAGER),
        ({STRATEGY: STICKY}, "java", COOPERATIVE),
        ({STRATEGY: "cooperative-sticky"}, "librdkafka", COOPERATIVE_LIBRDKAFKA),
        ({}, "librdkafka", EAGER_LIBRDKAFKA),
    ],
)
def test_members_are_cooperative_if_all_their_assignors_are(config: Config, client: str, style: Rebalancing) -> None:
    assert members(config, client).rebalancing == style


@pytest.mark.parametrize(("kafka", "style"), [("4.0", RECONCILING_WITH_EXACT_EPOCHS), ("4.3", RECONCILING)])
def test_brokers_decide_what_an_older_epoch_is_worth(kafka: str, style: Rebalancing) -> None:
    assert members(NEW, "java 4.0.0", kafka).rebalancing == style


@pytest.mark.parametrize(("version", "waits"), [("3.1.1", True), ("3.2.0", False), ("3.2.1", True)])
def test_java_3_2_0_does_not_wait_for_its_last_commit(version: str, waits: bool) -> None:
    assert members({}, f"java {version}").rebalancing.awaits_commits == waits
    assert members({"enable.auto.commit": False}, f"java {version}").rebalancing.awaits_commits


@pytest.mark.parametrize(("version", "survives"), [("2.8.0", False), ("2.10.0", True)])
def test_librdkafka_took_a_late_commit_for_a_removal(version: str, survives: bool) -> None:
    rules = members({STRATEGY: "cooperative-sticky"}, f"librdkafka {version}")

    assert rules.rebalancing.survives_late_commits == survives


@pytest.mark.parametrize(("version", "waits"), [("3.7.2", False), ("3.8.1", True)])
def test_the_first_java_client_of_the_new_protocol_closes_without_waiting(version: str, waits: bool) -> None:
    assert members(NEW, f"java {version}").awaits_commits_on_close == waits
    assert members({}, f"java {version}").awaits_commits_on_close


def test_an_instance_id_makes_a_member_static() -> None:
    assert members({"group.instance.id": "one"}).is_static
    assert not members({}).is_static


@pytest.mark.parametrize(
    ("kafka", "keeping"),
    [
        ("4.3", SOUND),
        ("0.11.0.0", Keeping(loads_older=True)),
        ("0.11", SOUND),
        ("2.5", Keeping(forgets_replacements=True)),
        ("2.8", SOUND),
        ("3.1.0", SOUND),
    ],
)
def test_what_brokers_keep_depends_on_their_version(kafka: str, keeping: Keeping) -> None:
    assert members({}, "librdkafka", kafka).keeping == keeping


@pytest.mark.parametrize(
    ("kafka", "keeping"),
    [
        ("2.0", Keeping(expires_in_use=True)),
        ("2.7", Keeping(expires_on_return=True)),
        ("2.8.1", Keeping(expires_on_return=True)),
        ("2.8", SOUND),
        ("3.1.0", Keeping(expires_on_return=True)),
        ("3.1", SOUND),
    ],
)
def test_commits_grow_old_only_where_offsets_may_expire(kafka: str, keeping: Keeping) -> None:
    assert members({}, "librdkafka", kafka, faults='[faults]\nkinds = ["offsets-expired"]\n').keeping == keeping


@pytest.mark.parametrize(("spoken", "is_expired"), [("1.1", True), ("2.1-IV2", False), (None, False)])
def test_only_brokers_under_upgrade_to_2_1_write_times_to_expire(spoken: str | None, is_expired: bool) -> None:
    topic = f'[topic]\n"inter.broker.protocol.version" = "{spoken}"\n' if spoken else ""

    assert members({}, "librdkafka", "2.1.0", faults=topic).keeping.loads_expired == is_expired


@pytest.mark.parametrize(
    ("kafka", "more", "is_refused"),
    [
        ("4.3", "", False),
        ("4.3", '[features]\n"group.version" = 0\n', True),
        ("4.3", '[topic]\n"group.coordinator.rebalance.protocols" = "classic"\n', True),
        ("3.9.2", "", True),
        ("3.9.2", '[topic]\n"group.coordinator.rebalance.protocols" = "classic,consumer"\n', False),
        ("3.6", "", True),
    ],
)
@pytest.mark.parametrize("client", ["java 4.0.0", "librdkafka"])
def test_brokers_without_the_new_protocol_refuse_its_members(
    client: str, kafka: str, more: str, is_refused: bool
) -> None:
    said = messages(side("consumer", {"group.id": "g", **NEW}, client, kafka) + more)

    assert bool(said) == is_refused


def test_the_refusal_is_the_one_of_the_client() -> None:
    (java,) = messages(side("consumer", {"group.id": "g", **NEW}, "java 4.0.0", "3.6"))
    (librdkafka,) = messages(side("consumer", {"group.id": "g", **NEW}, "librdkafka", "3.6"))

    assert java.startswith("org.apache.kafka.common.errors.UnsupportedVersionException: The cluster does not support")
    assert "ConsumerGroupHeartbeat fatal error" in librdkafka


def test_cooperative_java_clients_that_stand_still_meanwhile_are_not_modelled() -> None:
    old, new = (
        read(side("consumer", {"group.id": "g", STRATEGY: STICKY}, f"java {version}")) for version in ("2.4.1", "2.5.1")
    )

    assert [what.reason for what in unmodelled(old, "no-loss")] == [
        "cooperative rebalancing of Java clients before 2.5 is not modelled yet"
    ]
    assert unmodelled(new, "no-loss") == ()


LATE = "offsets that librdkafka has stored under a former assignment are not modelled yet"
BY_THREADS = 'processing = "handed-off"\n'


@pytest.mark.parametrize(
    ("version", "own", "keys", "basic", "missing"),
    [
        ("1.8.2", BY_THREADS, {"enable.auto.offset.store": "false"}, "drains", [LATE]),
        ("1.9.0", BY_THREADS, {"enable.auto.offset.store": "false"}, "drains", []),
        ("1.8.2", BY_THREADS, {"enable.auto.offset.store": "false"}, "no-loss", []),
        ("1.8.2", BY_THREADS, {}, "drains", []),
        ("1.8.2", "", {"enable.auto.offset.store": "false"}, "drains", []),
        ("1.4.0", "", {}, "drains", [LATE]),
        ("1.4.2", "", {}, "drains", []),
    ],
)
def test_librdkafka_that_commits_what_was_stored_before_is_not_modelled(
    version: str, own: str, keys: Mapping[str, str], basic: str, missing: list[str]
) -> None:
    found = read(side("consumer", {"group.id": "g", **keys}, f"librdkafka {version}", extra=own))

    assert [what.reason for what in unmodelled(found, basic)] == missing


def test_what_was_stored_before_comes_again_where_a_static_member_starts_at_the_latest_offset() -> None:
    keys = {
        "group.id": "g",
        "group.instance.id": "a",
        "auto.offset.reset": "latest",
        "enable.auto.offset.store": "false",
    }
    old = side("consumer", keys, "librdkafka 1.8.2", extra=BY_THREADS)
    lost, crashed = (read(f'{old}[faults]\nkinds = ["{kind}"]\n') for kind in ("power-loss", "consumer-crash"))

    assert [what.reason for what in unmodelled(lost, "no-duplicates")] == [LATE]
    assert unmodelled(crashed, "no-duplicates") == ()


ADDED = '[faults]\nkinds = ["partitions-added"]\n'


def test_a_key_moves_only_where_partitions_added_is_named() -> None:
    named = read(side("consumer", {"group.id": "g"}) + ADDED)
    default = read(side("consumer", {"group.id": "g"}))

    assert {"key moves"} <= {act.name for act in consume_system(named, "in-order").actions}
    assert "key moves" not in {act.name for act in consume_system(default, "in-order").actions}
    assert any("across partitions" in said for said in assumptions(named, "in-order"))
    assert any("the key stays" in said for said in assumptions(default, "in-order"))


def test_without_a_consumer_nobody_says_in_which_order_two_partitions_are_read() -> None:
    found = read(side("producer", {}) + ADDED)

    assert len(unmodelled(found, "in-order")) == 1
    assert unmodelled(found, "no-loss") == ()


@pytest.mark.parametrize(("at_most", "idle"), [(2, ("retention",)), (3, ())])
def test_retention_matters_to_a_producer_once_a_broker_that_has_begun_anew_may_lead(
    at_most: int, idle: tuple[str, ...]
) -> None:
    faults = f'[faults]\nat_most = {at_most}\nkinds = ["retention", "broker-crash"]\n'

    assert without_effect(read(side("producer", {"enable.idempotence": "true"}) + faults)) == idle


@pytest.mark.parametrize(("kinds", "knows"), [(["follower-lag"], False), (["follower-lag", "power-loss"], True)])
def test_a_follower_of_the_offsets_log_matters_only_where_power_may_be_lost(kinds: list[str], knows: bool) -> None:
    found = read(side("consumer", {"group.id": "g"}) + f"[faults]\nkinds = {kinds}\n".replace("'", '"'))
    assert found.consumer is not None

    assert ("follower-lag" in kinds_of_group(found.consumer, kinds)) == knows
    assert without_effect(found) == (() if knows else ("follower-lag",))


@pytest.mark.parametrize(
    ("application", "lost"),
    [
        ('commit = "async"', {"request-lost"}),
        ('commit = "sync"\ncommit_when = "before-processing"', {"response-lost"}),
        ('commit = "sync"', set[str]()),
        ('commit = "with-sink"', set[str]()),
    ],
)
def test_what_is_lost_of_a_commit_matters_where_nobody_makes_up_for_it(application: str, lost: set[str]) -> None:
    found = read(side("consumer", {"group.id": "g"}, extra=application))
    assert found.consumer is not None

    assert kinds_of_group(found.consumer, ()) & {"request-lost", "response-lost"} == lost


def test_the_offsets_log_has_as_many_replicas_as_brokers_say() -> None:
    power = '[faults]\nkinds = ["power-loss"]\n'
    one = read(side("consumer", {"group.id": "g"}) + '[topic]\n"offsets.topic.replication.factor" = 1\n' + power)

    assert consume_system(one, "no-loss").initial["offsets_in_sync"] == 1
    assert consume_system(read(side("consumer", {"group.id": "g"}) + power), "no-loss").initial["offsets_in_sync"] == 3
