"""From what the user runs to the systems that decide a claim, or the reason why none does."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.config.membership import (
    as_members,
    assumed_of_membership,
    kinds_of_group,
    moves_key,
    offsets_replicas,
    unmodelled_by_claim,
    unmodelled_membership,
)
from ackproof.config.pipeline import Pipeline, Producer
from ackproof.config.producers import producer_rules
from ackproof.config.rules import broker_rules, consumer_rules, reads_from_followers, validates_positions
from ackproof.config.static_members import unmodelled_names
from ackproof.config.transactions import (
    assumed_of_transactions,
    has_transactions,
    is_consume_process_produce,
    suffered_by_transactions,
    unmodelled_transactions,
)
from ackproof.config.versions import Version, dotted, version_of
from ackproof.model import faults
from ackproof.model.consume import half as consume
from ackproof.model.produce import half as produce
from ackproof.model.produce.idempotence import TRANSACTIONAL_IDEMPOTENCE
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import System
from ackproof.model.whole import in_one_piece
from ackproof.properties.claims import GOALS, Half, basics_of
from ackproof.properties.liveness import with_deadlines, with_polls

IDEMPOTENCE_SINCE: Version = (0, 11)
"""Older brokers have no idempotent producers (KIP-98)."""

OLDEST_MODELLED: Version = (0, 10, 2)
"""Older brokers follow rules that no model has yet."""


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


def system_for(
    pipeline: Pipeline, half: Half, basic: str, *, is_fine: bool = False, rolls_back: bool = False
) -> System:
    """
    The system in which *basic* is decided for that *half*, or for the whole in one piece.

    Args:
        is_fine: Without any reduction.
        rolls_back: Whether what a reader saw may disappear from the log; only for the whole.
    """
    if half == "whole":
        produced = produce_system(pipeline, basic, stores_repeats=True, is_fine=is_fine)
        consumed = consume_system(pipeline, basic, is_fine=is_fine)
        return in_one_piece(
            produced,
            consumed,
            validates_positions=validates_positions(pipeline) if rolls_back else None,
            has_append_times=pipeline.topic.settings["message.timestamp.type"].value == "LogAppendTime",
        )
    if half == "produce":
        return produce_system(pipeline, basic, is_fine=is_fine)
    return consume_system(pipeline, basic, is_fine=is_fine)


def unmodelled_in_one_piece(pipeline: Pipeline, claim: str, *, rolls_back: bool = False) -> tuple[str, ...]:
    """
    Everything that keeps *claim* from being decided in one piece, beside what keeps the halves from being decided.

    Args:
        rolls_back: Whether what a reader saw may disappear from the log.
    """
    reasons = {
        "partitions-added moves the key to a partition that is not replicated here": moves_key(pipeline),
        "consumers read from followers (client.rack, replica.selector.class)": reads_from_followers(pipeline),
        "retention together with a log that is rolled back": rolls_back and "retention" in pipeline.faults.kinds,
        "transactions": has_transactions(pipeline),
        "what happens at last": claim in GOALS,
    }
    return tuple(f"not modelled in one piece: {reason}" for reason, is_so in reasons.items() if is_so)


def goal_system(pipeline: Pipeline, claim: str) -> System:
    """The system in which it is decided whether something happens at last: step by step, and deadlines pass."""
    half, _, _ = GOALS[claim]
    system = system_for(pipeline, half, claim, is_fine=True)
    if half != "produce":
        return with_polls(system)
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
    client = client_of(pipeline, pipeline.producer)
    if has_transactions(pipeline):
        # What is sent after a failure is sent in another transaction, of which the model of transactions tells.
        client = attrs.evolve(client, idempotence=TRANSACTIONAL_IDEMPOTENCE, on_send_failure="stop")
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


def client_of(pipeline: Pipeline, producer: Producer) -> ProducerRules:
    """The rules of the *producer* of a pipeline."""
    return producer_rules(producer, pipeline.faults.at_most, version_of(pipeline.kafka))


def consume_system(pipeline: Pipeline, basic: str, *, is_fine: bool = False) -> System:
    """The consume half, with just what *basic* asks for."""
    assert pipeline.consumer is not None
    return consume.consume_half(
        as_members(consumer_rules(pipeline.consumer), pipeline),
        records=pipeline.bounds.records,
        faults=budget(pipeline),
        kinds=frozenset(pipeline.faults.kinds),
        counts_repeats=basic == "no-duplicates",
        notes_order=basic == "in-order",
        moves_key=moves_key(pipeline),
        offsets_replicas=offsets_replicas(pipeline),
        is_fine=is_fine,
    )


def is_absorbed(pipeline: Pipeline, half: Half, basic: str) -> bool:
    """Whether an idempotent sink makes *basic* true whatever the producer does."""
    sink = pipeline.consumer.sink if pipeline.consumer else "plain"
    is_about_it = half == "produce" and pipeline.producer is not None and basic == "no-duplicates"
    return is_about_it and sink == "idempotent"


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
    if pipeline.producer and pipeline.producer.is_idempotent and version_of(pipeline.kafka) < IDEMPOTENCE_SINCE:
        yield Unmodelled("produce", "brokers before 0.11 refuse every idempotent producer (UNSUPPORTED_VERSION)")
        if has_transactions(pipeline):
            yield Unmodelled(None, "brokers before 0.11 have no transactions (KIP-98)")
    yield from (Unmodelled(None, reason) for reason in unmodelled_transactions(pipeline))
    if basic == "in-order" and moves_key(pipeline) and not pipeline.consumer:
        yield Unmodelled(None, "partitions-added moves the key, and without a consumer nothing orders two partitions")
    yield from (Unmodelled("consume", reason) for reason in unmodelled_names(pipeline))
    if pipeline.consumer:
        missing = unmodelled_by_claim(pipeline.consumer, basic, pipeline.faults.kinds)
        yield from (Unmodelled("consume", reason) for reason in (*unmodelled_membership(pipeline.consumer), *missing))


def assumptions(pipeline: Pipeline, basic: str) -> tuple[str, ...]:
    """What every verdict on *pipeline* and a basic claim takes as given."""
    return tuple(_assumptions(pipeline, basic))


def _assumptions(pipeline: Pipeline, basic: str) -> Iterator[str]:
    yield "one partition; all records have one key"
    if pipeline.producer:
        yield from _assumed_of_producer(pipeline, pipeline.producer, basic)
    else:
        yield "the log holds durable, committed records; some are appended before the group first starts, some after"
    yield from _assumed_of_application(pipeline, basic)
    yield from assumed_of_membership(pipeline)
    yield from assumed_of_transactions(pipeline)
    if any(is_absorbed(pipeline, "produce", part) for part in basics_of(basic)):
        yield "the idempotent sink absorbs what the log holds twice"
    if not pipeline.consumer:
        yield "a perfect read_committed reader of the final log stands for the consumer"
    elif pipeline.producer and pipeline.consumer.sink != "kafka":
        yield "the two halves share nothing but the log"


def _assumed_of_producer(pipeline: Pipeline, producer: Producer, basic: str) -> Iterator[str]:
    client = client_of(pipeline, producer)
    yield "a batch holds one record; a larger one stands or falls as a whole"
    yield "clients learn at once who leads"
    yield "the application hands over a record when the producer is ready to send it"
    if client.idempotence and client.idempotence.shares_bumps:
        yield "the producer writes to other partitions too, and has one epoch for all"
    if basic == "completes":
        finite = "; delivery.timeout.ms is finite" if client.expiry == "anywhere" else ""
        yield f"brokers that are down come back at last{finite}"


def _assumed_of_application(pipeline: Pipeline, basic: str) -> Iterator[str]:
    consumer, can_fail = pipeline.consumer, pipeline.faults.at_most and "processing-fails" in pipeline.faults.kinds
    if consumer and can_fail and consumer.on_processing_failure == "dead-letter":
        yield "a record in the dead letter topic counts as processed; the application waits until it is stored there"
    if consumer and consumer.commit == "with-sink":
        yield "the sink stores a result and its offset in one transaction, and refuses what is below the stored offset"
    if consumer and consumer.commit == "async" and basic == "drains":
        yield "commitAsync() is called after records, not after a poll that returned nothing, which would try it again"


def without_effect(pipeline: Pipeline) -> tuple[str, ...]:
    """Kinds of fault that the user names and that nothing in this pipeline can suffer."""
    suffered = frozenset[str]()
    if pipeline.producer:
        suffered |= produce.kinds_of(client_of(pipeline, pipeline.producer), broker_rules(pipeline), budget(pipeline))
    if has_transactions(pipeline):
        suffered |= suffered_by_transactions(pipeline)
    if pipeline.consumer and not is_consume_process_produce(pipeline):
        suffered |= kinds_of_group(pipeline.consumer, pipeline.faults.kinds)
    named = set(pipeline.faults.kinds) if pipeline.names_faults else set[str]()
    return tuple(sorted(named - suffered))
