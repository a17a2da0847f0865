"""
Partial order: in a state only some of the enabled actions need to be taken (stubborn sets, for safety).

Two actions *conflict* if one may write what the other looks at. A set of actions is stubborn in a state if with each
enabled member it has all that conflict with it, and with each disabled one all that may enable it: those that may write
the component of one guard that rules it out, or if none does, anything that it looks at. An action outside can then
neither enable, disable nor change a member, so a member that is taken later may as well be taken at once. A set is
taken instead of all enabled actions only if none of its enabled members may write what a property looks at, so that
properties do not notice either.

Why this finds every violation, and every condition that is looked for: take an execution *w* from an expanded state to
one that properties care about. If an action of *w* is in the set that was taken there, the first such one can go first:
what is left of *w* is one step shorter. If none is, any enabled member can go before *w* and properties do not notice;
follow the one that leads to a *new* state, one known neither from this level nor an earlier one. A set that has none is
not taken but all enabled actions are. Levels strictly increase along the new states and there are finitely many, so
after some steps all enabled actions are taken, and *w* gets shorter after all. What is new depends on the level but not
on the order in which its states are expanded, hence neither on the loop nor on workers. A violation found this way may
not be a shortest one, and the search to a depth covers less.

With urgency, states with an enabled urgent action are expanded as without this reduction. In all others an action that
may write what an urgent one looks at may hold up any other, so it conflicts with every action. Actions outside a
stubborn set then never enable an urgent one. An urgent action among those that an ordinary one conflicts with is
disabled in such a state, and treated as such.
"""

from collections.abc import Iterable, Sequence

import attrs

from ackproof.search.questions import Question, Questions

Bits = int
"""Actions, or components: a bit for each place."""


@attrs.frozen
class Footprint:
    """
    What an action depends on and changes, as bits of components.

    Attributes:
        looks: At what it looks, its guards included.
        writes: What it may change of that.
        pays: The budget, if it is a fault.
        guards: What its guards look at, and the budget if it is a fault.
    """

    looks: Bits
    writes: Bits
    pays: Bits
    guards: Bits

    @classmethod
    def of(cls, question: Question, questions: Questions) -> "Footprint":
        """The footprint of an action."""
        pays = 0 if question.cost is None else 1 << questions.budget
        guards = (questions.place[part.component] for part in question.bound.parts if part.guard is not None)
        return cls(
            bits(eye.component for eye in question.eyes),
            bits(question.eyes[place].component for place in question.written),
            pays,
            bits(guards) | pays,
        )

    def conflicts(self, other: "Footprint") -> bool:
        """Whether one of the two may change what the other depends on."""
        mine, its = self.writes | self.pays, other.writes | other.pays
        return bool(mine & (other.looks | other.pays) or its & (self.looks | self.pays))

    def enables(self, other: "Footprint", components: Bits) -> bool:
        """Whether it may change what *other* waits for in *components*; a budget that shrinks is awaited by nobody."""
        return bool((self.writes | self.pays & other.looks) & components)


class Stubborn:
    """
    Which actions to take in a state.

    Attributes:
        conflicts: For each action, those that conflict with it.
        guards: For each action, what may rule it out: the place of a component in ``Questions.guarded``, and the
            actions that may end that. What few may end comes first.
        enablers: For each action, those that may change anything that it looks at.
        visible: The actions that may change what a statement looks at.
    """

    def __init__(self, questions: Questions) -> None:
        prints = [Footprint.of(question, questions) for question in questions.actions]
        seen = bits(eye.component for statement in questions.statements for eye in statement.eyes)
        self.visible = numbered((its.writes | its.pays) & seen for its in prints)
        self.conflicts = conflicts(prints, questions.system.urgent)
        self.enablers = [enablers(prints, its, its.looks) for its in prints]
        self.guards = [guards(prints, its, tuple(questions.guarded)) for its in prints]
        self._known: dict[tuple[Bits, ...], Bits] = {}

    def chosen(self, enabled: Bits, allows: Sequence[Bits]) -> Bits:
        """
        The enabled members of a stubborn set that properties do not notice, as few as possible; else all.

        Of several such sets it is the one around the first action.

        Args:
            enabled: The actions that have an outcome.
            allows: For each component of ``Questions.guarded``, the actions that its value allows.
        """
        state = (enabled, *allows)
        known = self._known.get(state)
        if known is None:
            known = self._known[state] = self._fewest(enabled, allows)
        return known

    def _fewest(self, enabled: Bits, allows: Sequence[Bits]) -> Bits:
        fewest = enabled
        for place in places(enabled & ~self.visible):
            around = self.around(place, enabled, allows) & enabled
            if not around & self.visible and around.bit_count() < fewest.bit_count():
                fewest = around
        return fewest

    def around(self, place: int, enabled: Bits, allows: Sequence[Bits]) -> Bits:
        """The least set with an action that is stubborn if each disabled member waits for the first of its guards."""
        members, todo = 1 << place, [place]
        while todo:
            member = todo.pop()
            needed = self.conflicts[member] if enabled >> member & 1 else self._awaited(member, allows)
            todo += places(needed & ~members)
            members |= needed
        return members

    def _awaited(self, disabled: int, allows: Sequence[Bits]) -> Bits:
        """The actions that may enable a *disabled* one."""
        closed = (enabling for guard, enabling in self.guards[disabled] if not allows[guard] >> disabled & 1)
        return next(closed, self.enablers[disabled])


def conflicts(prints: list[Footprint], urgent: Iterable[int]) -> list[Bits]:
    """For each action, those that conflict with it."""
    holding_up = 0
    for its in (prints[place] for place in urgent):
        holding_up |= enablers(prints, its, its.looks | its.pays)
    everything = (1 << len(prints)) - 1
    return [
        everything if holding_up >> place & 1 else holding_up | numbered(its.conflicts(other) for other in prints)
        for place, its in enumerate(prints)
    ]


def enablers(prints: list[Footprint], disabled: Footprint, components: Bits) -> Bits:
    """The actions that may enable *disabled* if it waits for a change of *components*."""
    return numbered(its.enables(disabled, components) for its in prints)


def guards(prints: list[Footprint], its: Footprint, guarded: tuple[int, ...]) -> list[tuple[int, Bits]]:
    """For each of the *guarded* components that may rule an action out, what may end that; fewest first."""
    of_its = [
        (number, enablers(prints, its, 1 << component))
        for number, component in enumerate(guarded)
        if its.guards >> component & 1
    ]
    return sorted(of_its, key=lambda guard: guard[1].bit_count())


def bits(numbers: Iterable[int]) -> Bits:
    """A bit for each of the numbers."""
    return sum(1 << number for number in set(numbers))


def numbered(said: Iterable[object]) -> Bits:
    """A bit for the number of each that is true."""
    return bits(number for number, is_so in enumerate(said) if is_so)


def places(of: Bits) -> list[int]:
    """The places of the bits."""
    return [place for place in range(of.bit_length()) if of >> place & 1]
