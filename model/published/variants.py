"""Variants: the versions of the protocol, each as the rules in which it differs from the one before."""

from collections.abc import Mapping

import attrs

from ackproof.model.published.following import fetch, truncate
from ackproof.model.published.log import leader_epochs, presence
from ackproof.model.published.rules import (
    Variant,
    at_any_time,
    if_it_leads_in_that_epoch,
    leader_and_epoch,
    once_high_watermark_is_in_its_epoch,
    the_leader,
    whatever_it_believes,
)
from ackproof.model.published.truncation import by_leader_epoch, not_yet, to_end_of_agreement, to_high_watermark

TRUNCATE_TO_HIGH_WATERMARK = Variant(
    truncation=to_high_watermark,
    admits=whatever_it_believes,
    fence=the_leader,
    marks=presence,
    may_expand=at_any_time,
    while_following=(fetch,),
)
"""Before 0.11. Committed records can be lost."""

TRUNCATE_BY_LEADER_EPOCH = attrs.evolve(TRUNCATE_TO_HIGH_WATERMARK, truncation=by_leader_epoch)
"""KIP-101. Logs can still diverge where leaders change fast."""

TRUNCATE_TO_END_OF_AGREEMENT = attrs.evolve(TRUNCATE_BY_LEADER_EPOCH, truncation=to_end_of_agreement)
"""KIP-279. A leader of an old epoch can still commit what its followers lose."""

TRUNCATE_WHILE_FETCHING = attrs.evolve(
    TRUNCATE_TO_END_OF_AGREEMENT,
    truncation=not_yet,
    marks=leader_epochs,
    may_expand=once_high_watermark_is_in_its_epoch,
    while_following=(fetch, truncate),
)
"""A draft of KIP-320: the epochs of records are compared, not those of leader and follower."""

FENCED_BY_LEADER_EPOCH = attrs.evolve(
    TRUNCATE_TO_END_OF_AGREEMENT,
    admits=if_it_leads_in_that_epoch,
    fence=leader_and_epoch,
    may_expand=once_high_watermark_is_in_its_epoch,
)
"""KIP-320. Replicas deal with each other in the same epoch only."""

VARIANTS: Mapping[str, Variant] = {
    "truncate-to-high-watermark": TRUNCATE_TO_HIGH_WATERMARK,
    "kip-101": TRUNCATE_BY_LEADER_EPOCH,
    "kip-279": TRUNCATE_TO_END_OF_AGREEMENT,
    "kip-320-first-try": TRUNCATE_WHILE_FETCHING,
    "kip-320": FENCED_BY_LEADER_EPOCH,
}
