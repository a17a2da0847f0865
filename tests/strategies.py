"""What tests draw: configurations of the model."""

import attrs
from hypothesis import strategies as st

from ackproof.model.consume import half as consume
from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA, LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce.half import KINDS, produce_half
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    FIRST_JAVA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
)
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front, in_send_order
from ackproof.model.produce.truncation import (
    by_leader_epoch,
    by_leader_epochs,
    to_end_of_agreement,
    to_own_high_watermark,
)
from ackproof.model.system import System

TRUNCATIONS = (to_end_of_agreement, by_leader_epochs, by_leader_epoch, to_own_high_watermark)
"""Down to where a follower truncates, newest first."""


@st.composite
def broker_rules(draw: st.DrawFn) -> BrokerRules:
    """Small clusters."""
    factor = draw(st.integers(1, 3))
    return BrokerRules(
        replication_factor=factor,
        min_insync_replicas=draw(st.integers(1, factor)),
        keeps_high_watermark_below_min_isr=draw(st.booleans()),
        has_eligible_leader_replicas=draw(st.booleans()),
        elects_uncleanly=draw(st.booleans()),
        flushes_every_record=draw(st.booleans()),
        accepts_any_first_sequence=draw(st.booleans()),
        names_unknown_producers=draw(st.booleans()),
        forgets_producers_with_their_records=draw(st.booleans()),
        truncation=draw(st.sampled_from(TRUNCATIONS)),
        joins_below_leader_epoch=draw(st.booleans()),
        counts_diverging_fetches=draw(st.booleans()),
        takes_high_watermark_before_truncating=draw(st.booleans()),
        misses_quick_restarts=draw(st.booleans()),
        checks_broker_epochs=draw(st.booleans()),
    )


IDEMPOTENCE = (
    None,
    JAVA_IDEMPOTENCE,
    FIRST_JAVA_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    AIOKAFKA_IDEMPOTENCE,
    # Java of 1.0 to 2.4: whatever else it does, it guesses.
    attrs.evolve(FIRST_JAVA_IDEMPOTENCE, on_unknown_producer="guess", counts_acknowledged=False),
    attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure="adjust", hears_of_expired=True),
    attrs.evolve(LIBRDKAFKA_IDEMPOTENCE, forgets_sequences=True),
)
"""How producers are idempotent, or not at all."""


@st.composite
def producer_rules(draw: st.DrawFn) -> ProducerRules:
    """Producers as clients allow them to be configured."""
    idempotence = draw(st.sampled_from(IDEMPOTENCE))
    takes_one = idempotence is not None and idempotence.counts_acknowledged
    return ProducerRules(
        acks="all" if idempotence else draw(st.sampled_from(["0", "1", "all"])),
        idempotence=idempotence,
        max_in_flight=draw(st.sampled_from([1] if takes_one else [1, 5])),
        retries=draw(st.sampled_from([None, 1] if idempotence else [None, 0, 1])),
        requeue=in_send_order if idempotence else draw(st.sampled_from([in_send_order, each_to_the_front])),
        expiry=draw(st.sampled_from(["anywhere", "in-queue", "never"])),
        deadline_closes_connection=draw(st.booleans()),
        mutes_partition=draw(st.booleans()),
        lets_retries_be_overtaken=not idempotence and draw(st.booleans()),
        on_send_failure=draw(st.sampled_from(["stop", "drop", "resend"])),
        on_restart=draw(st.sampled_from(["forget", "resend"])),
    )


@st.composite
def produce_halves(draw: st.DrawFn, *, records: int = 2, most_faults: int = 1) -> System:
    """Small produce halves, reduced."""
    return produce_half(
        draw(producer_rules()),
        draw(broker_rules()),
        records=draw(st.integers(1, records)),
        faults=Faults(draw(st.integers(0, most_faults))),
        kinds=draw(st.frozensets(st.sampled_from(sorted(KINDS)), max_size=3)),
    )


@st.composite
def consumer_rules(draw: st.DrawFn) -> ConsumerRules:
    """Consumers as clients allow them to be configured."""
    return ConsumerRules(
        auto_commit=draw(st.sampled_from([JAVA, AIOKAFKA, LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE])),
        commit=draw(st.sampled_from(["auto", "sync", "async", "with-sink"])),
        commit_when=draw(st.sampled_from(["after-processing", "before-processing"])),
        processing=draw(st.sampled_from(["in-poll-loop", "handed-off"])),
        reset=draw(st.sampled_from(["earliest", "latest", "none"])),
        sink=draw(st.sampled_from(["plain", "idempotent"])),
        instances=draw(st.integers(1, 2)),
        rejoins_in_background=draw(st.booleans()),
        on_processing_failure=draw(st.sampled_from(["retry", "skip", "dead-letter", "stop", "crash"])),
        on_revoke=draw(st.sampled_from(["nothing", "commit"])),
        resets_without_answer=draw(st.booleans()),
        closes_cleanly=draw(st.booleans()),
        revokes_on_close=draw(st.booleans()),
        commits_as_nobody=draw(st.booleans()),
    )


@st.composite
def consume_halves(draw: st.DrawFn, *, records: int = 2, most_faults: int = 1) -> System:
    """Small consume halves, reduced."""
    return consume.consume_half(
        draw(consumer_rules()),
        records=draw(st.integers(1, records)),
        faults=Faults(draw(st.integers(0, most_faults))),
        kinds=draw(st.frozensets(st.sampled_from(sorted(consume.KINDS)), max_size=3)),
    )
