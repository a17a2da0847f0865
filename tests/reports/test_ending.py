"""The end of a counterexample in words."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import JAVA
from ackproof.model.consume.consumer import Consumer
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Added, Group, History, Log
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.properties.claims import INVARIANTS, Half
from ackproof.properties.verdict import Counterexample
from ackproof.reports.consumed import consumed
from ackproof.reports.ending import ending
from ackproof.search.explorer import explore

RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front)


def sending(client: ProducerRules, kind: str) -> System:
    """A produce half with one fault."""
    return produce_half(client, BrokerRules(), records=2, faults=Faults(1), kinds=frozenset({kind}))


def reading(rules: ConsumerRules, kind: str) -> System:
    """A consume half with one fault."""
    return consume_half(rules, records=2, faults=Faults(1), kinds=frozenset({kind}))


def words(half: Half, claim: str, system: System) -> list[str]:
    """The ending of a shortest violation."""
    statement = INVARIANTS[half][claim]
    trace = explore(system, statement).violation
    assert trace is not None
    return list(ending(Counterexample(trace, claim, statement.says)))


def test_a_lost_record_and_who_has_it() -> None:
    assert words("produce", "no-loss", sending(attrs.evolve(RETRYING, acks="1"), "broker-crash")) == [
        "r1 is acknowledged and lost: the leader does not have it, only broker 1 has it",
        "broker 1 (down): r1",
        "broker 2 (leads): empty log",
        "broker 3 (in sync): empty log",
    ]


def test_a_record_that_no_broker_has() -> None:
    lines = words("produce", "no-loss", sending(attrs.evolve(RETRYING, acks="0"), "request-lost"))

    assert lines[0] == "r1 is acknowledged and lost: the leader does not have it, no broker has it"


def test_a_repeat() -> None:
    assert words("produce", "no-duplicates", sending(RETRYING, "response-lost"))[0] == "r1 is stored 2 times"


def test_a_wrong_order() -> None:
    lines = words("produce", "in-order", sending(RETRYING, "leader-change"))

    assert lines[0] == "r1 was sent first and stands behind r2"


@pytest.mark.parametrize(
    ("rules", "kind", "claim", "first"),
    [
        (
            ConsumerRules(commit_when="before-processing"),
            "consumer-crash",
            "no-loss",
            "r1 is lost: committed, and never processed",
        ),
        (ConsumerRules(reset="latest"), "consumer-crash", "no-loss", "r1 is lost: skipped, and never processed"),
        (ConsumerRules(reset="none"), "retention", "no-loss", "r1 is lost: deleted before anybody processed it"),
        (ConsumerRules(), "consumer-crash", "no-duplicates", "r1 was processed more than once"),
        (
            ConsumerRules(JAVA, commit="auto", processing="handed-off"),
            "consumer-crash",
            "in-order",
            "a record was processed for the first time after a later one",
        ),
    ],
)
def test_what_the_sink_has_kept(rules: ConsumerRules, kind: str, claim: str, first: str) -> None:
    assert words("consume", claim, reading(rules, kind))[0] == first


def test_where_group_and_consumers_stand() -> None:
    lines = words("consume", "no-loss", reading(ConsumerRules(reset="latest"), "consumer-crash"))

    assert lines[1:] == [
        "the log reaches from offset 0 to 1, the group has committed nothing",
        "consumer 1 owns the partition, position 1",
    ]


def test_what_was_sent_to_a_new_partition_before_the_group_discovered_it() -> None:
    last = {
        "log": Log(added=Added((0,), position=1)),
        "group": Group(),
        "history": History((0,)),
        "consumers": (Consumer("silent"),),
    }

    assert list(consumed("no-loss", last)) == [
        "r1 is lost: sent to the new partition before the group discovered that",
        "the log reaches from offset 0 to 0, the group has committed nothing",
        "consumer 1 is waited for by the group",
    ]


def test_a_consumer_that_has_not_joined_yet_is_not_told_to_come_back() -> None:
    last = {
        "log": Log(),
        "group": Group(),
        "history": History(()),
        "consumers": (Consumer("out"), Consumer("stopped"), Consumer("member")),
    }

    assert list(consumed("no-loss", last))[1:] == [
        "consumer 1 is about to join",
        "consumer 2 is stopped",
        "consumer 3 is in the group",
    ]
