"""One execution of a user's processing function under the consume half of the model."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import groupby

import attrs
from hypothesis.errors import HypothesisException

from ackproof.model.naming import record_name
from ackproof.testing.configured import Configured
from ackproof.testing.moves import APPEND, CRASH, Call, Ending, Move, Scene, dying, given_up, moves
from ackproof.testing.record import Record
from ackproof.testing.sink import Kept, listed

Process = Callable[[Record], object]
REST = "from here on nothing goes wrong:"
MOST_STEPS_TO_REST = 200
"""After the last fault: far more than it takes."""

MOST_FAILURES = 10
"""In a row, of the function without a fault: it fails for ever."""


class DeliveryError(AssertionError):
    """The sink does not keep what was claimed; the message tells the execution that leads there."""


class ProcessDied(BaseException):  # it is no error, and nothing that handles errors is to see it
    """The process dies at a crash point."""


@attrs.define
class Run:
    """
    What has happened, and what can happen now.

    Attributes:
        start: Starts a process of the application.
        kept: What the sink keeps.
        values: Those of the records.
        crash_in: At which crash point from now on the process dies; 0 for none.
        processes: Those that run, by their consumers.
        told: What has happened, in sentences.
        dead: The values that went to the dead letter topic.
        raised: What the function raised last, if it has not returned since.
        calls: How often the function was called.
        failures: How often it has raised since.
        is_broken: Something was found, or went wrong in the user's own code.
    """

    configured: Configured
    start: Callable[[], Process]
    kept: Callable[[], Iterable[Hashable]]
    values: Sequence[Hashable]
    scene: Scene = attrs.field(init=False)
    sink: Kept = attrs.field(init=False)
    crash_in: int = 0
    processes: dict[int, Process] = attrs.field(factory=dict[int, Process])
    told: list[str] = attrs.field(factory=list[str])
    dead: list[Hashable] = attrs.field(factory=list[Hashable])
    raised: Exception | None = None
    calls: int = 0
    failures: int = 0
    is_broken: bool = False

    def __attrs_post_init__(self) -> None:
        self.scene = Scene(self.configured.system, self.configured.system.first_state)
        self.sink = Kept(self.values, self.configured.claims)

    def moves(self) -> list[Move]:
        """Everything that can happen now, faults last."""
        known = self.configured.known
        if self.scene.state not in known:
            known[self.scene.state] = moves(self.scene)
        return known[self.scene.state]

    def take(self, move: Move) -> None:
        """
        Let something happen.

        Raises:
            DeliveryError: That breaks a claim.
        """
        __tracebackhide__ = True
        self.is_broken = True
        if move.call:
            self.call(move, move.call)
        else:
            self.go_on(move.says, move.fault, Scene(self.scene.system, move.state))
        for index in move.killed:
            self.processes.pop(index, None)
        for index in move.closed:
            close(self.processes.pop(index, None))
        self.look()
        self.is_broken = False

    def call(self, move: Move, call: Call) -> None:
        """Call the function, and go on as it ends."""
        __tracebackhide__ = True
        process = self.processes.get(call.index) or self.processes.setdefault(call.index, self.start())
        offset, number = call.held
        before = self.scene
        self.calls += 1
        try:
            process(Record(self.values[number], offset))
        except ProcessDied:
            says, state = next(dying(before, call.index, f"{call.name} and dies within", CRASH))
            self.ended(call, "crashes")
            self.go_on(says, CRASH, Scene(before.system, state))
        except HypothesisException:
            raise
        except Exception as raised:
            self.raised, self.failures = raised, self.failures + 1
            says, state, ending = next(given_up(before, call, f"{call.name}: {raised!r}"))
            self.ended(call, ending)
            self.go_on(says, None, Scene(before.system, state))
        else:
            self.raised, self.failures = None, 0
            self.ended(call, move.ending)
            self.go_on(move.says, move.fault, Scene(before.system, move.state))

    def ended(self, call: Call, ending: Ending) -> None:
        """What comes of a call beside the sink."""
        if ending == "crashes":
            self.processes.pop(call.index, None)
        if ending == "dead-letters":
            self.dead.append(self.values[call.held[1]])

    def go_on(self, says: str, fault: str | None, scene: Scene) -> None:
        """Note what has happened."""
        self.told.append(f"{says}  [{fault}]" if fault else says)
        self.scene = scene

    def look(self) -> None:
        """
        Hold what the sink keeps against what is claimed.

        Raises:
            DeliveryError: A claim is broken.
        """
        __tracebackhide__ = True
        self.sink.look([*self.kept(), *self.dead])
        for claim, how in self.sink.broken():
            raise DeliveryError(self.story(claim, how)) from self.raised

    def come_to_rest(self) -> None:
        """
        Go on without faults until nothing more happens, each thing in its turn, and end in an orderly way.

        Raises:
            DeliveryError: Something was lost, or is tried for ever.
        """
        __tracebackhide__ = True
        self.told.append(REST)
        self.crash_in = 0
        times = Counter[str]()
        for _ in range(MOST_STEPS_TO_REST):
            possible = [move for move in self.moves() if move.fault is None and move.name != APPEND]
            if not possible or self.failures > MOST_FAILURES:
                break
            move = min(possible, key=lambda move: times[move.name])
            times[move.name] += 1
            self.take(move)
        else:
            return  # It goes on for ever, and what is not kept by now may be read at last.
        for index in sorted(self.processes):
            close(self.processes.pop(index))
        self.look()
        for claim, how in self.sink.lost(self.scene.log.end):
            raise DeliveryError(self.story(claim, how)) from self.raised

    def story(self, claim: str, how: str) -> str:
        """How a claim is broken: what was to be, what happened, what there is at the end."""
        return "\n".join([f"{claim} does not hold: {how}", *self.names(), *numbered(self.told), self.ending()])

    def names(self) -> Iterator[str]:
        """Which record has which value, where that is not its name."""
        pairs = [(record_name(number), value) for number, value in enumerate(self.values)]
        if any(name != value for name, value in pairs):
            yield f"     {', '.join(f'{name} is {value!r}' for name, value in pairs)}"

    def ending(self) -> str:
        """What there is at the end."""
        committed = self.scene.group.committed
        group = "nothing" if committed is None else f"offset {committed}"
        keeps = listed([f"{value} × {count}" for value, count in self.sink.counts.items()]) or "nothing"
        return f"at the end the sink keeps {keeps}; the group has committed {group}"


def numbered(told: Iterable[str]) -> Iterator[str]:
    """What has happened, with numbers, each sentence once however often it is true in a row."""
    number = 0
    for says, same in groupby(told):
        times = len(list(same))
        number += says != REST
        yield f"{'' if says == REST else number:4} {says}{f' (× {times})' if times > 1 else ''}"


def close(process: object) -> None:
    """End a *process* in an orderly way, if it knows one."""
    ending = getattr(process, "close", None)
    if callable(ending):
        ending()
