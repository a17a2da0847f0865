"""What makes a group give a partition to a member that has been there before."""

from collections.abc import Sequence

from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.readers import DirectedReader
from ackproof.reference.refinement.directing.round import Round

OWN, PARTITIONS = "a-topic-of-one", 4
"""A topic without records that one member reads, and how many partitions it has: more than are to move away from it."""


def take_more(director: GroupDirector, index: int) -> None:
    """
    An owner that is to give up the partition reads another topic as well, and nobody else does: the rest goes to them.

    Where somebody else claims it of a later generation, it gives it up as it is.

    Source: ``AbstractStickyAssignor.GeneralAssignmentBuilder``, of members that subscribe to different topics.
    """
    turn = director.coming[0]
    is_claimed = any(after.status == "lingering" for _, _, after in turn.pairs()) or index in turn.older_claims
    if director.stage.is_sticky and gives_up(director, index) and not is_claimed:
        read_another(director, index)


def take_turn_before(director: GroupDirector, turn: Round) -> None:
    """
    In an eager group the one before whoever is to have the partition takes its turn with another topic, if need be.

    Source: ``RoundRobinAssignor``, of members that subscribe to different topics.
    """
    rules = director.stage.setting.rules.rebalancing
    # Where members change all turns do, also that of an owner which is to have the partition again.
    is_changed = any(before.status != after.status for _, before, after in turn.pairs())
    taking = next((at for at, _, after in turn.pairs() if is_changed and after.status == "owner"), None)
    if taking is None or rules.keeps_reading:
        return
    if rules.is_by_coordinator:
        hand_on(director, turn, taking)
        return
    statuses = {at: after.status for at, _, after in turn.pairs()}
    present = turn.members_after or {at for at, status in statuses.items() if status in ("owner", "member", "silent")}
    in_order = sorted(present, key=director.order.__getitem__)
    if taking in in_order and in_order[turn_of(director, in_order)] != taking:
        for at in in_order:
            read_no_other(director, at)
        read_another(director, in_order[in_order.index(taking) - 1])


def hand_on(director: GroupDirector, turn: Round, taking: int) -> None:
    """
    In a group of the consumer protocol an owner that stays gives the partition to one that is there, not to who comes.

    Source: ``UniformHeterogeneousAssignmentBuilder``, of members that subscribe to different topics.
    """
    statuses = {at: (before.status, after.status) for at, before, after in turn.pairs()}
    giving = next((at for at, pair in statuses.items() if pair == ("owner", "member")), None)
    if giving is not None and director.stage.is_sticky and statuses[taking][0] == "member":
        read_another(director, giving)


def take_back(director: GroupDirector, turn: Round, polling: Sequence[DirectedReader]) -> None:
    """
    Who reads another topic gives the partition up, and reads that no more, where it is to get the partition back.

    The others, if there are any, read that instead, so that none of them is as free as it is.
    """
    members = [at for at, _, after in turn.pairs() if after.status in ("joining", "member", "owner")]
    taking = next((at for at, before, after in turn.pairs() if before.status != "owner" == after.status), None)
    others = [at for at in members if at != taking]
    if taking is None or not director.stage.setting.rules.rebalancing.keeps_reading:
        return
    reader = director.reader(taking)
    if OWN in reader.topics and reader.client is not None:

        def has_given_up() -> bool:
            for each in polling:
                each.polls = True
            return not director.owns(taking)

        director.until(has_given_up, "the partition being given up")
        read_no_other(director, taking)
        for other in others:
            read_another(director, other)


def turn_of(director: GroupDirector, in_order: Sequence[int]) -> int:
    """At which place is whose turn the partition is: behind whoever reads a topic of its own, else as they all read."""
    own = (at for at, index in enumerate(in_order) if OWN in director.reader(index).topics)
    return next((at + 1 for at in own), len(director.stage.beside)) % len(in_order)


def read_another(director: GroupDirector, index: int) -> None:
    """A consumer reads another topic as well, and rejoins for that."""
    stage, reader = director.stage, director.reader(index)
    if stage.led(OWN) is None:
        stage.cluster.create_topic(OWN, PARTITIONS, 1, {})
    director.until(lambda: stage.led(OWN) is not None, "another topic")
    reader.topics = [*reader.topics, OWN]
    if reader.client is not None:
        reader.subscribe(reader.client)
    # Whoever has other partitions rejoins once it knows where to start in them, and may commit them.
    stage.network.lets_others_pass = True


def read_no_other(director: GroupDirector, index: int) -> None:
    """A consumer that reads another topic as well does so no more, and rejoins for that."""
    reader = director.reader(index)
    if OWN in reader.topics:
        reader.topics = [topic for topic in reader.topics if topic != OWN]
        if reader.client is not None:
            reader.subscribe(reader.client)


def gives_up(director: GroupDirector, index: int) -> bool:
    """Whether an owner has lost the partition once it has rejoined, and another one gets it, or it gets it back."""
    ends = ((turn, *turn.pairs()[index][1:]) for turn in director.coming)
    end = next(((turn, after) for turn, before, after in ends if before.is_rejoining > after.is_rejoining), None)
    if end is None or end[1].status == "owner":
        return False
    both = (each for turn in director.coming for each in turn.pairs())
    next_owner = next((at for at, before, after in both if before.status != "owner" == after.status), None)
    return next_owner != index or end[0].action == "learn what is kept"


def learns_next(director: GroupDirector, index: int) -> bool:
    """Whether a member of a cooperative group that is to own nothing hears so before anybody sets out to join again."""
    if director.stage.is_modern or not director.reader(index).rules.rebalancing.keeps_reading:
        return False
    for each in director.coming[1:]:
        if any(before.is_rejoining < after.is_rejoining for _, before, after in each.pairs()):
            return False
        _, before, after = each.pairs()[index]
        if before.status != after.status:
            return after.status == "member"
    return False
