"""The graph of a system's states as arrays: what is true of each state, and the transitions between some of them."""

from collections.abc import Mapping

import attrs
import numpy as np

from ackproof.search.index import Flags, Index, Numbers
from ackproof.search.questions import Question, Questions
from ackproof.search.values import Column


class Answers:
    """All that one question was answered, for many states at once. It has been asked in each of them."""

    def __init__(self, question: Question, guards: Mapping[int, Column]) -> None:
        self.question = question
        self.counts = np.array(question.counts, np.int64)
        self.starts = np.cumsum(self.counts) - self.counts
        self.after = np.array(question.after, np.int64).reshape(int(self.counts.sum()), len(question.written))
        self.index = Index(np.array(question.seen, np.int64).reshape(len(self.counts), len(question.eyes)))
        self.guards = [(component, allowing(column, question.place)) for component, column in guards.items()]

    def open(self, rows: Numbers) -> Numbers:
        """The places of the states that no guard rules out."""
        is_open = np.ones(len(rows), np.bool_)
        for component, allows in self.guards:
            is_open &= allows[rows[:, component]]
        return np.flatnonzero(is_open)

    def find(self, rows: Numbers) -> Numbers:
        """Which answer each state has."""
        seen = np.empty((len(rows), len(self.question.eyes)), np.int64)
        for number, eye in enumerate(self.question.eyes):
            values = rows[:, eye.component]
            seen[:, number] = values if eye.shown is None else np.array(eye.shown, np.int64)[values]
        places = self.index.find(seen)
        assert (places >= 0).all(), f"{self.question.bound.reading} was not asked in every state"
        return places

    def outcomes(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """Every outcome in every state, in the order of both: the place of the state, the number of the outcome."""
        able = self.open(rows)
        answers = self.find(rows[able])
        counts = self.counts[answers]
        before = np.cumsum(counts) - counts
        first = np.repeat(self.starts[answers] - before, counts)
        return np.repeat(able, counts), first + np.arange(len(first))

    def targets(self, questions: Questions, sources: Numbers, outcomes: Numbers) -> Numbers:
        """The states that *outcomes* make of *sources*, an outcome for each."""
        after = sources.copy()
        if self.question.cost is not None:
            budgets = after[:, questions.budget]
            after[:, questions.budget] = np.array(self.question.cost, np.int64)[budgets]
        for number, place in enumerate(self.question.written):
            after[:, self.question.eyes[place].component] = self.after[outcomes, number]
        return after


def allowing(column: Column, place: int) -> Flags:
    """For each value of a guarded component, whether it allows the question at that place."""
    return np.array([bits >> place & 1 for bits in column], np.bool_)


def true_of(questions: Questions, place: int, rows: Numbers) -> Flags:
    """In which states the statement at that place is true; a state that a guard rules out satisfies it."""
    answers = Answers(questions.statements[place], questions.suspected)
    is_true = np.ones(len(rows), np.bool_)
    asked = answers.open(rows)
    is_true[asked] = answers.counts[answers.find(rows[asked])] > 0
    return is_true


@attrs.frozen(eq=False)
class Graph:
    """
    Some states, and the transitions from one of them to another.

    Attributes:
        rows: For each state the numbers of its components' values (``Questions``).
        index: Finds a state by its row.
        can: For each action, in which states it has an outcome, wherever that leads.
        source, action, target: For each transition, in the order of states, actions and outcomes. An outcome that
            changes nothing is a transition too.
    """

    rows: Numbers
    index: Index
    can: tuple[Flags, ...]
    source: Numbers
    action: Numbers
    target: Numbers


def graph_of(questions: Questions, rows: Numbers) -> Graph:
    """The graph of the states *rows*, each of which has been expanded."""
    index = Index(rows)
    can: list[Flags] = []
    edges: list[Numbers] = [np.zeros((3, 0), np.int64)]
    for question in questions.actions:
        answers = Answers(question, questions.guarded)
        source, outcome = answers.outcomes(rows)
        target = index.find(answers.targets(questions, rows[source], outcome))
        edge = np.stack([source, np.full_like(source, question.place), target])
        edges.append(edge[:, target >= 0])
        can.append(np.bincount(source, minlength=len(rows)) > 0)
    source, action, target = np.concatenate(edges, axis=1)
    order = np.argsort(source, kind="stable")
    return Graph(rows, index, tuple(can), source[order], action[order], target[order])
