"""What the instances of a stage are to their group, as the model has it."""

import attrs

from ackproof.model.transactions.instance import Status
from ackproof.reference.refinement.transactions.piping import StagedPipe
from ackproof.reference.refinement.transactions.stage import TimedStage


@attrs.frozen
class Place:
    """
    What an instance is to its group.

    Attributes:
        position: Where its next transaction starts; None if it first has to ask for that.
        member_id: As which member it was in the group.
    """

    status: Status = "out"
    position: int | None = None
    member_id: str = ""


class Members:
    """The members of one run: while somebody rejoins, or nobody has the group, they are what they were."""

    def __init__(self, stage: TimedStage) -> None:
        self._stage = stage
        self._places: dict[int, Place] = {}

    def place(self, app: StagedPipe, index: int) -> Place:
        """The place of an instance."""
        has_partition, last = app.look(), self._places.get(index, Place())
        status = self._status(app, last, has_partition=has_partition)
        is_rejoining = status == last.status and not has_partition
        member_id = last.member_id if status in ("out", "stale") or is_rejoining else app.member_id
        self._places[index] = place = Place(status, last.position if is_rejoining else app.place, member_id)
        return place

    def _status(self, app: StagedPipe, last: Place, *, has_partition: bool) -> Status:
        if app.consumer is None or not app.is_up:
            return "out"
        if has_partition:
            return "owner" if self._is_known(app, last) else "stale"
        if self._stage.is_settled(app):
            # What an only instance has not been assigned is that of its former process, until the session of that ends.
            return "member" if len(self._stage.instances) > 1 else "out"
        if last.status == "out" or app.member_id != last.member_id:
            return "out"
        # Who has no partition hears that it was put out before it polls.
        return last.status if self._is_known(app, last) else "stale"

    def _is_known(self, app: StagedPipe, last: Place) -> bool:
        """Whether the group knows a member; while nobody has the group, it is not if others have gone on without it."""
        if self._stage.shard() is not None:
            return self._stage.is_member(app)
        others = (each for each in self._stage.instances if isinstance(each, StagedPipe))
        has_others = any(each.is_joined and each.generation_id > app.generation_id for each in others)
        return last.status != "stale" and not has_others
