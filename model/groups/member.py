"""A consumer of a classic group: what it knows of the group, and what the group coordinator knows of it."""

from typing import Literal

import attrs

from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim, Partitions

Status = Literal["absent", "out", "joining", "syncing", "member"]
"""
What a consumer is to its group, as it knows.

absent: Not running, and not expected to; only ``member-joins`` starts it.
out: Running or restarting, and about to join.
joining: Its JoinGroup is on its way or waits for the others.
syncing: It has heard the new generation and waits for its assignment.
member: It has an assignment.
"""


Told = Literal["no generation", "this generation", "another"]
"""
What generation a member tells as it joins (KIP-792).

no generation: It has none, or has lost it.
this generation: The one that begins then: it has heard of one with that number, which its coordinator has lost.
another: An earlier one; or it tells it with what it has been assigned, and has been assigned something since.
"""


@attrs.frozen(cache_hash=True)
class Registration:
    """
    What the coordinator knows of a member (``ClassicGroupMember``).

    Attributes:
        has_joined: It has joined the generation to come.
        claim: What it said in that JoinGroup.
        told: What generation it told there, where it counts whether it tells that again.
        assigned: What the group's last assignment gives it.
        is_leader: It leads the group.
        may_lead: Where none of the members leads: it was in the group as the coordinator chose another leader.
        is_replaced: Its member id is newer than the generation, which the leader does not know it by. Once that has
            assigned: it is told no assignment, of which its client fails.
        is_static: It has a ``group.instance.id``: it is in the next generation also if it has not joined that, with
            what it said last.
        awaits_sync: It is static, and the coordinator waits for its SyncGroup (``pendingSyncMembers``).
        rank: Its place in the order of member ids, as far as an assignor has gone by that since it has its id; 0 if
            none has, and where it is static.
        slot: The same in a hash map of member ids.
    """

    has_joined: bool = False
    claim: Claim = NO_CLAIM
    told: Told = "no generation"
    assigned: Partitions = NONE
    is_leader: bool = False
    may_lead: bool = False
    is_replaced: bool = False
    is_static: bool = False
    awaits_sync: bool = False
    rank: int = 0
    slot: int = 0


@attrs.frozen(cache_hash=True)
class Member:
    """
    One consumer.

    Attributes:
        owned: The partitions that it fetches from.
        remembered: What it takes for its last assignment when it joins again.
        generation: That it has joined.
        wants_to_rejoin: It starts a rebalance: it gave up partitions that somebody else is to get, or sees new ones.
        watched: How many partitions the topic had when it last assigned them as the leader: it joins again when it
            sees more. 0 if it does not watch.
        has_news: It has seen more than that, and joins once more if it hears that it leads no more.
        takes_itself_for_leader: It has led a generation without coming to its assignment, and goes on to watch also if
            it leads the next one no more. It shows only until it gets ready to join again.
        misses_answer: The answer to its JoinGroup is lost, or will be: it is to send the same one again.
        has_lost: It has heard that its generation is gone while its JoinGroup was on its way: it does not take the
            answer to that, and is to join once more as one that has lost its partitions.
        sends_heartbeats: It has missed its assignment and is to join again: a heartbeat that it has sent may tell
            it that its generation is gone. It shows only where that may be so.
        is_fenced: Another process has its instance id, or is to have it (FENCED_INSTANCE_ID).
        has_taken: It is that process, and the one before it does not know.
        is_to_take: It has not joined yet: its group takes the one before it for the member that it is.
        instance_rank: The place of its instance id in the order of these, as far as an assignor has gone by that; 0 if
            none has. It stays, as the id does, whether the coordinator knows the member or not.
        registration: None where the coordinator does not know it, or no longer.
        stored: Its registration as the coordinator has written it to its log.
        is_stored_as_former: That is under a former member id: it has joined under another one since. Or it is about to
            join, and its coordinator takes that one for the leader, or may.
    """

    status: Status
    owned: Partitions = NONE
    remembered: Claim = NO_CLAIM
    generation: int = 0
    wants_to_rejoin: bool = False
    watched: int = 0
    has_news: bool = False
    takes_itself_for_leader: bool = False
    misses_answer: bool = False
    has_lost: bool = False
    sends_heartbeats: bool = False
    is_fenced: bool = False
    has_taken: bool = False
    is_to_take: bool = False
    instance_rank: int = 0
    registration: Registration | None = None
    stored: Registration | None = None
    is_stored_as_former: bool = False

    @property
    def rank(self) -> int:
        """Its place in the order in which assignors meet members; 0 if it has none."""
        return self.instance_rank or (self.registration.rank if self.registration else 0)

    @property
    def is_leader(self) -> bool:
        """Whether the coordinator takes it for the leader."""
        return self.registration is not None and self.registration.is_leader

    @property
    def has_joined(self) -> bool:
        """Whether the coordinator has its JoinGroup for the generation to come."""
        return self.registration is not None and self.registration.has_joined

    @property
    def runs(self) -> bool:
        """Whether there is a process that takes itself for part of the group."""
        return self.status in ("joining", "syncing", "member")


Members = tuple[Member, ...]


def renamed(member: Member, known: Registration) -> Member:
    """*member* with this registration under a new id, which its coordinator has not written to its log."""
    former = member.stored is not None
    return attrs.evolve(member, is_to_take=False, registration=known, is_stored_as_former=former)


def forgetful(member: Member) -> Member:
    """*member* that does not know who it was, and is about to join."""
    out = attrs.evolve(member, status="out", generation=0, wants_to_rejoin=False, misses_answer=False)
    return attrs.evolve(out, has_lost=False, sends_heartbeats=False, is_stored_as_former=False)
