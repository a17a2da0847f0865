"""A member of librdkafka waits for its assignment for as long as a session: each step is one of the model."""

import attrs

from ackproof.model.consume.auto_commit import LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.consume.beside import run_beside_consume
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.produce.faults import Disturbance

BEFORE_2_10 = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)


def test_a_commit_waits_behind_a_sync_group_until_a_dead_leader_is_put_out() -> None:
    """``rd_kafka_cgrp_serve``: the sender keeps its coordinator, which reads the commit behind it then."""
    rules = ConsumerRules(
        auto_commit=LIBRDKAFKA_WITHOUT_OFFSET_STORE,
        commit="async",
        reset="by_duration",
        instances=3,
        on_processing_failure="dead-letter",
        on_revoke="commit",
        rebalancing=BEFORE_2_10,
    )
    disturbed = [Disturbance("member-joins", 274, 18), Disturbance("consumer-crash", 34, 2)]

    trace = run_beside_consume(ConsumeSetting(rules, records=6, at_once=1), 3_892_084_553, disturbed)

    says = [step.says for step in trace.steps]
    expired = next(at for at, each in enumerate(says) if each.startswith("the session of"))
    assert any("the commit of offset" in each for each in says[expired:])


def test_one_that_stands_still_as_a_generation_begins_that_its_commit_is_too_late_for_is_not_fenced() -> None:
    """It has no generation by then, and keeps what it has."""
    rules = ConsumerRules(
        auto_commit=LIBRDKAFKA,
        commit="async",
        reset="latest",
        instances=3,
        on_revoke="commit",
        closes_cleanly=False,
        rebalancing=BEFORE_2_10,
        is_static=True,
    )
    disturbed = [
        Disturbance("consumer-pause", 107, 52),
        Disturbance("partitions-added", 84, 98),
        Disturbance("consumer-pause", 274, 27),
        Disturbance("consumer-pause", 1_200, 78),
    ]

    run_beside_consume(ConsumeSetting(rules, records=6, at_once=2), 427_825_161, disturbed)
