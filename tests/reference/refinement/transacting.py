"""Executions of the model's transactions, shortest, by chance, or by what their steps say."""

import random
from collections.abc import Iterator

import attrs

from ackproof.model.faults import Faults
from ackproof.model.system import State, Step, System, steps
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.properties.property import Property
from ackproof.reference.refinement.replaying.transaction_findings import Outcome
from ackproof.reference.refinement.replaying.transaction_outcome import outcome_of_transactions
from ackproof.reference.refinement.replaying.transactions import transacted
from ackproof.search.explorer import explore
from ackproof.traces.trace import Trace

ALONE = ApplicationRules(source="application")
PIPE = ApplicationRules()
UNVERIFIED = attrs.evolve(TRANSACTION_VERSION_1, verifies_partitions=False)
TWICE = attrs.evolve(TRANSACTION_VERSION_2, fences_late_markers=False)
BEFORE_2_5 = attrs.evolve(
    UNVERIFIED,
    bumps_epoch_after_failed_batch=False,
    ends_where_unresolved=True,
    fenced_by_timeout_is_abortable=False,
)
"""Java 2.1 to 2.4."""
LIBRDKAFKA_BEFORE_2_5 = attrs.evolve(
    BEFORE_2_5,
    ends_where_unresolved=False,
    ends_after_failed_batch=True,
    bumps_epoch_while_committing=True,
    reuses_sequences_after_deadline=False,
    reuses_sequences_after_abort=True,
    sends_meanwhile=True,
)
"""librdkafka since 1.7 with brokers before 2.5."""


def system(
    application: ApplicationRules, rules: TransactionRules, *kinds: str, records: int = 2, is_fine: bool = False
) -> System:
    return transactional(application, rules, records=records, faults=Faults(2), kinds=frozenset(kinds), is_fine=is_fine)


def violation(of: System, holds: Property) -> Trace:
    found = explore(of, holds).violation
    assert found is not None
    return found


def outcome(of: System, holds: Property, *, waits: bool = False) -> Outcome:
    return outcome_of_transactions(transacted(of, violation(of, holds)), waits=waits)


def walk(of: System, seed: int, most: int = 25) -> Trace:
    """What happens if everything is left to chance."""
    rng, state, taken = random.Random(seed), of.first_state, list[Step]()
    for _ in range(most):
        possible = list(steps(of, state))
        if not possible:
            break
        taken.append(rng.choice(possible))
        state = taken[-1].state
    return Trace(tuple(of.initial), of.first_state, tuple(taken))


def along(of: System, *says: str) -> Trace:
    """The execution whose steps say that."""
    found = next(paths(of, *says), None)
    assert found is not None
    return Trace(tuple(of.initial), of.first_state, found)


def paths(of: System, *says: str) -> Iterator[tuple[Step, ...]]:
    """Every execution whose steps say that."""

    def rest(state: State, left: tuple[str, ...]) -> Iterator[tuple[Step, ...]]:
        if not left:
            yield ()
            return
        for step in steps(of, state):
            if step.says == left[0]:
                yield from ((step, *after) for after in rest(step.state, left[1:]))

    return rest(of.first_state, says)
