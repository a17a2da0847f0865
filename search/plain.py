"""The search loop in plain Python, over the tables that the compiled one uses too: at once ready, and for any width."""

from collections.abc import Callable, Iterable, Iterator

from ackproof.search.exchange import Exchanges
from ackproof.search.exploration import Ended
from ackproof.search.images import Images
from ackproof.search.memory import plain_megabytes
from ackproof.search.questions import Question, Questions
from ackproof.search.stubborn import Stubborn
from ackproof.search.values import Column

Packed = int
"""A state: the numbers of its components' values side by side, ``WIDTH`` bits each."""

WIDTH = 24
FIELD = (1 << WIDTH) - 1


class Table:
    """What one question was answered, by the bits of a state that it depends on."""

    def __init__(self, question: Question, components: int) -> None:
        self.question = question
        self.whole = 0
        self.views: list[tuple[int, int, Column]] = []
        for eye in question.eyes:
            if eye.shown is None:
                self.whole |= FIELD << (WIDTH * eye.component)
            else:
                self.views.append((WIDTH * eye.component, WIDTH * (components + len(self.views)), eye.shown))
        self.known: dict[int, tuple[int, ...]] = {}
        self.fired = 0
        for seen, answer in question.answers():
            self.known[self.key_of(seen)] = self.changes(seen, answer)

    def key(self, state: Packed) -> int:
        """The bits of *state* that are seen whole, and above them what views show."""
        key = state & self.whole
        for shift, place, shown in self.views:
            key |= shown[state >> shift & FIELD] << place
        return key

    def key_of(self, seen: tuple[int, ...]) -> int:
        """The key of a state of which the question sees that."""
        eyes = zip(self.question.eyes, seen, strict=True)
        key = sum(
            {eye.component: number << WIDTH * eye.component for eye, number in eyes if eye.shown is None}.values()
        )
        shown = [number for eye, number in zip(self.question.eyes, seen, strict=True) if eye.shown is not None]
        return key + sum(number << place for (_, place, _), number in zip(self.views, shown, strict=True))

    def changes(self, seen: tuple[int, ...], answer: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
        """What each outcome flips in a state of which the question sees that."""
        written = [(seen[place], WIDTH * self.question.eyes[place].component) for place in self.question.written]
        return tuple(
            sum((before ^ number) << shift for (before, shift), number in zip(written, after, strict=True))
            for after in answer
        )

    def seen(self, state: Packed) -> tuple[int, ...]:
        """What the question sees of *state*."""
        numbers = ((eye, state >> WIDTH * eye.component & FIELD) for eye in self.question.eyes)
        return tuple(number if eye.shown is None else eye.shown[number] for eye, number in numbers)


class Plain:
    """
    A search in plain Python, as far as it has come.

    Attributes:
        levels: The states at each depth; the last level is not expanded yet.
        passing: How many states urgent actions leave at once.
        stays_plain: The compiled loop can not go on with it: it is too wide, or a reduction runs here only.
    """

    def __init__(self, questions: Questions) -> None:
        self.questions = questions
        self.tables = [Table(question, len(questions.names)) for question in questions.actions]
        self.statements = [Table(question, len(questions.names)) for question in questions.statements]
        self.guarded = [(WIDTH * place, column) for place, column in questions.guarded.items()]
        self.suspected = [(WIDTH * place, column) for place, column in questions.suspected.items()]
        self.urgent = sum(1 << place for place in questions.system.urgent)
        self.chosen: dict[int, list[Table]] = {}
        self.images = images(questions)
        self.first = self.pack(questions.first)
        self.visited = {self.first}
        self.levels = [[self.first]]
        self.passing = 0
        self.stays_plain = self.images is not None

    def pack(self, row: Iterable[int]) -> Packed:
        """The state of these numbers, or what stands for it where names are exchanged."""
        state = sum(number << WIDTH * place for place, number in enumerate(row))
        return state if self.images is None else self.images.least(state)

    def row(self, state: Packed) -> tuple[int, ...]:
        """The numbers in *state*."""
        return tuple(state >> WIDTH * place & FIELD for place in range(len(self.questions.names)))

    @property
    def states(self) -> int:
        """How many states are known."""
        return len(self.visited)

    @property
    def megabytes(self) -> int:
        """How much memory its states take, about."""
        return plain_megabytes(self.states)

    @property
    def sizes(self) -> list[int]:
        """How many states each level has."""
        return [len(level) for level in self.levels]

    @property
    def fired(self) -> list[int]:
        """How many transitions each action gave."""
        return [table.fired for table in self.tables]

    def after(self, state: Packed) -> tuple[list[Packed], bool]:
        """Every state one step after *state*, and whether urgent actions alone lead there."""
        allowed = (1 << len(self.tables)) - 1
        for shift, allows in self.guarded:
            allowed &= allows[state >> shift & FIELD]
        if allowed & self.urgent and (found := self._after(allowed & self.urgent, state)):
            return found, True
        return self._after(allowed & ~self.urgent, state), False

    chosen_after = after
    """The states after *state* that a search goes on with."""

    def _after(self, allowed: int, state: Packed) -> list[Packed]:
        found: list[Packed] = []
        for table in self.chosen.get(allowed) or self._choose(allowed):
            key = table.key(state) if table.views else state & table.whole
            changes = table.known.get(key)
            if changes is None:
                changes = table.known[key] = self._ask(table, state)
            if changes:
                table.fired += len(changes)
                cost = self._cost(table.question, state) if table.question.cost else 0
                found += [state ^ change ^ cost for change in changes]
        return found if self.images is None else list(map(self.images.least, found))

    def _choose(self, allowed: int) -> list[Table]:
        chosen = self.chosen[allowed] = [table for place, table in enumerate(self.tables) if allowed >> place & 1]
        return chosen

    def _cost(self, question: Question, state: Packed) -> int:
        assert question.cost is not None
        shift = WIDTH * self.questions.budget
        budget = state >> shift & FIELD
        return (budget ^ question.cost[budget]) << shift

    def _ask(self, table: Table, state: Packed) -> tuple[int, ...]:
        seen = table.seen(state)
        return table.changes(seen, self.questions.ask(table.question, seen))

    def judge(self, broken: int) -> tuple[list[Packed], int]:
        """
        Judge the last level.

        Args:
            broken: The statements, as bits, that every state is to satisfy.

        Returns:
            The states that do not satisfy one of them, and which statements some state satisfies, as bits.
        """
        bad: list[Packed] = []
        satisfied = 0
        for state in self.levels[-1]:
            true = self.truth(state)
            satisfied |= true
            if broken & ~true:
                bad.append(state)
        return bad, satisfied

    def truth(self, state: Packed) -> int:
        """Which statements are true of *state*, as bits."""
        suspected = (1 << len(self.statements)) - 1
        for shift, suspects in self.suspected:
            suspected &= suspects[state >> shift & FIELD]
        true = ~suspected & ((1 << len(self.statements)) - 1)
        for place, table in enumerate(self.statements):
            if suspected >> place & 1:
                key = table.key(state)
                known = table.known.get(key)
                if known is None:
                    known = (0,) if self.questions.judge(table.question, table.seen(state)) else ()
                    table.known[key] = known
                true |= len(known) << place
        return true

    def expand(self, is_spent: Callable[[], Ended | None]) -> Ended | None:
        """Expand the last level into a new one; a reason to end if there is one, and then the level stays the last."""
        new: list[Packed] = []
        visited = self.visited
        before = self.passing, self.fired
        try:
            for number, state in enumerate(self.levels[-1]):
                if number % 256 == 0 and (spent := is_spent()):
                    self._undo(new, before)
                    return spent
                found, is_passing = self.chosen_after(state)
                self.passing += is_passing
                for after in found:
                    if after not in visited:
                        new.append(after)
                        visited.add(after)
        except (KeyboardInterrupt, MemoryError):
            self._undo(new, before)
            raise
        self.levels.append(new)
        return None

    def _undo(self, new: list[Packed], before: tuple[int, list[int]]) -> None:
        self.visited.difference_update(new)
        self.passing, fired = before
        for table, count in zip(self.tables, fired, strict=True):
            table.fired = count

    def leading_to(self, depth: int, targets: set[Packed]) -> set[Packed]:
        """The states at *depth* from which a step leads to one of the *targets*."""
        return {state for state in self.levels[depth] if not targets.isdisjoint(self.after(state)[0])}

    def rows(self) -> Iterator[list[tuple[int, ...]]]:
        """Every level, a row of numbers for each state."""
        for level in self.levels:
            yield [self.row(state) for state in level]


class PartialOrder(Plain):
    """The same under the partial order reduction. Only transitions that it takes count."""

    def __init__(self, questions: Questions) -> None:
        super().__init__(questions)
        self.stubborn = Stubborn(questions)
        self.new: set[Packed] = set()
        self.stays_plain = True

    def expand(self, is_spent: Callable[[], Ended | None]) -> Ended | None:
        """Expand the last level, as without the reduction."""
        self.new.clear()
        return super().expand(is_spent)

    def chosen_after(self, state: Packed) -> tuple[list[Packed], bool]:
        """Where a stubborn set leads if that is known neither from this level nor an earlier one, else all states."""
        allows = tuple(allows[state >> shift & FIELD] for shift, allows in self.guarded)
        allowed = (1 << len(self.tables)) - 1
        for bits in allows:
            allowed &= bits
        if allowed & self.urgent and self.enabled(allowed & self.urgent, state):
            found, is_passing = self.after(state)
        else:
            found, is_passing = self._partly_after(self.enabled(allowed & ~self.urgent, state), allows, state), False
        self.new.update(after for after in found if after not in self.visited)
        return found, is_passing

    def _partly_after(self, enabled: int, allows: tuple[int, ...], state: Packed) -> list[Packed]:
        chosen = self.stubborn.chosen(enabled, allows)
        found = self._after(chosen, state)
        if any(after not in self.visited or after in self.new for after in found):
            return found
        return found + self._after(enabled & ~chosen, state)

    def enabled(self, allowed: int, state: Packed) -> int:
        """Which of the *allowed* actions have an outcome, as bits."""
        enabled = 0
        for table in self.chosen.get(allowed) or self._choose(allowed):
            key = table.key(state)
            changes = table.known.get(key)
            if changes is None:
                changes = table.known[key] = self._ask(table, state)
            if changes:
                enabled |= 1 << table.question.place
        return enabled


def images(questions: Questions) -> Images | None:
    """What stands for states that differ in nothing but names; None where names are not to be exchanged."""
    system = questions.system
    is_declared = system.interchangeable and "symmetry" in system.reductions
    return Images(Exchanges(questions), WIDTH) if is_declared else None
