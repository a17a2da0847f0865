"""Changes that a client or Kafka refuses by themselves, and beside which others it takes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from ackproof.config.pipeline import Pipeline
from ackproof.repair.change import changed
from ackproof.repair.lever import Option

Group = tuple[Option, ...]
Needs = Mapping[Option, tuple[Group, ...]]
"""For each option that is refused by itself, the smallest groups of which it needs one."""

MOST_NEEDED = 3
"""What needs more than this beside it is not offered."""

WHAT_OTHERS_DEPEND_ON = ("producer", "kafka")
"""Parts of a pipeline that decide whether another part is taken."""


def needs_of(pipeline: Pipeline, options: Sequence[Option]) -> Needs:
    """What each of the *options* needs beside it; those that *pipeline* takes by themselves are left out."""
    return {option: needed(pipeline, options, option) for option in options if is_refused(pipeline, (option,))}


def needed(pipeline: Pipeline, options: Sequence[Option], option: Option) -> tuple[Group, ...]:
    """The smallest groups beside which *option* is taken; none if there are none."""
    parts = {option.change.path[0], *WHAT_OTHERS_DEPEND_ON}
    others = [one for one in options if one.change.path[0] in parts and one.change.key != option.change.key]
    sizes = (tuple(taken(pipeline, others, option, size)) for size in range(1, MOST_NEEDED + 1))
    return next(filter(None, sizes), ())


def taken(pipeline: Pipeline, others: Sequence[Option], option: Option, size: int) -> Iterator[Group]:
    """The groups of *others* of that *size* beside which *option* is taken."""
    for group in combinations(others, size):
        keys = {other.change.key for other in group}
        if len(keys) == size and not is_refused(pipeline, (*group, option)):
            yield group


def is_refused(pipeline: Pipeline, chosen: Sequence[Option]) -> bool:
    """Whether *pipeline* can not have what is *chosen*."""
    return changed(pipeline, frozenset(option.change for option in chosen)) is None


def fewest(chosen: Sequence[Option], needs: Needs, is_so: Callable[[Sequence[Option]], bool]) -> tuple[Option, ...]:
    """Of what is *chosen* as few as it still *is so* of, each with what it needs."""
    left = tuple(chosen)
    for option in chosen:
        fewer = tuple(other for other in left if other is not option)
        if has_what_it_needs(fewer, needs) and is_so(fewer):
            left = fewer
    return left


def has_what_it_needs(chosen: Sequence[Option], needs: Needs) -> bool:
    """Whether beside each option that is *chosen* one of the groups is that it needs."""
    asked = (needs[option] for option in chosen if option in needs)
    return all(any(set(group) <= set(chosen) for group in groups) for groups in asked)
