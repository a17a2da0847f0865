"""What can happen next around a processing function: the steps of the consume half, in which it is really called."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Literal, cast

import attrs

from ackproof.model.consume import failing, processing, processing_failures, reading
from ackproof.model.consume.consumer import Consumer, Consumers, Held, named, replaced
from ackproof.model.consume.log import Group, History, Log, Memory, noted
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.naming import record_name
from ackproof.model.system import Next, State, System, steps

APPEND = reading.append.name
CRASH, FAILURE = "consumer-crash", "processing-fails"
OWN = (
    processing.process.name,
    failing.consumer_crash.name,
    processing_failures.processing_fails.name,
    processing_failures.failure_crashes.name,
)
"""Actions of the model that are made anew here, so that it is known whose function is called and which process dies."""

STOPPING, CLOSING = ("member stops",), ("member leaves", "offsets expired")
"""Actions in which processes end, without a word or in an orderly way."""

Ending = Literal["knows", "retries", "skips", "dead-letters", "crashes"]
"""What an application does once its function has returned: it goes on, or something has failed that it did not see."""


@attrs.frozen
class Call:
    """
    A consumer's application processes a record.

    Attributes:
        present, done: The consumer before it, and once it is done with the record.
    """

    index: int
    held: Held
    present: Consumer
    done: Consumer

    @property
    def name(self) -> str:
        """Who processes what."""
        return f"{named(self.index)} processes {record_name(self.held[1])}"


@attrs.frozen
class Move:
    """
    Something that can happen.

    Attributes:
        name: Of the action.
        says: What happens, in a sentence.
        state: The state after it.
        call: The record that is processed in it, if one is.
        ending: What the application does after that.
        killed: Whose process dies.
        closed: Whose process ends in an orderly way.
    """

    name: str
    says: str
    state: State
    fault: str | None = None
    call: Call | None = None
    ending: Ending = "knows"
    killed: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()


@attrs.frozen
class Scene:
    """A state of the consume half, by its parts."""

    system: System
    state: State

    def part(self, name: str) -> Hashable:
        """A component."""
        return self.system.named(self.state)[name]

    @property
    def rules(self) -> ConsumerRules:
        """The consumer as configured."""
        return cast("ConsumerRules", self.system.rules["consumer"])

    @property
    def memory(self) -> Memory:
        """What of the history matters."""
        return cast("Memory", self.system.rules["memory"])

    @property
    def consumers(self) -> Consumers:
        """All instances."""
        return cast("Consumers", self.part("consumers"))

    @property
    def history(self) -> History:
        """What was processed."""
        return cast("History", self.part("history"))

    @property
    def log(self) -> Log:
        """The log."""
        return cast("Log", self.part("log"))

    @property
    def group(self) -> Group:
        """What the group coordinator keeps."""
        return cast("Group", self.part("group"))

    def can(self, fault: str) -> bool:
        """Whether a *fault* of that kind may happen here, and the budget has one left."""
        return any(act.fault == fault for act in self.system.actions) and self.left(fault) is not None

    def left(self, fault: str) -> Faults | None:
        """What is left of the budget after a *fault*."""
        return cast("Faults", self.part(FAULTS)).without(fault)

    def after(self, fault: str | None = None, **changes: Hashable) -> State:
        """The state after some *changes*, and a *fault* if it was one."""
        paid = {FAULTS: self.left(fault)} if fault else {}
        return tuple({**self.system.named(self.state), **changes, **paid}.values())


def moves(scene: Scene) -> list[Move]:
    """Everything that can happen: what goes on first, then more records, then faults. Shrinking prefers the first."""
    found = [*of_model(scene), *of_application(scene), *crashes(scene)]
    return sorted(found, key=lambda move: (move.fault is not None, move.name == APPEND))


def of_model(scene: Scene) -> Iterator[Move]:
    """What the consume half does but for what is made anew here."""
    for step in steps(scene.system, scene.state):
        name = step.action.name
        if name not in OWN:
            ended = gone(scene.consumers, Scene(scene.system, step.state).consumers)
            killed = ended if name in STOPPING else frozenset[int]()
            closed = ended if name in CLOSING else frozenset[int]()
            yield Move(name, step.says, step.state, step.action.fault, killed=killed, closed=closed)


def gone(before: Consumers, after: Consumers) -> frozenset[int]:
    """Who is not in the group any more."""
    out = ("out", "absent", "stopped")
    pairs = enumerate(zip(before, after, strict=True))
    return frozenset(index for index, (was, now) in pairs if was.status not in out and now.status in out)


def calls(scene: Scene) -> Iterator[Call]:
    """Each record that some application may process now."""
    in_flight_max = cast("int", scene.system.rules["in_flight_max"])
    for index, present in enumerate(scene.consumers):
        for held, after in processing.taken(scene.rules, present):
            yield Call(index, held, present, processing.finished(scene.rules, in_flight_max, after))


def of_application(scene: Scene) -> Iterator[Move]:
    """Each record that may be processed: the application learns that it is, or something fails."""
    for call in calls(scene):
        yield Move(OWN[0], call.name, processed(scene, call), call=call)
        if scene.can(FAILURE):
            yield from failures(scene, call)


def failures(scene: Scene, call: Call) -> Iterator[Move]:
    """
    What fails that the function does not show.

    The sink has the record and the application does not learn it; one that skips what fails loses nothing by that, so
    there nothing came of the record.
    """
    skips = scene.rules.on_processing_failure == "skip"
    why = f"{call.name}, in vain" if skips else f"{call.name}, and takes it for failed"
    for says, state, ending in given_up(scene, call, why, FAILURE):
        killed = frozenset({call.index}) if ending == "crashes" else frozenset[int]()
        yield Move("processing fails", says, state, FAILURE, None if skips else call, ending, killed)


def processed(scene: Scene, call: Call) -> State:
    """The state once the application has processed a record."""
    history = noted(scene.history, call.held[1], scene.memory)
    return scene.after(consumers=replaced(scene.consumers, call.index, call.done), history=history)


def given_up(scene: Scene, call: Call, why: str, fault: str | None = None) -> Iterator[tuple[str, State, Ending]]:
    """What an application does with a record that it could not process."""
    match scene.rules.on_processing_failure:
        case "retry":
            yield f"{why}; it tries again", scene.after(fault), "retries"
        case "skip":
            after = replaced(scene.consumers, call.index, call.done)
            yield f"{why}; it skips it", scene.after(fault, consumers=after), "skips"
        case "dead-letter":
            after = replaced(scene.consumers, call.index, call.done)
            yield f"{why}; it sends it to the dead letter topic", scene.after(fault, consumers=after), "dead-letters"
        case "stop":
            saved, group = processing_failures.closed(scene.rules, call.index, call.present, scene.group)
            for says, state in dying(scene, call.index, f"{why} and stops{saved}", fault, group):
                yield says, state, "crashes"
        case "crash":
            for says, state in dying(scene, call.index, f"{why} and crashes", fault):
                yield says, state, "crashes"


def crashes(scene: Scene) -> Iterator[Move]:
    """A process dies between two records."""
    if scene.can(CRASH):
        for index, consumer in enumerate(scene.consumers):
            if failing.can_crash(consumer):
                why = f"{named(index)} crashes{failing.losing(consumer)}"
                for says, state in dying(scene, index, why, CRASH):
                    yield Move("consumer crash", says, state, CRASH, killed=frozenset({index}))


def dying(
    scene: Scene, index: int, why: str, fault: str | None = None, group: Group | None = None
) -> Iterator[tuple[str, State]]:
    """What becomes of a process that dies, and of the *group* as it was left."""
    left = scene.group if group is None else group
    outcomes: Iterable[Next] = failing.crashed(scene.rules, scene.consumers, left, index, why)
    for outcome in outcomes:
        yield outcome.says, scene.after(fault, **{"group": left, **outcome.changes})
