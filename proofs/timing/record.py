"""Every question of timing, in the order of a record's way."""

from ackproof.proofs.timing.buffering import buffer_blocks, buffer_overflows, queue_bytes_overflow, queue_overflows
from ackproof.proofs.timing.committing import arrivals_processed_again, records_processed_again
from ackproof.proofs.timing.heartbeats import misses_heartbeats, rebalance_feeds_itself
from ackproof.proofs.timing.lagging import lag_after_a_stall, lag_drains_within, lag_grows
from ackproof.proofs.timing.polling import polls_too_late
from ackproof.proofs.timing.sending import send_times_out
from ackproof.proofs.timing.transacting import transaction_outlives_its_timeout

QUESTIONS = (
    send_times_out,
    buffer_blocks,
    buffer_overflows,
    queue_overflows,
    queue_bytes_overflow,
    transaction_outlives_its_timeout,
    polls_too_late,
    misses_heartbeats,
    rebalance_feeds_itself,
    records_processed_again,
    arrivals_processed_again,
    lag_grows,
    lag_after_a_stall,
    lag_drains_within,
)
