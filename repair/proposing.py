"""Which changes to try next: the fewest and cheapest that nothing learned so far rules out, chosen by z3."""

from collections.abc import Iterable, Sequence

from ackproof.proofs.logic import z3
from ackproof.repair.lever import Option

ONE_MORE = 1000
"""What any change weighs beside the place of its lever in the list: fewer changes always come first."""


class Proposer:
    """Proposes sets of *options*, each once: at most one value of a key."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._options = options
        self._chosen = [z3.Bool(f"{option.change.key} = {option.change.value}") for option in options]
        self._optimizer = z3.Optimize()
        for place, chosen in enumerate(self._chosen):
            self._optimizer.add_soft(z3.Not(chosen), ONE_MORE + place)
            for other in range(place):
                if options[other].change.key == options[place].change.key:
                    self._optimizer.add(z3.Not(z3.And(chosen, self._chosen[other])))

    def propose(self) -> tuple[Option, ...] | None:
        """The next set to try, in the order of the options; None if there is none left."""
        if self._optimizer.check() != z3.sat:
            return None
        found = self._optimizer.model()
        pairs = zip(self._options, self._chosen, strict=True)
        return tuple(option for option, chosen in pairs if z3.is_true(found.eval(chosen)))

    def learn(self, tried: Iterable[Option], one_of: Iterable[Option]) -> None:
        """Whoever makes the changes *tried* has to make *one_of* these too; none: nobody makes them all again."""
        without = [z3.Not(self._of(option)) for option in tried]
        self._optimizer.add(z3.Or(*without, *(self._of(option) for option in one_of)))

    def exclude(self, tried: Sequence[Option]) -> None:
        """Exactly these changes have been tried."""
        pairs = zip(self._options, self._chosen, strict=True)
        self._optimizer.add(z3.Or(*(z3.Not(c) if option in tried else c for option, c in pairs)))

    def _of(self, option: Option) -> object:
        return self._chosen[self._options.index(option)]
