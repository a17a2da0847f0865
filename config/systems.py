"""From what the user runs to the systems that decide a claim, or the reason why none does."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.config.pipeline import Client, Consumer, Pipeline
from ackproof.config.rules import broker_rules, consumer_rules, producer_rules
from ackproof.config.versions import Version, dotted, version_of
from ackproof.model import faults
from ackproof.model.consume import half as consume
from ackproof.model.produce import half as produce
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import System
from ackproof.model.whole import in_one_piece
from ackproof.properties.claims import GOALS, OF_TRANSACTIONS, Half
from ackproof.properties.liveness import with_deadlines

OLDEST_MODELLED: Version = (2, 8)
"""Older brokers and Java clients follow rules that no model has yet."""

NOT_MODELLED_FAULTS = frozenset({"partitions-added"})


def budget(pipeline: Pipeline) -> faults.Faults:
    """How many faults may happen."""
    return faults.Faults(pipeline.faults.at_most, tuple(sorted(pipeline.faults.limits.items())))


def as_bounded(pipeline: Pipeline, claim: str) -> Pipeline:
    """
    *pipeline* with the bounds that *claim* is judged within.

    What happens at last is decided without any reduction: with every kind of fault, of two records and one fault.
    """
    if claim not in GOALS or pipeline.names_faults:
        return pipeline
    return attrs.evolve(
        pipeline,
        faults=attrs.evolve(pipeline.faults, at_most=min(1, pipeline.faults.at_most)),
        bounds=attrs.evolve(pipeline.bounds, records=min(2, pipeline.bounds.records)),
    )


def halves(pipeline: Pipeline) -> tuple[Half, ...]:
    """The halves that the pipeline has."""
    return (*(("produce",) if pipeline.producer else ()), *(("consume",) if pipeline.consumer else ()))


def system_for(pipeline: Pipeline, half: Half, basic: str, *, is_fine: bool = False) -> System:
    """
    The system in which *basic* is decided for that *half*, or for the whole in one piece.

    Args:
        is_fine: Without any reduction.
    """
    if half == "whole":
        produced = produce_system(pipeline, basic, stores_repeats=True, is_fine=is_fine)
        return in_one_piece(produced, consume_system(pipeline, basic, is_fine=is_fine))
    if half == "produce":
        return produce_system(pipeline, basic, is_fine=is_fine)
    return consume_system(pipeline, basic, is_fine=is_fine)


def goal_system(pipeline: Pipeline, claim: str) -> System:
    """The system in which it is decided whether something happens at last: step by step, and deadlines pass."""
    half, _, _ = GOALS[claim]
    system = system_for(pipeline, half, claim, is_fine=True)
    if half != "produce":
        return system
    # A record that the application sends again is a new send: one is enough to know that each is resolved.
    client = attrs.evolve(cast("ProducerRules", system.rules["client"]), most_resends=0)
    return with_deadlines(attrs.evolve(system, rules={**system.rules, "client": client}))


def produce_system(
    pipeline: Pipeline,
    basic: str,
    *,
    remembers_visible: bool = False,
    stores_repeats: bool = False,
    is_fine: bool = False,
) -> System:
    """The produce half, with just what *basic* asks for."""
    assert pipeline.producer is not None
    client = producer_rules(pipeline.producer, pipeline.faults.at_most)
    return produce.produce_half(
        client,
        broker_rules(pipeline),
        records=pipeline.bounds.records,
        faults=budget(pipeline),
        kinds=frozenset(pipeline.faults.kinds),
        remembers_acknowledged=basic == "no-loss",
        stores_repeats=stores_repeats or basic == "no-duplicates" or client.idempotence is not None,
        remembers_visible=remembers_visible,
        is_fine=is_fine,
    )


def consume_system(pipeline: Pipeline, basic: str, *, is_fine: bool = False) -> System:
    """The consume half, with just what *basic* asks for."""
    assert pipeline.consumer is not None
    return consume.consume_half(
        consumer_rules(pipeline.consumer),
        records=pipeline.bounds.records,
        faults=budget(pipeline),
        kinds=frozenset(pipeline.faults.kinds),
        counts_repeats=basic == "no-duplicates",
        notes_order=basic == "in-order",
        is_fine=is_fine,
    )


def is_absorbed(pipeline: Pipeline, half: Half, basic: str) -> bool:
    """Whether an idempotent sink makes *basic* true whatever the log holds."""
    sink = pipeline.consumer.sink if pipeline.consumer else "plain"
    return half == "produce" and basic == "no-duplicates" and sink == "idempotent"


@attrs.frozen
class Unmodelled:
    """What a verdict would need and no model has yet; a half of None stands for the whole pipeline."""

    half: Half | None
    reason: str


def unmodelled(pipeline: Pipeline, basic: str) -> tuple[Unmodelled, ...]:
    """Everything that keeps *basic* from being decided."""
    return tuple(_unmodelled(pipeline, basic))


def _unmodelled(pipeline: Pipeline, basic: str) -> Iterator[Unmodelled]:
    if basic in GOALS and GOALS[basic][0] not in halves(pipeline):
        what = {"produce": "sends", "consume": "a consumer group"}[GOALS[basic][0]]
        yield Unmodelled(None, f"{basic} is about {what}, and this pipeline has none")
    if version_of(pipeline.kafka) < OLDEST_MODELLED:
        yield Unmodelled(None, f"brokers before {dotted(OLDEST_MODELLED)} are not modelled yet")
    for side, client in clients(pipeline):
        if client.name == "java" and version_of(client.version) < OLDEST_MODELLED:
            yield Unmodelled(side, f"Java clients before {dotted(OLDEST_MODELLED)} are not modelled yet")
    if pipeline.producer and pipeline.producer.transactional_id is not None:
        yield Unmodelled("produce", "transactions (transactional.id) are not modelled yet")
        if basic in OF_TRANSACTIONS:
            yield Unmodelled(None, f"{basic} is about transactions, which are not modelled yet")
    if pipeline.names_faults:
        for kind in sorted(NOT_MODELLED_FAULTS & set(pipeline.faults.kinds)):
            yield Unmodelled(None, f"the fault {kind} is not modelled yet")
    if pipeline.consumer:
        yield from (Unmodelled("consume", reason) for reason in _unmodelled_consumer(pipeline.consumer))


def clients(pipeline: Pipeline) -> Iterator[tuple[Half, Client]]:
    """The client of each half."""
    if pipeline.producer:
        yield "produce", pipeline.producer.client
    if pipeline.consumer:
        yield "consume", pipeline.consumer.client


def _unmodelled_consumer(consumer: Consumer) -> Iterator[str]:
    if consumer.commit == "transaction":
        yield 'transactions (commit = "transaction") are not modelled yet'
    elif consumer.sink == "kafka":
        yield 'consume-process-produce (sink = "kafka") is not modelled yet'
    if consumer.group_protocol == "consumer":
        yield "the new group protocol (group.protocol=consumer) is not modelled yet"
    if consumer.group_instance_id is not None:
        yield "static membership (group.instance.id) is not modelled yet"
    if consumer.assignors and all("cooperative" in name.lower() for name in consumer.assignors):
        yield f"cooperative rebalancing ({', '.join(consumer.assignors)}) is not modelled yet"
    if consumer.auto_offset_reset == "by_duration":
        yield "auto.offset.reset=by_duration is not modelled yet"


def assumptions(pipeline: Pipeline, basic: str) -> tuple[str, ...]:
    """What every verdict on *pipeline* and a basic claim takes as given."""
    return tuple(_assumptions(pipeline, basic))


def _assumptions(pipeline: Pipeline, basic: str) -> Iterator[str]:
    yield "one partition; all records have one key"
    if pipeline.producer:
        yield "a batch holds one record; a larger one stands or falls as a whole"
        yield "clients learn at once who leads"
        yield "the application hands over a record when the producer is ready to send it"
    else:
        yield "the log holds durable, committed records; some are appended before the group first starts, some after"
    if basic == "completes":
        yield "brokers that are down come back at last; delivery.timeout.ms is finite"
    if not pipeline.consumer:
        yield "a perfect read_committed reader of the final log stands for the consumer"
    elif pipeline.producer:
        yield "the two halves share nothing but the log"
    if not pipeline.names_faults:
        yield f"no partitions are added ({', '.join(sorted(NOT_MODELLED_FAULTS))} is not modelled yet)"


def without_effect(pipeline: Pipeline) -> tuple[str, ...]:
    """Kinds of fault that the user names and that nothing in this pipeline can suffer."""
    suffered = (produce.KINDS if pipeline.producer else frozenset[str]()) | (
        consume.KINDS if pipeline.consumer else frozenset[str]()
    )
    named = set(pipeline.faults.kinds) if pipeline.names_faults else set[str]()
    return tuple(sorted(named - suffered - NOT_MODELLED_FAULTS))
