"""Producers, brokers and disturbances of many versions, for runs beside the produce half."""

from collections import Counter
from collections.abc import Sequence

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.config.producers import PRODUCER_CHANGES, idempotence_of
from ackproof.config.rules import brokers_of
from ackproof.config.versions import Version, changed
from ackproof.model.produce.rules import BrokerRules, ProducerRules, in_send_order
from ackproof.reference.refinement.produce.beside import run_beside
from ackproof.reference.refinement.produce.faults import FAULTS, Disturbance
from ackproof.reference.refinement.produce.stage import ProduceSetting

Client = tuple[str, Version, bool]
"""A client, its version, and whether it is idempotent."""

JAVA_TODAY: tuple[Client, ...] = (("java", (4, 3), True), ("java", (4, 3), False))
EARLIER_JAVA: tuple[Client, ...] = (
    ("java", (0, 10), False),
    ("java", (0, 11), True),
    ("java", (1, 0), True),
    ("java", (2, 1), True),
    ("java", (2, 1), False),
    ("java", (2, 3), True),
    ("java", (2, 5), True),
)
OTHER_CLIENTS: tuple[Client, ...] = (
    ("librdkafka", (0, 11, 3), False),
    ("librdkafka", (0, 11, 4), False),
    ("librdkafka", (1, 0), True),
    ("librdkafka", (2, 3), True),
    ("kafka-python", (1, 1), False),
    ("kafka-python", (2, 1), False),
    ("kafka-python", (2, 2), True),
    ("kafka-python", (3, 0), True),
    ("aiokafka", (0, 4), False),
    ("aiokafka", (0, 11), True),
    ("aiokafka", (0, 11), False),
)
TODAY: Version = (4, 3)
EARLIER_BROKERS: tuple[Version, ...] = (
    (0, 10),
    (0, 11),
    (1, 0),
    (2, 0),
    (2, 0, 1),
    (2, 2),
    (2, 4),
    (2, 5),
    (2, 6),
    (2, 7),
    (2, 7, 2),
    (2, 8),
    (3, 4),
    (3, 4, 1),
    (3, 5),
    (3, 7),
)

LONG_MS = 4_000
"""Long enough for the controller to notice, and for a broker to be back."""

WHEN = st.one_of(st.integers(0, 40), st.integers(0, 80), st.just(LONG_MS))
DEADLINES_MS = st.one_of(st.integers(30, 80), st.integers(80, 200))
"""Of deliveries, where messages take up to 20 ms."""

NONE: st.SearchStrategy[int | None] = st.none()
SEEDS = st.integers(0, 2**32)


def rules_of(client: Client) -> ProducerRules:
    """What a client does with every batch, with the most in flight that it may have."""
    name, version, is_idempotent = client
    has_one = is_idempotent and (name in ("kafka-python", "aiokafka") or (name, version) == ("java", (0, 11)))
    rules = changed(
        ProducerRules(
            idempotence=idempotence_of(name, version, TODAY) if is_idempotent else None,
            max_in_flight=1 if has_one else 5,
            on_send_failure="drop",
        ),
        PRODUCER_CHANGES[name],
        version,
    )
    if not is_idempotent:
        return rules
    return attrs.evolve(rules, requeue=in_send_order, expiry="in-queue" if name == "aiokafka" else rules.expiry)


@st.composite
def producers(draw: st.DrawFn, clients: Sequence[Client]) -> ProducerRules:
    """Producers of *clients*, with retries that may run out."""
    rules = rules_of(draw(st.sampled_from(clients)))
    in_flight = min(draw(st.sampled_from([1, 2, 5])), rules.max_in_flight)
    return attrs.evolve(
        rules,
        acks=draw(st.sampled_from(["all", "1", "0"])) if rules.idempotence is None else "all",
        max_in_flight=in_flight,
        mutes_partition=rules.mutes_partition and in_flight == 1,
        on_send_failure=draw(st.sampled_from(["stop", "drop", "resend"])),
        on_restart=draw(st.sampled_from(["forget", "resend"])),
        most_resends=draw(st.sampled_from([1, 2])),
        retries=draw(st.sampled_from([None, None, 1, 2, 3])),
    )


@st.composite
def brokers(draw: st.DrawFn, versions: Sequence[Version] = (TODAY,)) -> BrokerRules:
    """Brokers of some of *versions*."""
    version = draw(st.sampled_from(versions))
    return attrs.evolve(
        brokers_of(version),
        replication_factor=draw(st.sampled_from([2, 3])),
        min_insync_replicas=draw(st.sampled_from([1, 2])),
        has_eligible_leader_replicas=version >= (4, 0) and draw(st.booleans()),
        elects_uncleanly=draw(st.booleans()),
    )


def runs_of(
    clients: Sequence[Client],
    versions: Sequence[Version] = (TODAY,),
    deadlines_ms: st.SearchStrategy[int | None] = NONE,
) -> st.SearchStrategy[ProduceSetting]:
    """What is run beside the model: a producer of *clients* and brokers of *versions*."""
    return st.builds(ProduceSetting, producers(clients), brokers(versions), st.integers(3, 6), deadlines_ms)


def happening(kinds: Sequence[str]) -> st.SearchStrategy[Disturbance]:
    """What goes wrong, of these *kinds*."""
    return st.builds(Disturbance, st.sampled_from(kinds), WHEN, st.integers(0, 99))


def taken_beside(
    runs: st.SearchStrategy[ProduceSetting], times: int, kinds: Sequence[str] = tuple(sorted(FAULTS))
) -> Counter[str]:
    """Run so many of *runs*, with what goes wrong, beside the model: how often each of its actions was taken."""
    taken = Counter[str]()

    @given(runs, SEEDS, st.lists(happening(kinds), min_size=2, max_size=5))
    @settings(max_examples=times, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def run(setting: ProduceSetting, seed: int, disturbed: list[Disturbance]) -> None:
        taken.update(step.action.name for step in run_beside(setting, seed, disturbed).steps)

    run()
    return taken
