"""Every theorem, in the order of a record's way."""

from typing import cast

from ackproof.proofs.theorem import Theorem
from ackproof.proofs.theorems.commits import a_group_takes_no_commit_of_a_generation_that_is_over
from ackproof.proofs.theorems.connection_order import a_batch_arrives_when_all_before_it_are_stored
from ackproof.proofs.theorems.cooperative import a_generation_has_one_owner_while_members_keep_what_they_own
from ackproof.proofs.theorems.fencing import a_fenced_epoch_never_writes
from ackproof.proofs.theorems.generations import a_generation_has_one_owner_of_a_partition
from ackproof.proofs.theorems.late_end import a_late_end_never_touches_the_next_transaction
from ackproof.proofs.theorems.numbers import a_number_names_one_batch
from ackproof.proofs.theorems.owners import a_partition_has_one_owner
from ackproof.proofs.theorems.stored_once import an_idempotent_partition_stores_every_batch_once_and_in_order
from ackproof.proofs.theorems.survival import acknowledged_records_survive_all_but_one_of_min_insync_replicas
from ackproof.proofs.theorems.truncation import a_follower_truncates_to_where_logs_part_and_keeps_what_is_committed
from ackproof.proofs.theorems.watermark import the_high_watermark_never_exceeds_what_every_in_sync_replica_has

THEOREMS = cast(
    "tuple[Theorem[object], ...]",
    (
        an_idempotent_partition_stores_every_batch_once_and_in_order,
        a_batch_arrives_when_all_before_it_are_stored,
        a_number_names_one_batch,
        a_fenced_epoch_never_writes,
        a_follower_truncates_to_where_logs_part_and_keeps_what_is_committed,
        the_high_watermark_never_exceeds_what_every_in_sync_replica_has,
        acknowledged_records_survive_all_but_one_of_min_insync_replicas,
        a_generation_has_one_owner_of_a_partition,
        a_generation_has_one_owner_while_members_keep_what_they_own,
        a_partition_has_one_owner,
        a_group_takes_no_commit_of_a_generation_that_is_over,
        a_late_end_never_touches_the_next_transaction,
    ),
)
