"""Every step of transactional clients, their applications, coordinators and logs is one of the model's transactions."""

from collections import Counter

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.reference.broker.produces.write_txn_markers import WriteTxnMarkersHandler
from ackproof.reference.groups.offsets import committing
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.producers.producer_entry import ProducerEntry
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.reference.refinement.transactions.beside import run_beside_transactions
from ackproof.reference.refinement.transactions.faults import FAULTS
from ackproof.reference.refinement.transactions.setting import TransactionSetting
from ackproof.reference.transactions import adding
from ackproof.reference.transactions.states import state_manager
from ackproof.reference.transactions.states.metadata import TransactionMetadata
from tests.reference.refinement.transacting import BEFORE_2_5, LIBRDKAFKA_BEFORE_2_5

ALONE = ApplicationRules(source="application", on_send_failure="resend", on_restart="resend")
PIPE = ApplicationRules()
PROTOCOLS = (
    TRANSACTION_VERSION_1,
    attrs.evolve(TRANSACTION_VERSION_1, verifies_partitions=False),
    TRANSACTION_VERSION_2,
    attrs.evolve(TRANSACTION_VERSION_2, fences_late_markers=False),
)


@st.composite
def runs(draw: st.DrawFn) -> TransactionSetting:
    """Whoever stops after a failure still asks for an epoch in the first protocol; in the model it does not."""
    rules = draw(st.sampled_from(PROTOCOLS))
    application = ApplicationRules(
        source=draw(st.sampled_from(["log", "application"])),
        on_send_failure=draw(
            st.sampled_from(["drop", "resend", *(["stop"] if rules.bumps_epoch_at_every_end else [])])
        ),
        on_restart=draw(st.sampled_from(["forget", "resend"])),
    )
    instances = draw(st.integers(1, 2)) if application.source == "log" else 1
    return TransactionSetting(attrs.evolve(application, instances=instances), rules, draw(st.integers(1, 4)))


disturbances = st.lists(
    st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.integers(0, 250), st.integers(0, 99)), max_size=3
)
SEEDS = st.integers(0, 2**32)
IN_ITS_OWN_TIME = [HealthCheck.too_slow]


@given(runs(), SEEDS, disturbances)
@settings(max_examples=6, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: TransactionSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_beside_transactions(setting, seed, disturbed)


@pytest.mark.slow
@given(runs(), SEEDS, disturbances)
@settings(max_examples=250, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model_in_many_runs(
    setting: TransactionSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_beside_transactions(setting, seed, disturbed)


LOSSES = st.builds(
    Disturbance,
    st.sampled_from(["request-delayed", "request-lost", "response-lost", "send-timeout"]),
    st.integers(0, 250),
    st.integers(0, 99),
)


@pytest.mark.slow
@given(
    st.sampled_from([PIPE, attrs.evolve(ALONE, on_send_failure="drop"), ALONE]),
    st.sampled_from([BEFORE_2_5, LIBRDKAFKA_BEFORE_2_5]),
    st.integers(1, 4),
    SEEDS,
    st.builds(Disturbance, st.just("send-timeout"), st.integers(0, 250), st.integers(0, 99)),
    st.lists(LOSSES, max_size=2),
)
@settings(max_examples=80, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_of_a_client_before_2_5_is_one_of_the_model(
    application: ApplicationRules,
    rules: TransactionRules,
    records: int,
    seed: int,
    late: Disturbance,
    others: list[Disturbance],
) -> None:
    run_beside_transactions(TransactionSetting(application, rules, records), seed, [late, *others])


OF_A_FORMER_PROCESS = (Disturbance("producer-crash", 81, 12), Disturbance("producer-crash", 196, 49))
OF_A_LATE_BATCH = (Disturbance("producer-crash", 21, 99), Disturbance("send-timeout", 87, 48))


@pytest.mark.parametrize(
    ("application", "rules", "records", "seed", "disturbed"),
    [
        (PIPE, PROTOCOLS[1], 2, 3646762362, (*OF_A_FORMER_PROCESS, Disturbance("send-timeout", 114, 18))),
        (ALONE, PROTOCOLS[0], 3, 1623519493, (*OF_A_LATE_BATCH, Disturbance("producer-crash", 164, 9))),
    ],
)
def test_each_step_of_processes_that_die_beside_a_late_batch_is_one_of_the_model(
    application: ApplicationRules,
    rules: TransactionRules,
    records: int,
    seed: int,
    disturbed: tuple[Disturbance, ...],
) -> None:
    resending = attrs.evolve(application, on_send_failure="resend", on_restart="resend")
    run_beside_transactions(TransactionSetting(resending, rules, records), seed, disturbed)


SHOWN = [
    *(Disturbance(kind, 60, 99) for kind in sorted(FAULTS)),
    Disturbance("coordinator-failover", 60, 0),
    Disturbance("request-delayed", 170, 0),
]


def test_the_runs_take_all_that_the_stage_can_show() -> None:
    taken = Counter[str]()
    for disturbance in SHOWN:
        trace = run_beside_transactions(TransactionSetting(PIPE, TRANSACTION_VERSION_1, 2), 1, [disturbance])
        taken.update(step.action.name for step in trace.steps)

    assert set(taken) >= OF_CLIENTS | OF_SERVERS | OF_FAULTS


OF_CLIENTS = {"append", "begin", "hear", "join", "locate", "notice", "send"}
OF_SERVERS = {"late", "mark offsets", "mark output", "serve", "serve batch", "serve offsets"}
OF_FAULTS = {
    "broker crash",
    "consumer pause",
    "marker delayed",
    "producer crash",
    "producer pause",
    "request delayed",
    "request lost",
    "response lost",
    "send timeout",
}


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [(TRANSACTION_VERSION_1, TRANSACTION_VERSION_2), (TRANSACTION_VERSION_2, TRANSACTION_VERSION_1)],
)
def test_rules_that_differ_from_what_runs_are_noticed(rules: TransactionRules, wrong: TransactionRules) -> None:
    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside_transactions(TransactionSetting(ALONE, rules), 1, [], model=TransactionSetting(ALONE, wrong))


def nothing(*_: object, **__: object) -> None:
    """Nothing is refused, known, or told."""


def nothing_of(_: object) -> dict[str, TransactionMetadata]:
    """Nothing is read."""
    return {}


def test_a_reader_that_is_given_what_is_open_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartitionLog, "last_stable_offset", property(lambda log: log.high_watermark))

    with pytest.raises(NotRefinedError, match="output was"):
        run_beside_transactions(TransactionSetting(PIPE, TRANSACTION_VERSION_2), 1, [])


def test_a_marker_that_the_group_does_not_hear_of_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WriteTxnMarkersHandler, "_tell_groups", nothing)

    with pytest.raises(NotRefinedError, match="offsets was"):
        run_beside_transactions(TransactionSetting(PIPE, TRANSACTION_VERSION_2), 1, [])


@pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2])
def test_a_batch_that_is_not_known_again_is_noticed(rules: TransactionRules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProducerEntry, "duplicate_of", nothing)
    disturbed = [Disturbance("response-lost", after_ms, 0) for after_ms in (1, 60, 60)]

    with pytest.raises(NotRefinedError):
        run_beside_transactions(TransactionSetting(ALONE, rules, 4), 2, disturbed)


def test_a_coordinator_that_takes_any_epoch_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "refuse", nothing)
    disturbed = [Disturbance("request-delayed", 10, 99), Disturbance("producer-crash", 3, 2)]

    with pytest.raises(NotRefinedError, match="coordinator was"):
        run_beside_transactions(TransactionSetting(ALONE, TRANSACTION_VERSION_1), 1, disturbed)


@pytest.mark.parametrize(("rules", "after_ms"), [(TRANSACTION_VERSION_1, 60), (TRANSACTION_VERSION_2, 90)])
def test_who_goes_on_after_another_has_taken_its_place_is_fenced(
    rules: TransactionRules, after_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_still = [Disturbance("producer-crash", after_ms, 0)]
    run_beside_transactions(TransactionSetting(ALONE, rules, 4), 8, stands_still)

    monkeypatch.setattr(adding, "refuse", nothing)

    with pytest.raises(NotRefinedError, match="coordinator was"):
        run_beside_transactions(TransactionSetting(ALONE, rules, 4), 8, stands_still)


PUT_OUT = [Disturbance("consumer-pause", 40, 0)]


def test_who_was_put_out_of_its_group_moves_no_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    """KIP-447."""
    setting = TransactionSetting(PIPE, TRANSACTION_VERSION_2)
    trace = run_beside_transactions(setting, 1, PUT_OUT)

    refused = "heard: instance 1 asks to commit offset 1 with its transaction: ILLEGAL_GENERATION"
    assert refused in [step.says for step in trace.steps]

    monkeypatch.setattr(committing, "_validate_in_classic_group", nothing)
    with pytest.raises(NotRefinedError, match="offsets was"):
        run_beside_transactions(setting, 1, PUT_OUT)


PAIR = attrs.evolve(PIPE, instances=2)


@pytest.mark.slow
def test_another_instance_goes_on_where_the_group_is_when_a_member_is_put_out() -> None:
    trace = run_beside_transactions(
        TransactionSetting(PAIR, TRANSACTION_VERSION_2), 1, [Disturbance("consumer-pause", 60, 0)]
    )

    says = [step.says for step in trace.steps]
    takes_over = says.index("the group rebalances; instance 2 is assigned the partition")
    assert "instance 1 pauses for too long and is put out of the group" in says[:takes_over]
    assert "instance 2 starts at the committed offset, 1" in says[takes_over:]
    assert "heard: instance 1 asks to commit offset 2 with its transaction: ILLEGAL_GENERATION" in says[takes_over:]


@pytest.mark.slow
def test_who_takes_over_and_does_not_wait_for_offsets_that_are_pending_is_noticed() -> None:
    """KIP-447."""
    setting, put_out = TransactionSetting(PAIR, TRANSACTION_VERSION_2), [Disturbance("consumer-pause", 20, 0)]
    hasty = attrs.evolve(setting, rules=attrs.evolve(TRANSACTION_VERSION_2, requires_stable_offsets=False))
    run_beside_transactions(hasty, 1, put_out)

    with pytest.raises(NotRefinedError, match="instances was"):
        run_beside_transactions(hasty, 1, put_out, model=setting)


def test_a_coordinator_that_takes_over_and_reads_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    setting, moves = TransactionSetting(ALONE, TRANSACTION_VERSION_2, 4), Disturbance("coordinator-failover", 60, 0)
    run_beside_transactions(setting, 1, [moves])

    monkeypatch.setattr(state_manager, "loaded", nothing_of)

    with pytest.raises(NotRefinedError):
        run_beside_transactions(setting, 1, [moves])


def test_a_run_tells_what_the_model_has_taken_part_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WriteTxnMarkersHandler, "_tell_groups", nothing)

    with pytest.raises(NotRefinedError) as failure:
        run_beside_transactions(TransactionSetting(PIPE, TRANSACTION_VERSION_2), 1, [])

    assert "instance 1 asks to commit its transaction" in str(failure.value)
