"""A state machine that drives a user's own processing function through everything that can happen to a consumer."""

import inspect
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar, cast

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ackproof.model.naming import record_name
from ackproof.testing.configured import Document, configured_by
from ackproof.testing.moves import CRASH, Move
from ackproof.testing.record import Record
from ackproof.testing.run import Process, ProcessDied, Run

PHASES = tuple(phase for phase in Phase if phase is not Phase.explain)
MOST_CHOICES = 1024
MOST_CALLS, MOST_CALM_STEPS, MOST_CRASH_POINTS = 3, 7, 3
TROUBLE = st.tuples(st.integers(0, MOST_CALLS), st.integers(0, MOST_CALM_STEPS), st.integers(0, MOST_CRASH_POINTS))
"""When something goes wrong: how many calls after the last time, how many steps after those, at which crash point."""

Trouble = tuple[int, int, int]
TROUBLES = st.lists(TROUBLE, min_size=1, max_size=4)


class ProcessingMachine(RuleBasedStateMachine):
    """
    Calls your processing function as a consumer would, and checks what your sink keeps.

    Give it a pipeline, and override ``process`` (or ``start``) and ``kept``. What happens is the consume half of the
    model under the configuration of that pipeline: polls, commits, rebalances, crashes, redeliveries. Hypothesis looks
    for a schedule under which a claim of the pipeline is broken, and shrinks it. Its ``TestCase`` is a test.

    Attributes:
        pipeline: A pipeline file (a relative path is one beside the file of the class), a document in the words of
            one, or a strategy of either.
        workload: The values of the records, all different, or a strategy of them; None for r1, r2 and so on, as many
            as the pipeline says.

    It draws schedules at random, so that finding none proves nothing; ``ackproof verify`` judges the configuration.

    The log is durable: what a producer does to it is no part of this. Offsets that are committed in transactions, or
    kept by the sink, are refused.
    """

    pipeline: ClassVar[object]
    workload: ClassVar[object] = None

    def __init_subclass__(cls) -> None:
        """One story, without what Hypothesis says of lines of the model."""
        cls.TestCase.settings = settings(cls.TestCase.settings, phases=PHASES, report_multiple_bugs=False)

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self._troubles: list[Trouble] = []
        self._calm_steps = self._calls_before = 0
        self._has_crash_points = True

    def process(self, record: Record) -> object:
        """Your function: whatever it raises is a failure, which ``on_processing_failure`` of the pipeline answers."""
        raise NotImplementedError("override process, or start")

    def start(self) -> Process:
        """
        A new process of your application: its processing function.

        What it keeps in memory is gone when the process dies. If it has a method ``close``, that is called when the
        process ends in an orderly way.
        """
        return self.process

    def kept(self) -> Iterable[Hashable]:
        """What the sink keeps: the value of each record, as often as it counts."""
        raise NotImplementedError("override kept")

    def crash_point(self) -> None:
        """Call it where your process may die, for example between two effects; sometimes it does."""
        if self._run and self._run.crash_in and self._run.scene.can(CRASH):
            self._run.crash_in -= 1
            if self._run.crash_in == 0:
                raise ProcessDied

    @initialize(data=st.data(), troubles=TROUBLES)
    def begin(self, data: st.DataObject, troubles: list[Trouble]) -> None:
        """Choose the configuration and the workload, where they are strategies, and when something goes wrong."""
        pipeline = cast("str | Path | Document", drawn(data, self.pipeline, "pipeline"))
        workload = cast("Sequence[Hashable] | None", drawn(data, self.workload, "workload"))
        if isinstance(pipeline, str | Path):
            pipeline = Path(inspect.getfile(type(self))).parent / pipeline
        configured = configured_by(pipeline, None if workload is None else len(workload))
        values = workload or [record_name(number) for number in range(configured.records)]
        self._run = Run(configured, self.start, self.kept, values)
        self._troubles = troubles

    @rule(choice=st.integers(0, MOST_CHOICES - 1))
    def step(self, choice: int) -> None:
        """Let one of the things happen that can happen now, a fault if it is time for one."""
        __tracebackhide__ = True
        assert self._run is not None
        moves = self._run.moves()
        possible = [move for move in moves if move.fault is None]
        if self._is_time():
            possible = self._trouble(self._run, moves) or possible
        if possible:
            calls, crash_in = self._run.calls, self._run.crash_in
            self._run.take(possible[choice % len(possible)])
            if crash_in and crash_in == self._run.crash_in and self._run.calls > calls:
                # It has no crash points: another fault is to happen.
                self._run.crash_in, self._has_crash_points = 0, False
                self._troubles = [(0, 0, 0), *self._troubles]

    def _is_time(self) -> bool:
        """Whether the next thing is to go wrong; else another calm step has come."""
        if not self._troubles or self._run is None:
            return False
        calls, steps, _ = self._troubles[0]
        if self._run.calls - self._calls_before < calls:
            return False
        self._calm_steps += 1
        return self._calm_steps > steps

    def _trouble(self, run: Run, moves: list[Move]) -> list[Move]:
        """Which fault may happen now; none if the process is to die within a call, or while there is none."""
        *_, crash_point = self._troubles[0]
        dies_within = crash_point > 0 and self._has_crash_points and run.scene.can(CRASH)
        faults = [] if dies_within else [move for move in moves if move.fault]
        if dies_within or faults:
            run.crash_in = crash_point if dies_within else 0
            self._troubles, self._calm_steps, self._calls_before = self._troubles[1:], 0, run.calls
        return faults

    def teardown(self) -> None:
        """Whatever has happened, nothing is lost once the faults are over."""
        __tracebackhide__ = True
        if self._run and not self._run.is_broken:
            self._run.come_to_rest()


def drawn(data: st.DataObject, given: object, label: str) -> object:
    """What was given, or one of what it describes."""
    return data.draw(cast("st.SearchStrategy[object]", given), label) if isinstance(given, st.SearchStrategy) else given
