"""What goes wrong between transactional clients and brokers."""

import attrs
import pytest

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import Transaction
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.network import send_timeout
from ackproof.model.transactions.output import Entry, Output, Writer
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, ApplicationRules, Detail

OLD = attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_after_failed_batch=False, ends_where_unresolved=True)
ADDED = frozenset({"output"})
SENDING = Instance(phase="in-transaction", next=1, upto=2, added=ADDED)
OPEN = Output((Entry(0, 0, fate="open"),), (Writer(0, (0,)),))


@pytest.mark.parametrize(("is_again", "plain"), [(False, 1), (True, 0)])
def test_a_batch_that_was_sent_again_and_is_stored_ends_a_producer_that_can_not_ask_for_an_epoch(
    is_again: bool, plain: int
) -> None:
    """``Sender.sendProducerData``: a batch ``inRetry`` leaves its sequence unresolved."""
    sender = attrs.evolve(SENDING, sequence=1, has_unresolved_batch=is_again)
    client = Client(ApplicationRules(source="application"), OLD, Detail())

    steps = send_timeout.outcomes(client, (sender,), (Transaction("Ongoing", partitions=ADDED),), OPEN)

    assert sum(step.says.endswith("it is appended, and times out") for step in steps) == plain
