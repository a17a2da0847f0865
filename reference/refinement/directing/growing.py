"""What a director has a group do whose topic gets a partition to which no key moves."""

from ackproof.reference.refinement.directing import adding, instances
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import Round


def partitions_added(director: GroupDirector, turn: Round) -> None:
    """The topic gets one more partition, and the group rebalances for that, unless an owner has seen it by now."""
    if not adding.is_there(director, turn):
        adding.let_key_stay(director, turn)
        instances.join(director, turn)
