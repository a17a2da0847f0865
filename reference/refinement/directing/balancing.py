"""What makes a group give a partition to a member that has been there before."""

from ackproof.reference.refinement.directing.group import GroupDirector

OWN, PARTITIONS = "a-topic-of-one", 4
"""A topic without records that one member reads, and how many partitions it has: more than are to move away from it."""


def take_more(director: GroupDirector, index: int) -> None:
    """
    An owner that is to give up the partition reads another topic as well, and nobody else does: the rest goes to them.

    Source: ``AbstractStickyAssignor.GeneralAssignmentBuilder``, of members that subscribe to different topics.
    """
    if director.stage.is_sticky and gives_up(director, index):
        read_another(director, index)


def read_another(director: GroupDirector, index: int) -> None:
    """A consumer reads another topic as well, and rejoins for that."""
    stage, reader = director.stage, director.reader(index)
    if reader.client is None:
        return
    stage.cluster.create_topic(OWN, PARTITIONS, 1, {})
    director.until(lambda: stage.led(OWN) is not None, "another topic")
    reader.topics = [*reader.topics, OWN]
    reader.client.subscribe(reader.topics)
    # Whoever has other partitions rejoins once it knows where to start in them, and may commit them.
    stage.network.lets_others_pass = True


def gives_up(director: GroupDirector, index: int) -> bool:
    """Whether an owner has lost the partition once it has rejoined, and another one gets it."""
    pairs = (turn.pairs()[index][1:] for turn in director.coming)
    is_lost = next(
        (after.status != "owner" for before, after in pairs if before.is_rejoining > after.is_rejoining), False
    )
    both = (each for turn in director.coming for each in turn.pairs())
    next_owner = next((at for at, before, after in both if before.status != "owner" == after.status), None)
    return is_lost and next_owner != index
