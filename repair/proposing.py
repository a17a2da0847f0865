"""Which changes to try next: the fewest and cheapest that nothing learned so far rules out, chosen by z3."""

from collections.abc import Iterable, Sequence
from typing import Any

from ackproof.proofs.logic import z3
from ackproof.repair.lever import Option, Where
from ackproof.repair.needs import Needs

MOST_CHANGES = 5
"""A repair of more changes than this is a new design."""

WEIGHT: dict[Where, int] = {"configuration": 1, "upgrade": MOST_CHANGES + 1, "application": (MOST_CHANGES + 1) ** 2}
"""What one change of each kind weighs: more than all the settings of a repair, so that settings come first."""


class Proposer:
    """Proposes sets of *options*, each once: at most one value of a key, and with each option what it *needs*."""

    def __init__(self, options: Sequence[Option], needs: Needs) -> None:
        self._options = options
        # A context of its own, so that what z3 was asked before changes nothing.
        self._context = z3.Context()
        self._chosen = [z3.Bool(f"{o.change.key} = {o.change.value}", self._context) for o in options]
        self._optimizer = z3.Optimize(ctx=self._context)
        self._optimizer.add(z3.PbLe([(chosen, 1) for chosen in self._chosen], MOST_CHANGES))
        for place, chosen in enumerate(self._chosen):
            # Of as many changes the cheapest: those whose levers come first in the list.
            weight = WEIGHT[options[place].lever.where] * MOST_CHANGES * len(options) + place
            self._optimizer.add_soft(z3.Not(chosen), weight)
            for other in range(place):
                if options[other].change.key == options[place].change.key:
                    self._optimizer.add(z3.Not(self._and([chosen, self._chosen[other]])))
        for option, groups in needs.items():
            self._optimizer.add(z3.Implies(self._of(option), self._or(self._all(group) for group in groups)))

    def propose(self) -> tuple[Option, ...] | None:
        """The next set to try, in the order of the options; None if there is none left."""
        if self._optimizer.check() != z3.sat:
            return None
        found = self._optimizer.model()
        pairs = zip(self._options, self._chosen, strict=True)
        return tuple(option for option, chosen in pairs if z3.is_true(found.eval(chosen)))

    def learn(self, tried: Iterable[Option], one_of: Iterable[Option]) -> None:
        """Whoever makes the changes *tried* has to make *one_of* these too; none: nobody makes them all again."""
        self._optimizer.add(self._or([z3.Not(self._all(tried)), *map(self._of, one_of)]))

    def exclude(self, tried: Sequence[Option]) -> None:
        """Exactly these changes have been tried."""
        pairs = zip(self._options, self._chosen, strict=True)
        self._optimizer.add(self._or(z3.Not(chosen) if option in tried else chosen for option, chosen in pairs))

    def surpass(self, found: Sequence[Option]) -> None:
        """More changes than were *found* are of interest only without one of the costs that those have."""
        few = z3.PbLe([(chosen, 1) for chosen in self._chosen], len(found))
        paid = {of for option in found for of in option.pays}
        self._optimizer.add(self._or([few, *(z3.Not(self._pays(of)) for of in sorted(paid))]))

    def _pays(self, of: str) -> Any:
        return self._or(self._of(o) for o in self._options if of in o.pays)

    def _of(self, option: Option) -> Any:
        return self._chosen[self._options.index(option)]

    def _all(self, options: Iterable[Option]) -> Any:
        return self._and(map(self._of, options))

    def _and(self, terms: Iterable[Any]) -> Any:
        return z3.And(*terms, z3.BoolVal(True, self._context))

    def _or(self, terms: Iterable[Any]) -> Any:
        return z3.Or(*terms, z3.BoolVal(False, self._context))
