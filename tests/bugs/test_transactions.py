"""What is particular about the bugs of transactions."""

import attrs
import pytest

from ackproof.bugs import transactions
from ackproof.bugs.bug import Bug
from ackproof.bugs.hunting import hunt
from ackproof.model.faults import Faults
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, ApplicationRules
from ackproof.properties.transactions import transactions_are_atomic
from ackproof.search.explorer import explore

BUGS = [value for value in vars(transactions).values() if isinstance(value, Bug)]


@pytest.mark.parametrize("known", BUGS, ids=lambda known: known.number)
def test_it_is_found_where_it_was_and_nowhere_else(known: Bug) -> None:
    assert hunt(known).is_as_expected


def test_an_epoch_after_every_failed_batch_does_not_help_against_a_delayed_end() -> None:
    rules = attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_while_committing=True)
    kinds = frozenset({"request-delayed"})
    system = transactional(ApplicationRules(), rules, records=2, faults=Faults(1), kinds=kinds)

    assert explore(system, transactions_are_atomic).violation is not None


def test_verification_alone_does_not_keep_a_late_batch_out_of_the_next_transaction() -> None:
    late = next(known for known in BUGS if known.number == "KIP-890 (part 2)")

    assert late.had().rules["client"].rules == TRANSACTION_VERSION_1  # type: ignore[attr-defined]  # a component's own type
    assert late.fixed().rules["client"].rules == TRANSACTION_VERSION_2  # type: ignore[attr-defined]  # the same
