"""How long a transaction is open."""

from fractions import Fraction

from ackproof.proofs.logic import Number
from ackproof.proofs.timing.disturbances import ONCE, processing, silence
from ackproof.proofs.timing.quantity import quantity, times
from ackproof.proofs.timing.question import question
from ackproof.proofs.timing.scene import Scenario, Scene, Unknown

ROUND_TRIPS = 4
"""To add partitions or the first batch, to flush the last, to add the offsets, to end it."""


@question(
    of="transaction_timeout_ms",
    source="TransactionStateManager.timedOutTransactions",
    decided_by={"records_per_transaction": "up to", "transaction_timeout_ms": "from"},
    assumes=(ONCE, "processing_ms is all that is spent on a record, its outputs included, but for outages"),
)
def transaction_outlives_its_timeout(scene: Scene) -> Scenario:
    """
    Can a transaction be open for longer than transaction.timeout.ms, so that its coordinator aborts it?

    It is open from the first partition that is added until its end is asked for: while its records are processed, or,
    where nothing is consumed, until they have come.
    """
    disturbance = silence(scene, how_many=ROUND_TRIPS)
    consumes = scene.behaviour.processes_in_loop
    works = processing(scene, "records_per_transaction") if consumes else arriving(scene, "records_per_transaction")
    return Scenario(
        quantity=disturbance + works,
        unit="ms from its start to its end",
        limit="transaction_timeout_ms",
        is_late_at_limit=False,
    )


def arriving(scene: Scene, key: str) -> Number:
    """Until so many records have come as that *key* allows."""
    records = scene.count("records", scene.key(key))
    low, high = scene.range("arrival_per_s")
    shortest, longest = (Fraction(1000) / rate if rate else None for rate in (high, low))
    unknown = Unknown("arriving_ms", quantity("arriving_ms"), "records that come one in {} ms", count="records")
    return scene.unknown(unknown, times(records, shortest or 0), times(records, longest) if longest else None)
