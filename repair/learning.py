"""What a counterexample teaches: which changes it depends on, and which further ones could have prevented it."""

from collections.abc import Callable, Sequence

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.repair.change import changed
from ackproof.repair.lever import Option
from ackproof.repair.needs import Needs

Happens = Callable[[Pipeline], bool]
"""Whether an execution that violates a claim can happen in a configuration too."""


@attrs.frozen
class Lesson:
    """Whoever makes all changes of ``given`` has to make one of ``one_of`` too."""

    given: tuple[Option, ...]
    one_of: tuple[Option, ...]


@attrs.frozen
class Learner:
    """
    Learns from counterexamples to the claims of *pipeline*.

    An execution that is prevented by two changes together and by neither alone is told apart as well: each option is
    tried beside all those that have not prevented it.
    """

    pipeline: Pipeline
    options: Sequence[Option]
    needs: Needs

    def lesson(self, tried: Sequence[Option], happens: Happens) -> Lesson:
        """What the execution that *happens* with the changes *tried* teaches."""
        given = list(tried)
        for option in tried:
            fewer = [other for other in given if other is not option]
            if self.still(happens, fewer):
                given = fewer
        beside, preventing = list(tried), list[Option]()
        keys = {option.change.key for option in given}
        for option in self.options:
            if option in tried or option.change.key in keys:
                continue
            more = with_(beside, option)
            if self.still(happens, more):
                beside = more
            else:
                preventing.append(option)
        for option in tuple(preventing):
            if self.is_due_to_others(option, preventing, beside, happens):
                # Not so the others: two that need each other are not left out both.
                preventing.remove(option)
        return Lesson(tuple(given), tuple(preventing))

    def is_due_to_others(
        self, option: Option, preventing: Sequence[Option], beside: Sequence[Option], happens: Happens
    ) -> bool:
        """Whether *option* prevents nothing by itself, but is refused without others that do."""
        groups = self.needs.get(option, ())
        if not groups or not all(set(group) & set(preventing) for group in groups):
            return False
        # With what it needs it is taken; if it did more than that, the others would prevent nothing alone.
        return all(not self.still(happens, with_(beside, *group)) for group in groups)

    def still(self, happens: Happens, chosen: Sequence[Option]) -> bool:
        """Whether the execution can happen with these changes; not where they are refused."""
        after = changed(self.pipeline, frozenset(option.change for option in chosen))
        return after is not None and happens(after)


def with_(chosen: Sequence[Option], *more: Option) -> list[Option]:
    """The *chosen* options with *more*, each in place of what it contradicts."""
    keys = {option.change.key for option in more}
    return [*(option for option in chosen if option.change.key not in keys), *more]
