"""Images: what renamings make of a state whose numbers stand side by side, and which image stands for all."""

from collections.abc import Iterable
from itertools import product

from ackproof.search.exchange import Exchanges, Kind, Move, Targets, Way


class Images:
    """
    What renamings make of states whose numbers stand side by side, *width* bits each.

    What belongs to one name is the same in many states, so what becomes of these parts of a state is remembered.
    """

    def __init__(self, exchanges: Exchanges, width: int) -> None:
        self.exchanges = exchanges
        self.width = width
        self.carriers = [Carrier(kind, width) for kind in exchanges.kinds]
        parts: dict[object, list[int]] = {}
        for number, place in enumerate(exchanges.touched):
            parts.setdefault(owner(exchanges, place), []).append(number)
        self.parts = [(self._mask(exchanges.touched[number] for number in its), its) for its in parts.values()]
        moved = {place for kind in exchanges.kinds for family in kind.carried for place in family}
        places = range(len(exchanges.questions.names))
        self.fixed = self._mask(place for place in places if place not in moved and place not in exchanges.touched)
        self._known: dict[Way, list[dict[int, int]]] = {}

    def least(self, state: int) -> int:
        """The state that stands for all images of *state*."""
        image = state & self.fixed
        ways: list[list[Targets]] = []
        for carrier in self.carriers:
            carried, sorting = carrier.sorted(state)
            image += carried
            ways.append(sorting)
        return image + min(self._moved(state, way) for way in product(*ways)) if self.parts else image

    def _moved(self, state: int, way: Way) -> int:
        """What becomes of the components that are touched."""
        known = self._known.get(way)
        if known is None:
            known = self._known[way] = [{} for _ in self.parts]
        image = 0
        for (mask, numbers), images in zip(self.parts, known, strict=True):
            part = state & mask
            if part not in images:
                images[part] = self._image(part, [self.exchanges.moves(way)[number] for number in numbers])
            image += images[part]
        return image

    def _image(self, part: int, moves: list[Move]) -> int:
        width, field = self.width, (1 << self.width) - 1
        return sum(
            move.renumbering.number(part >> width * move.source & field) << width * move.target for move in moves
        )

    def _mask(self, places: Iterable[int]) -> int:
        return sum((1 << self.width) - 1 << self.width * place for place in places)


class Carrier:
    """
    The carried families of one kind of names, in states whose numbers stand side by side.

    Attributes:
        parts: For each name, which bits its components take; for each value of these, a key to sort names by, and what
            becomes of the value if the name becomes any other one.
    """

    def __init__(self, kind: Kind, width: int) -> None:
        self.kind = kind
        self.width = width
        self.field = (1 << width) - 1
        masks = [sum(self.field << width * place for place in its) for its in kind.places()]
        self.parts = [(mask, dict[int, tuple[int, list[int]]]()) for mask in masks]
        self._sorting: dict[tuple[int, ...], list[Targets]] = {}

    def sorted(self, state: int) -> tuple[int, list[Targets]]:
        """What is carried if names are sorted, and the renamings that do it: empty ones if they do nothing more."""
        keys: list[int] = []
        images: list[list[int]] = []
        for name, (mask, known) in enumerate(self.parts):
            part = state & mask
            if part not in known:
                known[part] = self._learn(name, part)
            keys.append(known[part][0])
            images.append(known[part][1])
        ways = self._ways(tuple(keys))
        carried = sum(image[new] for image, new in zip(images, ways[0], strict=True))
        return carried, [()] if self.kind.is_plain else ways

    def _ways(self, keys: tuple[int, ...]) -> list[Targets]:
        known = self._sorting.get(keys)
        if known is None:
            known = self._sorting[keys] = self.kind.sorting(keys)
        return known

    def _learn(self, name: int, part: int) -> tuple[int, list[int]]:
        """The key of a name whose components have these numbers, and what becomes of them as each of the names."""
        places = self.kind.places()
        numbers = [part >> self.width * place & self.field for place in places[name]]
        key = sum(number << self.width * family for family, number in enumerate(numbers))
        return key, [
            sum(number << self.width * place for number, place in zip(numbers, its, strict=True)) for its in places
        ]


def owner(exchanges: Exchanges, place: int) -> object:
    """The name that a component belongs to, if it does to one."""
    component = exchanges.questions.names[place]
    for number, kind in enumerate(exchanges.kinds):
        for family in kind.names.families:
            if component in family:
                return number, family.index(component)
    return None
