"""Rules: what differs between clients as members of a group, known bugs too, as the model has them."""

import attrs

from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, ClassicRules, ConsumerRules, GroupRules

FINISHING = attrs.evolve(CONSUMER, finishes_what_it_began=True)
"""The consumer protocol, as Java's clients take part in it since 3.9."""


@attrs.frozen
class MemberRules:
    """
    What a member of a group does otherwise than one of Java 4.3.

    Attributes:
        classic: Of it: *assignor*, if it is one that is sticky, for the one of that name;
            *keeps_owned_without_membership*, *gives_up_as_it_syncs*, *claims_heard_generation*,
            *claims_what_was_lost*, *refuses_stale_claims*, *all_watch_partitions*.
        modern: Of it: *acknowledges_what_it_has*, *finishes_what_it_began*, *is_silenced_by_errors*,
            *keeps_its_place*.
    """

    classic: ClassicRules = COOPERATIVE
    modern: ConsumerRules = FINISHING


JAVA = MemberRules()
"""Java 4.3."""


def member_rules(rules: GroupRules) -> MemberRules:
    """What members do in a group with these *rules*."""
    return MemberRules(classic=rules) if isinstance(rules, ClassicRules) else MemberRules(modern=rules)
