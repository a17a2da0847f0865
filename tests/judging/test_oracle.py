"""The search as an oracle that remembers."""

import attrs

from ackproof.config.inquiries import of
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.judging.oracle import Memory, Oracle, is_same
from ackproof.repair.change import Change, changed
from ackproof.repair.repairing import Failed

CONSUMER = {"commit": "sync", "config": {"group.id": "g", "auto.offset.reset": "earliest"}}


def pipeline(**more: object) -> Pipeline:
    document = {
        "producer": {},
        "consumer": CONSUMER,
        "faults": {"kinds": ["broker-crash", "consumer-crash"], "at_most": 1},
        "claims": {"expect": ["no-loss"]},
        "bounds": {"records": 2},
    }
    return pipeline_in({**document, **more}, file="p")


def oracle() -> Oracle:
    return Oracle(lambda: 60.0)


def test_a_half_that_stays_the_same_is_not_searched_again() -> None:
    judge = oracle()
    first = judge(pipeline())
    states = judge.memory.states
    again = judge(pipeline())

    assert (first, again) == ("holds", "holds")
    assert states > 0
    assert judge.memory.states == states


def test_what_is_remembered_is_what_would_be_found() -> None:
    judge = oracle()
    changes = [Change("producer.config.acks", "1"), Change("consumer.commit_when", "before-processing")]
    for change in changes * 2:
        after = changed(pipeline(), frozenset({change}))
        assert after is not None
        found, alone = judge(after), oracle()(after)

        assert isinstance(found, Failed)
        assert isinstance(alone, Failed)
        assert found.faults == alone.faults


def test_systems_are_told_apart_by_their_rules_alone() -> None:
    one, same, other = (
        of(given, "produce", "no-loss").system(False)
        for given in (pipeline(), pipeline(), pipeline(producer={"config": {"acks": "1"}}))
    )

    assert is_same(one, same)
    assert not is_same(one, other)


def test_an_execution_can_happen_only_where_its_fault_does_harm() -> None:
    lost = pipeline(producer={"config": {"acks": "1"}})
    found = oracle()(lost)

    assert isinstance(found, Failed)
    assert found.faults == ("broker-crash",)
    assert found.happens(lost)
    assert not found.happens(pipeline())


def test_beyond_the_states_that_are_left_nothing_is_decided() -> None:
    judge = attrs.evolve(oracle(), memory=Memory(most_states=10))

    assert judge(pipeline()) == "unknown"


def test_a_claim_that_says_nothing_may_do_so_only_where_it_did_before() -> None:
    empty = attrs.evolve(pipeline(), claims=("no-aborted-reads",))

    assert oracle()(empty) == "undecidable"
    assert oracle().knowing(empty)(empty) == "holds"


def test_what_happens_in_transactions_is_asked_only_of_transactions() -> None:
    document = {
        "producer": {"config": {"transactional.id": "t"}},
        "consumer": {**CONSUMER, "commit": "transaction", "sink": "kafka"},
        "kafka": "3.9",
        "faults": {"kinds": ["request-delayed"], "at_most": 1},
        "claims": {"expect": ["atomic"]},
    }
    found = oracle()(pipeline(**document))
    without = pipeline(**{**document, "consumer": {**CONSUMER, "sink": "kafka"}})

    assert isinstance(found, Failed)
    assert not found.happens(without)
