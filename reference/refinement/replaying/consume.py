"""A trace of the model's consume half, taken on the reference: down to what was processed and what is committed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import cast

import attrs

from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.log import History
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.naming import record_name
from ackproof.model.system import System
from ackproof.reference.groups.schema import OffsetCommitKey, OffsetCommitValue
from ackproof.reference.kernel.setting import ConfigError
from ackproof.reference.refinement.consume.cluster import OFFSETS_TOPIC
from ackproof.reference.refinement.consume.kept_log import entries
from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.directing.directions import DIRECTIONS
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.keyed import check_new, moved_records, position_in_new
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.patience import USUAL
from ackproof.reference.refinement.directing.preparing import prepare
from ackproof.reference.refinement.directing.readers import DirectedGroup
from ackproof.reference.refinement.directing.round import Round
from ackproof.reference.refinement.directing.stage import records_in
from ackproof.reference.refinement.directing.standing import sessions_of
from ackproof.reference.refinement.directing.steps import IN_STEPS, wait
from ackproof.reference.refinement.replaying.assigning import Assigning, ways_to_assign
from ackproof.reference.refinement.replaying.needs import patience_for, replicas_of, setting_for
from ackproof.reference.refinement.replaying.ordering import Moment, committed_before, moments, polled_late
from ackproof.reference.refinement.replaying.repeating import repeated
from ackproof.traces.trace import Trace


class NotReadError(Exception):
    """
    The reference can not be brought to take the trace.

    Attributes:
        step: At which it fails; 0 where the trace as a whole can not be taken.
    """

    def __init__(self, why: str, turn: Round | None = None) -> None:
        super().__init__(why if turn is None else f"step {turn.number} ({turn.says}): {why}")
        self.step = 0 if turn is None else turn.number


@attrs.frozen
class Read:
    """
    What has come of a trace.

    Attributes:
        records: Those in the log, byte by byte, from *start* on.
        start: The log start offset.
        processed: What the application has processed, in order.
        commits: The offsets in the records of ``__consumer_offsets``, in order; None where one was deleted.
        position: From where the owner of the partition reads on; None without one.
        held: What instances hold and have not processed.
        moved: The records in the log of the partition that was added, if the key has moved to one.
        position_in_new: From where that is read on.
    """

    steps: int
    records: tuple[int, ...]
    start: int
    processed: tuple[int, ...]
    commits: tuple[int | None, ...]
    position: int | None
    held: tuple[int, ...]
    moved: tuple[int, ...] = ()
    position_in_new: int | None = None

    def findings(self, claim: str) -> tuple[str, ...]:
        """How this breaks a basic *claim*, in sentences; none if it does not."""
        match claim:
            case "no-loss":
                return tuple(self._skipped())
            case "no-duplicates":
                return tuple(self._repeated())
            case "in-order":
                return tuple(self._out_of_order())
            case "drains":
                return tuple(self._behind())
            case _:
                raise ValueError(f"the consume half decides nothing about {claim}")

    def _behind(self) -> Iterator[str]:
        committed, end = next(iter(self.commits[::-1]), None), len(self.records)
        if (self.start if committed is None else committed) < end:
            said = "has committed nothing" if committed is None else f"has committed offset {committed}"
            yield f"the group {said}, the log ends at {end}, and so it stays"

    def _skipped(self) -> Iterator[str]:
        committed = next(iter(self.commits[::-1]), None)
        for offset, record in enumerate(self.records):
            if record in self.processed or record in self.held:
                continue
            if offset < self.start:
                yield f"{record_name(record)} (offset {offset}) is deleted and was not processed"
            elif self.position is not None and self.position > offset:
                where = "nothing is committed" if committed is None else f"committed is offset {committed}"
                yield (
                    f"{record_name(record)} (offset {offset}) is skipped: "
                    f"{where}, the owner reads on from {self.position}"
                )

        for offset, record in enumerate(self.moved[: self.position_in_new or 0]):
            if record not in self.processed:
                yield f"{self.named(record)} is skipped: the new partition is read from offset {offset + 1} on"

    def named(self, record: int) -> str:
        """A record, and where it is."""
        if record in self.moved:
            return f"{record_name(record)} (offset {self.moved.index(record)} of the new partition)"
        return f"{record_name(record)} (offset {self.records.index(record)})"

    def _repeated(self) -> Iterator[str]:
        for record in sorted(set(self.processed)):
            if self.processed.count(record) > 1:
                yield f"{self.named(record)} is processed twice"

    def _out_of_order(self) -> Iterator[str]:
        for before, after in pairwise(dict.fromkeys(self.processed)):
            if before > after:
                named = (self.named(before), self.named(after)) if self.moved else map(record_name, (before, after))
                yield " is processed before ".join(named)


def read_again(system: System, trace: Trace) -> Read:
    """
    *trace* of a consume half, on the reference.

    Raises:
        NotReadError: It can not be taken.
    """
    turns = repeated(tuple(map(turn_of, moments(trace))), trace.loop)
    unknown = next((turn for turn in turns if turn.action not in directions(system)), None)
    if unknown is not None:
        raise NotReadError(f"{unknown.action} is not replayed yet", unknown)
    instances = len(cast("Consumers", turns[0].before["consumers"])) if turns else 1
    failures: list[NotReadError] = []
    rules = cast("ConsumerRules", system.rules["consumer"])
    for order in orders(system, trace, turns):
        for assigning in ways_to_assign(rules, instances, order):
            try:
                return taken(system, order, assigning, waits=trace.loop is not None)
            except NotReadError as problem:
                failures.append(problem)
    raise max(failures, key=lambda failure: failure.step)


def directions(system: System) -> Mapping[str, Callable[[GroupDirector, Round], None]]:
    """How the actions of a system are taken: where membership takes several steps, otherwise."""
    return IN_STEPS if "coordinator" in system.initial else DIRECTIONS


def turn_of(moment: Moment) -> Round:
    """A step of a trace."""
    return Round(moment.number, moment.step.action.name, moment.step.says, moment.before, moment.after)


def orders(system: System, trace: Trace, turns: Sequence[Round]) -> Iterator[Sequence[Round]]:
    """The steps, and others that come to the same where a partition is added: late polls, and one more commit."""
    yield turns
    if trace.loop is None and any(turn.action == "discover" for turn in turns):
        late = polled_late(system, tuple(moments(trace)))
        yield tuple(map(turn_of, late))
        yield tuple(map(turn_of, committed_before(system, late)))


def taken(system: System, turns: Sequence[Round], assigning: Assigning, *, waits: bool) -> Read:
    """
    The steps on a new stage.

    Args:
        system: What they are steps of.
        turns: The steps.
        assigning: How the group decides who has the partition.
        waits: Time goes by in the end, and nothing may come of it.
    """
    patience = patience_for(cast("ConsumerRules", system.rules["consumer"]), turns)
    try:
        stage = DirectedGroup(
            setting_for(system, turns),
            len(assigning.order),
            replicas_of(system),
            is_sticky=assigning.is_sticky,
            beside=assigning.beside,
            patience=patience,
            # Where all wait for long nobody is waited for.
            sessions=assigning.of_instances(sessions_of(turns)) if patience in USUAL else (),
        )
    except ConfigError as problem:
        raise NotReadError(f"the reference has no such consumer: {problem}") from problem
    stage.grows = assigning.grows
    director = GroupDirector(stage, assigning.order)
    for place, turn in enumerate(turns):
        director.coming = turns[place:]
        try:
            prepare(director, turn)
            directions(system)[turn.action](director, turn)
            check(director, turn)
            if waits and turn is turns[-1]:
                wait(director)
                check(director, turn)
        except NotDirectedError as problem:
            raise NotReadError(str(problem), turn) from problem
    return outcome(director, len(turns))


def check(director: GroupDirector, turn: Round) -> None:
    """
    The reference is where the model is.

    Raises:
        NotDirectedError: It is not.
    """
    stage = director.stage
    check_new(director, turn)
    if stage.committed != turn.committed_after:
        raise NotDirectedError(f"the group has committed {stage.committed}, not {turn.committed_after}")
    if turn.is_settled and not director.has(turn):
        raise NotDirectedError("the partition is with another consumer")
    processed = {record for record, count in enumerate(cast("History", turn.after["history"]).counts) if count}
    if set(stage.sink) != processed:
        raise NotDirectedError(f"processed are {stage.sink}")
    for index, _, after in turn.pairs():
        # Where to start in both partitions is looked up at once.
        is_ahead = after.position is None and turn.log_after.added is not None
        is_known = turn.is_settled and after.status == "owner" and not is_ahead
        if is_known and after.position != director.position(index):
            raise NotDirectedError(f"the owner reads on from {director.position(index)}, not {after.position}")
        reader = director.reader(index)
        if after.answer is None and sorted(after.held) != sorted(reader.held if reader.is_up else []):
            raise NotDirectedError(f"{reader.name} holds {reader.held}")


def outcome(director: GroupDirector, steps: int) -> Read:
    """What has come of it."""
    stage = director.stage
    led = stage.led(TOPIC)
    assert led is not None
    positions = (director.position(at) for at in range(len(director.order)) if director.owns(at))
    held = (record for reader in stage.applications if reader.is_up for _, record in reader.held)
    return Read(
        steps,
        everything_in(stage),
        led.log.log_start_offset,
        tuple(stage.sink),
        tuple(commits_in(stage)),
        next(positions, None),
        tuple(held),
        moved_records(stage),
        position_in_new(director),
    )


def everything_in(stage: DirectedGroup) -> tuple[int, ...]:
    """The records in the log of the partition; of what retention has deleted, what there was."""
    led = stage.led(TOPIC)
    assert led is not None
    left = records_in(led.log)
    return (*range(led.log.log_end_offset - len(left)), *left)


def commits_in(stage: DirectedGroup) -> Iterator[int | None]:
    """The offsets that the records of ``__consumer_offsets`` hold for the partition, in order."""
    led = stage.led(OFFSETS_TOPIC)
    for key, value in entries(led.log.batches() if led is not None else ()):
        if isinstance(key, OffsetCommitKey):
            yield value.offset if isinstance(value, OffsetCommitValue) else None
