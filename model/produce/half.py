"""The produce half as a system."""

from collections.abc import Iterator
from functools import partial

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce import (
    deadlines,
    failing,
    held,
    lagging,
    librdkafka,
    refusals,
    replicating,
    retention,
    sending,
    showing,
)
from ackproof.model.produce.append import Leader
from ackproof.model.produce.network import Connection, has_given_up
from ackproof.model.produce.producer import new_producer
from ackproof.model.produce.replica import first_replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.stored import STORED, STORED_IN_FEWER_STEPS
from ackproof.model.produce.watermark import DERIVED, Watermark
from ackproof.model.system import REDUCTIONS, Action, System

CLUSTER = (
    replicating.append,
    replicating.answer.on(up_to="replicas"),
    replicating.give_up.on(index="replicas"),
    replicating.fetch,
    replicating.expand,
    replicating.notice,
    replicating.come_back,
)
FAULT_ACTIONS: tuple[Action, ...] = (
    failing.request_lost,
    failing.response_lost,
    failing.request_delayed,
    held.late,
    held.late_again,
    failing.broker_crash,
    failing.power_loss,
    failing.leader_change,
    lagging.follower_lag,
    deadlines.send_timeout,
    deadlines.deadline_passes_with_the_connection,
    failing.producer_crash,
    failing.producer_crash_unnoticing,
    deadlines.producer_pause,
    retention.retention,
)

GIVING_UP = frozenset({"send-timeout", "producer-pause"})
"""Kinds after which nobody waits any more for something on the wire."""

KINDS = frozenset(act.fault for act in FAULT_ACTIONS if act.fault)
"""The kinds of fault that this half knows."""


def kinds_of(client: ProducerRules, brokers: BrokerRules, faults: Faults) -> frozenset[str]:
    """The kinds of fault that make a difference: what retention costs is what brokers know of a producer's numbers."""
    forgets = brokers.forgets_producers_with_their_records or retention.may_lead_anew(brokers, faults)
    return KINDS if client.idempotence and forgets else KINDS - {retention.RETENTION}


def produce_half(
    client: ProducerRules,
    brokers: BrokerRules,
    *,
    records: int,
    faults: Faults,
    kinds: frozenset[str],
    remembers_acknowledged: bool = True,
    stores_repeats: bool = True,
    remembers_visible: bool = False,
    is_fine: bool = False,
) -> System:
    """
    An application that sends *records* records through one producer to one partition.

    Args:
        remembers_acknowledged: Only loss asks for it.
        stores_repeats: False for claims that cannot tell a repeat from its first copy (``Leader``).
        remembers_visible: Keep the longest prefix that consumers could ever read, in the component ``visible``.
        is_fine: Without any reduction: nothing urgent, replicas told apart, a stored high watermark.
    """
    kinds = kinds if is_fine else kinds & kinds_of(client, brokers, faults)
    leads_anew = retention.RETENTION in kinds and (is_fine or retention.may_lead_anew(brokers, faults))
    watermark = watermark_of(brokers, leads_anew=leads_anew, is_fine=is_fine)
    in_two_steps = joins_in_two_steps(brokers, kinds, is_fine=is_fine)
    keeps_held = held.may_lead_again(kinds, None if is_fine else faults)
    leader = Leader(brokers, watermark, client.acks, stores_repeats or is_fine, in_two_steps, keeps_held)
    of_client = client_actions(client, kinds, is_fine=is_fine)
    controller = (replicating.alter_partition,) if in_two_steps else ()
    visible = (showing.show.on(readable="replicas", high_watermark="replicas"),) if remembers_visible else ()
    faulty = tuple(act for act in fault_actions(client, brokers, faults) if is_possible(act, kinds))
    if not keeps_held:
        faulty = tuple(act for act in faulty if act is not held.late_again)
    elif is_fine:
        faulty = (*faulty, held.late_in_vain)
    if leads_anew:
        faulty = (*faulty, retention.retention_of_one)
    if is_fine:
        faulty = (*faulty, *(act for act in fine_faults(brokers) if is_possible(act, kinds)))
    return System(
        initial={
            "replicas": first_replicas(brokers.replication_factor),
            "connection": Connection(),
            "producer": new_producer(client),
            "delayed": (),
            "acknowledged": frozenset[int](),
            FAULTS: faults,
        }
        | ({"visible": ()} if remembers_visible else {}),
        actions=(*of_client, *cluster_actions(is_fine=is_fine), *controller, *visible, *faulty),
        rules={
            "leader": leader,
            "client": client,
            "records": records,
            "remembers_acknowledged": remembers_acknowledged,
        },
        symmetric={"replicas": partial(watermark.representative, brokers)},  # pyright: ignore[reportArgumentType]  # its own type
        reductions=frozenset() if is_fine else REDUCTIONS,
    )


def cluster_actions(*, is_fine: bool) -> tuple[Action, ...]:
    """What brokers and controller do; without reductions brokers that are down are noticed one by one."""
    return tuple(replicating.notice_one if is_fine and act is replicating.notice else act for act in CLUSTER)


def client_actions(client: ProducerRules, kinds: frozenset[str], *, is_fine: bool) -> Iterator[Action]:
    """What the producer does by itself; without its partition muted it may send before it notices a failure."""
    yield sending.send_and_forget if client.acks == "0" else sending.send
    yield refusals.hear_refusal
    yield attrs.evolve(sending.disconnect, is_urgent=client.mutes_partition)
    rules = client.idempotence
    if rules is not None and is_fine:
        yield sending.resolve
    elif rules is not None and rules.after_deadline == "resolve" and client.expiry == "anywhere" and kinds & GIVING_UP:
        yield attrs.evolve(sending.resolve, when={**sending.resolve.when, "connection": has_given_up})


def fault_actions(client: ProducerRules, brokers: BrokerRules, faults: Faults) -> Iterator[Action]:
    """The faults that such a client and such brokers can suffer, of so many."""
    for act in FAULT_ACTIONS:
        if act is deadlines.send_timeout:
            yield deadline_of(client)
        elif act is deadlines.producer_pause:
            yield librdkafka.producer_pause if client.deadline_closes_connection else act
        elif act is failing.producer_crash_unnoticing:
            yield attrs.evolve(act, is_urgent=client.mutes_partition)
        elif act is not retention.retention or brokers.forgets_producers_with_their_records:
            yield act
    yield from lagging.several_at_once(brokers, faults)
    yield from librdkafka.faults_of(client)


def fine_faults(brokers: BrokerRules) -> Iterator[Action]:
    """What is left out with reductions: with two faults deadlines show nothing more by it, as tests say."""
    yield deadlines.deadlines_pass_with_the_connection
    yield refusals.deadline_passes_with_the_answer
    if brokers.misses_quick_restarts:
        yield failing.leader_restarts_quickly


def deadline_of(client: ProducerRules) -> Action:
    """How a deadline passes for this client."""
    return librdkafka.message_timeout if client.deadline_closes_connection else deadlines.send_timeout


def watermark_of(brokers: BrokerRules, *, leads_anew: bool, is_fine: bool) -> Watermark:
    """
    How these brokers replicate, in as few steps as their rules allow.

    Args:
        leads_anew: Who may lead depends on what retention has deleted, which is below a high watermark.
    """
    if is_fine:
        return STORED
    return STORED_IN_FEWER_STEPS if leads_anew or brokers.depends_on_stored_watermarks else DERIVED


def joins_in_two_steps(brokers: BrokerRules, kinds: frozenset[str], *, is_fine: bool) -> bool:
    """Whether a follower can lose what it had between the leader's question and the controller's answer."""
    matters = not brokers.checks_broker_epochs and "power-loss" in kinds
    return brokers.asks_controller_to_join and (is_fine or matters)


def is_possible(act: Action, kinds: frozenset[str]) -> bool:
    """Whether *act* belongs to a system in which only *kinds* of fault happen."""
    return (act.fault or "request-delayed") in kinds
