"""Claims: what people believe of a pipeline, and the properties of each half that make it true."""

from collections.abc import Mapping
from typing import Literal

from ackproof.properties import consume, liveness, produce, transactions, whole
from ackproof.properties.property import Property

Half = Literal["produce", "consume", "whole"]

BASIC = ("no-loss", "no-duplicates", "in-order", "no-aborted-reads", "atomic")
"""Claims that stand for themselves."""

LIVENESS = ("drains", "completes")
"""Claims that something happens at last."""

NAMED: Mapping[str, tuple[str, ...]] = {
    "at-most-once": ("no-duplicates",),
    "at-least-once": ("no-loss",),
    "exactly-once": ("no-loss", "no-duplicates", "no-aborted-reads", "atomic"),
}
"""Delivery semantics, as the basic claims that they consist of."""

CLAIMS = (*BASIC, *NAMED, *LIVENESS)
"""Every claim by name."""

OF_TRANSACTIONS = frozenset({"no-aborted-reads", "atomic"})
"""Claims that say something only of transactions."""

INVARIANTS: Mapping[Half, Mapping[str, Property]] = {
    "produce": {
        "no-loss": produce.acknowledged_records_survive,
        "no-duplicates": produce.no_record_is_stored_twice,
        "in-order": produce.records_are_stored_in_order,
    },
    "consume": {
        "no-loss": consume.every_record_is_processed_or_can_still_be,
        "no-duplicates": consume.no_record_is_processed_twice,
        "in-order": consume.records_are_first_processed_in_order,
    },
    "whole": {
        "no-loss": whole.no_acknowledged_record_is_skipped,
        "no-duplicates": consume.no_record_is_processed_twice,
        "in-order": consume.records_are_first_processed_in_order,
    },
}
"""For each half and basic claim, what every state satisfies if the claim holds."""

INTERESTING: Mapping[Half, Mapping[str, tuple[Property, ...]]] = {
    "produce": {
        "no-loss": (produce.a_record_is_acknowledged,),
        "no-duplicates": (produce.a_record_is_stored,),
        "in-order": (produce.two_records_are_stored,),
    },
    "consume": {
        "no-loss": (consume.a_record_is_processed,),
        "no-duplicates": (consume.a_record_is_processed,),
        "in-order": (consume.two_records_are_processed,),
    },
    "whole": {
        "no-loss": (consume.a_record_is_processed,),
        "no-duplicates": (consume.a_record_is_processed,),
        "in-order": (consume.two_records_are_processed,),
    },
}
"""For each half and basic claim, what some state satisfies unless the claim is empty."""

IN_TRANSACTIONS: Mapping[str, tuple[Property, Property]] = {
    "no-loss": (transactions.every_record_is_written_or_can_still_be, transactions.a_record_can_be_read),
    "no-duplicates": (transactions.no_record_is_read_twice, transactions.a_record_can_be_read),
    "in-order": (transactions.records_are_read_in_order, transactions.two_records_can_be_read),
    "no-aborted-reads": (
        transactions.nothing_of_an_aborted_transaction_is_read,
        transactions.a_transaction_is_aborted,
    ),
    "atomic": (transactions.transactions_are_atomic, transactions.a_record_can_be_read),
    "completes": (transactions.every_transaction_ends, transactions.a_transaction_is_open),
    "drains": (transactions.what_was_written_can_be_read, transactions.a_transaction_is_open),
}
"""For each claim what makes it true of transactions, and what some state satisfies unless it is empty."""


GOALS: Mapping[str, tuple[Half, Property, Property]] = {
    "completes": ("produce", liveness.every_send_is_resolved, liveness.a_send_waits_for_its_outcome),
    "drains": ("consume", liveness.the_lag_is_zero, liveness.the_group_lags),
}
"""For each claim that something happens at last: the half, what every fair execution reaches, what makes it matter."""


def basics_of(claim: str) -> tuple[str, ...]:
    """The basic claims that *claim* consists of."""
    return NAMED.get(claim, (claim,))
