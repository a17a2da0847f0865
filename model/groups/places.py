"""Where members stand among each other by their ids, which are random: it is drawn as it first matters, and stays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations

import attrs

from ackproof.model.groups.claims import Order
from ackproof.model.groups.member import Registration


def orders(places: Mapping[int, int]) -> Iterator[Order]:
    """Each order of members that keeps those that have a place; one without (0) may be anywhere."""
    kept = sorted(filter(places.__getitem__, places), key=places.__getitem__)
    for order in permutations(places):
        if [member for member in order if places[member]] == kept:
            yield order


def with_fewest_places(known: Sequence[Registration | None]) -> list[Registration | None]:
    """Registrations whose places are numbered from 1 on; one that nobody is compared to has none."""
    ranks, slots = numbers([of.rank for of in known if of]), numbers([of.slot for of in known if of])
    return [of and attrs.evolve(of, rank=ranks[of.rank], slot=slots[of.slot]) for of in known]


def numbers(places: Iterable[int]) -> dict[int, int]:
    """Other numbers for *places*, in the same order."""
    drawn = sorted({*places} - {0})
    return {0: 0} | {place: number if len(drawn) > 1 else 0 for number, place in enumerate(drawn, start=1)}
