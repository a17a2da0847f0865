"""Strategies of what people configure and send: pipelines in the words of a pipeline file, and workloads."""

from collections.abc import Hashable, Mapping, Sequence
from typing import cast

from hypothesis import strategies as st

from ackproof.config.versions import KAFKA_RELEASES, dotted, parts
from ackproof.model.faults import KINDS
from ackproof.properties.claims import BASIC, NAMED
from ackproof.testing.configured import Document

Table = Mapping[str, object]

CLIENTS = ("java", "librdkafka", "kafka-python", "aiokafka")
PYTHON = ("kafka-python", "aiokafka")
RESETS = {"librdkafka": ("earliest", "latest", "error")}
"""What librdkafka calls otherwise than the others."""

DRAWN: Table = {}


@st.composite
def pipelines(
    draw: st.DrawFn,
    *,
    kafka: str | None = None,
    topic: Table = DRAWN,
    producer: Table | None = DRAWN,
    consumer: Table | None = DRAWN,
    faults: Table = DRAWN,
    claims: Sequence[str] | None = None,
    records: int | None = None,
) -> Document:
    """
    Configurations that can be run, each a document in the words of a pipeline file.

    Args:
        kafka: The version of the brokers.
        topic, producer, consumer, faults: What is fixed of a table; ``config`` within it too. None for a pipeline
            without that half.
        claims: What is expected.

    Raises:
        ValueError: There is neither a producer nor a consumer.
    """
    if producer is None and consumer is None:
        raise ValueError("a pipeline has a producer or a consumer")
    factor = draw(st.integers(1, 3))
    drawn_topic = {"replication.factor": factor, "min.insync.replicas": draw(st.integers(1, factor))}
    kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True)
    drawn_faults = {"at_most": draw(st.integers(0, 2)), "kinds": draw(kinds)}
    expected = st.lists(st.sampled_from([*BASIC[:3], *NAMED]), min_size=1, max_size=2, unique=True)
    return {
        "kafka": kafka or draw(versions()),
        "topic": {**drawn_topic, **topic},
        **({} if producer is None else {"producer": draw(producers(producer))}),
        **({} if consumer is None else {"consumer": draw(consumers(consumer))}),
        "faults": {**drawn_faults, **faults},
        "claims": {"expect": draw(expected) if claims is None else list(claims)},
        "bounds": {"records": records or draw(st.integers(1, 3))},
    }


def versions() -> st.SearchStrategy[str]:
    """Versions of brokers that idempotent producers work with."""
    return st.sampled_from([dotted(parts(release)) for release in KAFKA_RELEASES if parts(release) >= (0, 11)])


@st.composite
def producers(draw: st.DrawFn, fixed: Table = DRAWN) -> Document:
    """A producer and the application around it, with what is *fixed* of it."""
    client = cast("str", fixed.get("client", draw(st.sampled_from(CLIENTS))))
    acks, is_idempotent = draw(st.sampled_from([("0", False), ("1", False), ("all", False), ("all", True)]))
    key = "enable_idempotence" if client in PYTHON else "enable.idempotence"
    config: dict[str, object] = {"acks": acks if acks == "all" else int(acks), key: is_idempotent}
    drawn = {
        "client": client,
        "on_send_failure": draw(st.sampled_from(["stop", "drop", "resend"])),
        "on_restart": draw(st.sampled_from(["forget", "resend"])),
    }
    return within(drawn, config, fixed)


@st.composite
def consumers(draw: st.DrawFn, fixed: Table = DRAWN) -> Document:
    """The consumers of a group and the application around them, with what is *fixed* of them."""
    client = cast("str", fixed.get("client", draw(st.sampled_from(CLIENTS))))
    resets = RESETS.get(client, ("earliest", "latest", "none"))
    group, reset = ("group_id", "auto_offset_reset") if client in PYTHON else ("group.id", "auto.offset.reset")
    config: dict[str, object] = {group: "group", reset: draw(st.sampled_from(resets))}
    commit = cast("str", fixed.get("commit", draw(st.sampled_from(["auto", "sync", "async"]))))
    drawn = {
        "client": client,
        "commit": commit,
        **(
            {}
            if commit == "auto"
            else {"commit_when": draw(st.sampled_from(["after-processing", "before-processing"]))}
        ),
        "processing": draw(st.sampled_from(["in-poll-loop", "handed-off"])),
        "instances": draw(st.integers(1, 2)),
        "sink": draw(st.sampled_from(["plain", "idempotent"])),
        "on_processing_failure": draw(st.sampled_from(["retry", "skip", "dead-letter", "stop", "crash"])),
        "on_revoke": draw(st.sampled_from(["nothing", "commit"])),
        "close": draw(st.sampled_from(["clean", "none"])),
    }
    return within(drawn, config, fixed)


def within(drawn: Table, config: Table, fixed: Table) -> Document:
    """A table with what is *fixed* of it and of its ``config``."""
    of_config = cast("Table", fixed.get("config", DRAWN))
    return {**drawn, **fixed, "config": {**config, **of_config}}


def workloads(
    values: st.SearchStrategy[Hashable] | None = None, *, least: int = 1, most: int = 4
) -> st.SearchStrategy[list[Hashable]]:
    """
    The values of some records, all different, in the order of sending.

    Args:
        values: What they are; left out, short texts.
        least, most: How many there are.
    """
    texts: st.SearchStrategy[Hashable] = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=4)
    return st.lists(texts if values is None else values, min_size=least, max_size=most, unique=True)
