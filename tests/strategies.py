"""What tests draw: configurations of the model."""

from hypothesis import strategies as st

from ackproof.model.consume import half as consume
from ackproof.model.consume.rules import (
    AIOKAFKA,
    JAVA,
    LIBRDKAFKA,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
    ConsumerRules,
)
from ackproof.model.faults import Faults
from ackproof.model.produce.half import KINDS, produce_half
from ackproof.model.produce.rules import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
    BrokerRules,
    ProducerRules,
    each_to_the_front,
    in_send_order,
)
from ackproof.model.system import System


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
    )


@st.composite
def producer_rules(draw: st.DrawFn) -> ProducerRules:
    """Producers as clients allow them to be configured."""
    idempotence = draw(st.sampled_from([None, JAVA_IDEMPOTENCE, LIBRDKAFKA_IDEMPOTENCE, AIOKAFKA_IDEMPOTENCE]))
    return ProducerRules(
        acks="all" if idempotence else draw(st.sampled_from(["0", "1", "all"])),
        idempotence=idempotence,
        max_in_flight=draw(st.sampled_from([1, 5])),
        retries=draw(st.sampled_from([None, 1] if idempotence else [None, 0, 1])),
        requeue=in_send_order if idempotence else draw(st.sampled_from([in_send_order, each_to_the_front])),
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
        commit=draw(st.sampled_from(["auto", "sync", "async"])),
        commit_when=draw(st.sampled_from(["after-processing", "before-processing"])),
        processing=draw(st.sampled_from(["in-poll-loop", "handed-off"])),
        reset=draw(st.sampled_from(["earliest", "latest", "none"])),
        sink=draw(st.sampled_from(["plain", "idempotent"])),
        instances=draw(st.integers(1, 2)),
        rejoins_in_background=draw(st.booleans()),
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
