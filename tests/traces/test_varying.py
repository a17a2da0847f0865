"""Executions that are nearly a given one."""

from ackproof.config.inquiries import Inquiry, inquiries
from ackproof.config.reading import pipeline_in
from ackproof.model.system import Step, steps
from ackproof.reports.story.telling import told
from ackproof.search.explorer import explore
from ackproof.traces.trace import Trace, replay
from ackproof.traces.varying import apart, in_one_go, without

PIPELINE = {
    "kafka": "4.3",
    "topic": {"replication.factor": "3", "min.insync.replicas": "2"},
    "producer": {"client": "java", "config": {"acks": "1"}},
    "faults": {"at_most": 1, "kinds": ["broker-crash"]},
}


def lost() -> tuple[Inquiry, Trace]:
    """An execution that loses a record, and the search that found it."""
    (inquiry,) = inquiries(pipeline_in(PIPELINE), "no-loss")
    found = explore(inquiry.system(False), inquiry.holds).violation
    assert found is not None
    return inquiry, found


def is_kept(inquiry: Inquiry, trace: Trace) -> bool:
    """Whether the claim is true at the end of an execution."""
    return inquiry.holds({**inquiry.system(False).rules, **trace.last})


def test_without_its_fault_an_execution_breaks_nothing() -> None:
    inquiry, trace = lost()
    fault = next(number for number, step in enumerate(trace.steps) if step.action.fault)

    other = without(inquiry.system(False), trace, fault)

    assert not is_kept(inquiry, trace)
    assert is_kept(inquiry, other)
    assert [step.action.name for step in other.steps] == ["send", "append", "answer"]


def test_steps_that_depend_on_the_one_left_out_are_left_out_too() -> None:
    inquiry, trace = lost()

    assert [step.action.name for step in without(inquiry.system(False), trace, 0).steps] == ["broker crash", "notice"]


def test_commuting_steps_are_told_actor_by_actor() -> None:
    inquiry, trace = lost()
    pipeline = pipeline_in({**PIPELINE, "faults": {"at_most": 0}})
    (quiet,) = inquiries(pipeline, "no-loss")
    system = quiet.system(False)
    interleaved = explored(quiet, ["send", "append", "send", "answer", "append"])

    ordered = in_one_go(system, interleaved, [move.source for move in told(interleaved).moves])

    assert ordered.states[-1] == interleaved.states[-1]
    assert [step.action.name for step in ordered.steps] == ["send", "send", "append", "answer", "append"]
    assert replay(system, ordered).states == ordered.states
    assert in_one_go(inquiry.system(False), trace, [move.source for move in told(trace).moves]) == trace


def explored(inquiry: Inquiry, names: list[str]) -> Trace:
    """The execution that takes the first step of each of these names."""
    system = apart(inquiry.system(False))
    state, taken = system.first_state, list[Step]()
    for name in names:
        step = next(step for step in steps(system, state) if step.action.name == name)
        taken.append(step)
        state = step.state
    return Trace(tuple(system.initial), system.first_state, tuple(taken))
