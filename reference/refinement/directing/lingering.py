"""What a director has members do that are to hear as they join that they are out of their group."""

from kio.schema.join_group.v9.request import JoinGroupRequest

from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import Round

IN_VAIN = ("hear as it joins", "hear as it joins in steps")
OUT_UNHEARD = ("owner", "stale", "silent")
"""What a consumer may be that is out of its group and has not heard so."""


def will_linger(director: GroupDirector, index: int) -> bool:
    """Whether a consumer joins in vain before it hears otherwise what has become of it."""
    for turn in director.coming:
        _, before, after = turn.pairs()[index]
        if turn.action in IN_VAIN and before != after:
            return True
        if before.status in OUT_UNHEARD and after.status not in OUT_UNHEARD:
            return False
    return False


def is_put_out(turn: Round, index: int) -> bool:
    """Whether a consumer is out of its group by a step, or is to be, and has not heard so."""
    _, before, after = turn.pairs()[index]
    if turn.has_generations and after.status == "owner":
        return index in turn.members_before - turn.members_after
    return after.status in ("stale", "silent") and before.status not in ("stale", "silent")


def set_out_to_join(director: GroupDirector, index: int) -> None:
    """
    A member sets out to join, for whatever it has seen, and its JoinGroup is on its way for long.

    Meanwhile it sends no heartbeats.
    """
    reader, network = director.reader(index), director.stage.network
    network.outside.add(reader.name)
    if reader.client is None or network.of(JoinGroupRequest, reader.name):
        return
    client, reader.polls = reader.client, True

    def is_asking() -> bool:
        if director.is_in_group(reader):
            client.enforce_rebalance()
        return bool(network.of(JoinGroupRequest, reader.name))

    director.until(is_asking, "asking to join")
    reader.polls = False
