"""Every statement about a belief has a system that breaks it, and an interesting case that happens."""

from collections.abc import Iterator

import attrs
import pytest

from ackproof.model.beliefs.commits import group_of_two
from ackproof.model.beliefs.compaction import Segments, append, compacted_topic
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import Next, System, action
from ackproof.properties import beliefs
from ackproof.properties.folklore import EXAMPLES, produced
from ackproof.properties.groups import two_members_own_partitions
from ackproof.properties.produce import acknowledged_records_survive, no_record_is_stored_twice, what_a_reader_saw_stays
from ackproof.properties.property import Property
from ackproof.search.explorer import explore

OF_OTHERS = {acknowledged_records_survive, no_record_is_stored_twice, what_a_reader_saw_stays}
"""Statements that have their tests elsewhere."""

INTERESTING: dict[Property, tuple[Property, ...]] = {
    beliefs.what_send_took_is_stored_or_on_its_way: (beliefs.send_has_returned,),
    beliefs.every_record_is_still_there: (beliefs.a_record_is_cleaned_away,),
    beliefs.the_last_value_of_each_key_is_there: (beliefs.a_record_is_cleaned_away,),
    beliefs.a_reader_at_the_end_has_the_last_values: (beliefs.a_reader_is_at_the_end,),
    beliefs.the_lag_is_what_is_left_to_read: (beliefs.a_record_is_cleaned_away,),
    beliefs.the_lag_of_committed_transactions_counts_records: (beliefs.a_transaction_has_ended,),
    beliefs.what_others_wrote_is_read: (beliefs.a_record_waits_behind_an_open_transaction,),
    beliefs.records_of_a_key_are_processed_in_order: (beliefs.two_records_of_a_key_are_processed,),
    beliefs.every_assigned_partition_is_read: (two_members_own_partitions,),
    beliefs.offsets_are_committed_by_their_owner: (beliefs.somebody_has_committed,),
    beliefs.offsets_are_committed_upwards: (beliefs.somebody_has_committed,),
    beliefs.offsets_are_committed_in_the_present_generation: (beliefs.somebody_has_committed,),
    beliefs.asynchronous_commits_go_forwards: (beliefs.an_asynchronous_commit_is_stored,),
}


@action
def clean_too_much(segments: Segments) -> Iterator[Next]:
    """A cleaner that keeps the first record of a key."""
    yield Next("the cleaner keeps the wrong one", segments=attrs.evolve(segments, entries=segments.entries[:1]))


def system_of(statement: Property) -> System:
    """A system that an example tries that statement on."""
    return next(example.system() for example in EXAMPLES.values() if example.statement is statement)


def test_every_statement_of_an_example_has_an_interesting_case() -> None:
    assert {example.statement for example in EXAMPLES.values()} == INTERESTING.keys() | OF_OTHERS


@pytest.mark.parametrize("statement", INTERESTING, ids=lambda statement: statement.name)
def test_the_interesting_case_happens(statement: Property) -> None:
    found = explore(system_of(statement), looks_for=INTERESTING[statement])

    assert all(found.seen.values())


def test_a_leader_that_remembers_five_of_six_records_is_reached() -> None:
    system = produced(ProducerRules(max_in_flight=6), records=6, response_lost=1)

    assert all(explore(system, looks_for=(beliefs.six_records_are_stored,)).seen.values())


def test_a_key_in_two_partitions_is_reached() -> None:
    system = EXAMPLES["partition-added-to-a-drained-topic"].system()

    assert all(explore(system, looks_for=(beliefs.records_of_a_key_are_in_two_partitions,)).seen.values())


@pytest.mark.parametrize(
    ("system", "statement"),
    [
        (
            attrs.evolve(compacted_topic(("x", "a"), ("x", "b")), actions=(append, clean_too_much)),
            beliefs.the_last_value_of_each_key_is_there,
        ),
        (
            group_of_two(lambda generation, in_request: None, faults=1),
            beliefs.offsets_are_committed_in_the_present_generation,
        ),
    ],
)
def test_what_holds_has_a_broken_variant(system: System, statement: Property) -> None:
    assert explore(system, statement).broken == statement.name
