"""As whom a member of a classic group commits, and what it makes of refusals."""

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.consume.rebalancing import Rebalancing
from ackproof.reference.consumer.classic.generation import Generation
from ackproof.reference.consumer.classic.membership import Membership
from ackproof.reference.consumer.commits.commit import NOBODY, Identity
from ackproof.reference.consumer.errors import CommitFailedError, FencedInstanceIdError, RebalanceInProgressError
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.protocol.errors import KafkaError

REFUSALS = (ErrorCode.fenced_instance_id, ErrorCode.unknown_member_id, ErrorCode.illegal_generation)


@attrs.define(eq=False)
class ClassicCommitter:
    """
    A member that commits; outside of a group nobody in particular.

    Attributes:
        commits_as_nobody: Once it knows that it is out of its group it commits all the same, as nobody in particular.

    Source: ``ConsumerCoordinator.sendOffsetCommitRequest``, ``OffsetCommitResponseHandler``; librdkafka
    ``rd_kafka_cgrp_op_handle_OffsetCommit``: it commits while it rejoins, and keeps what it has if that is too late;
    before 2.10 it then forgets its generation (#4059), and it goes on committing once it has forgotten its member id;
    aiokafka ``GroupCoordinator``: ``reset_generation``, ``_do_commit_offsets``.
    """

    subscription: Subscription
    settings: ConsumerSettings
    membership: Membership
    rules: Rebalancing
    commits_as_nobody: bool = False

    def identity(self) -> Identity:
        """
        Who commits now.

        Raises:
            RebalanceInProgressError: It is joining.
            CommitFailedError: It is not in the group.
        """
        if not self.subscription.is_by_group:
            return NOBODY
        if self._commits_without_id:
            return self._as(self.membership.generation)
        generation = self.membership.stable_generation
        if generation is None and self.rules.accepts_meanwhile:
            generation = self.membership.generation
        if generation is None and self.membership.is_rebalancing:
            raise RebalanceInProgressError("the consumer is undergoing a rebalance")
        if generation is None or generation.is_none:
            if self.commits_as_nobody:
                return NOBODY
            raise CommitFailedError("the consumer is not part of an active group")
        return self._as(generation)

    @property
    def _commits_without_id(self) -> bool:
        """Whether it has forgotten its member id, and commits all the same, for the generation that it was of."""
        return self.rules.ends_if_fenced and self.membership.has_forgotten_itself

    def _as(self, generation: Generation) -> Identity:
        """Who it is to the group."""
        former = self.membership.former_generation_id
        number = former if self._commits_without_id else generation.generation_id
        return Identity(number, generation.member_id, self.settings.group_instance_id)

    def _loses(self, code: ErrorCode) -> bool:
        """
        Whether it takes all for lost that it would go on with: it joins, and forgets its member id by this or has.

        Source: librdkafka ``rd_kafka_cgrp_revoke_all_rejoin_maybe``, ``RD_KAFKA_CGRP_REBALANCING``.
        """
        if not self.rules.keeps_what_it_lost or code not in REFUSALS:
            return False
        forgets = code == ErrorCode.unknown_member_id and self.membership.state == "preparing rebalance"
        return self.membership.has_forgotten_itself or (forgets and bool(self.subscription.assigned))

    def refused(self, sent: Identity, code: ErrorCode) -> Exception:
        """What the application is told of a refused commit."""
        member = self.membership
        is_unchanged = sent == self._as(member.generation)
        is_joining_again = not is_unchanged and member.state == "preparing rebalance"
        is_late = self.rules.accepts_meanwhile and code == ErrorCode.illegal_generation and member.is_rebalancing
        if code == ErrorCode.rebalance_in_progress:
            if not self.rules.accepts_meanwhile:
                member.request_rejoin("offset commit failed since group is already rebalancing")
            return RebalanceInProgressError("the group is executing a rebalance")
        # Who has forgotten its member id is about to join anew, or does, whatever it hears.
        is_anew = self.rules.ends_if_fenced and not sent.member_id
        is_lost = self._loses(code) or (is_anew and code in (*REFUSALS, ErrorCode.group_id_not_found))
        if is_lost and self.subscription.assigned:
            member.lose(f"encountered {code.name.upper()} from OFFSET_COMMIT")
        if code == ErrorCode.fenced_instance_id and (is_unchanged or self.rules.ends_if_fenced):
            return FencedInstanceIdError(is_fatal=self.rules.ends_if_fenced)
        if code in REFUSALS or (is_anew and code == ErrorCode.group_id_not_found):
            if is_late and not self.rules.survives_late_commits:
                member.forget_generation()
            if (is_joining_again or is_late) and not (is_anew or is_lost):
                return RebalanceInProgressError("the member has joined another rebalance since")
            if code != ErrorCode.fenced_instance_id and not (is_anew or is_lost):
                keeps_member_id = code == ErrorCode.illegal_generation
                member.reset(f"encountered {code.name.upper()} from OFFSET_COMMIT", keeps_member_id=keeps_member_id)
            return CommitFailedError("the group has already rebalanced and assigned the partitions to another member")
        return KafkaError(code)
