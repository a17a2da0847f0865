"""Compiles every kernel, by searching a little: ``python -m ackproof.search.native.warm``."""

from collections.abc import Iterator

from ackproof.model.system import Next, System, action
from ackproof.properties.property import always
from ackproof.search.engines import How, first_of
from ackproof.search.native.readiness import note_ready
from ackproof.search.native.search import Native
from ackproof.search.questions import Questions
from ackproof.search.walks import walk

WIDTHS = (8, 50, 90)
"""So many components of one bit are stored as remainders, as whole words, as pairs of words."""


@action
def switch(lamp: bool) -> Iterator[Next]:
    """A lamp goes on or off."""
    yield Next("click", lamp=not lamp)


@always(source="none")
def a_lamp_is_on_or_off(lamp: bool) -> bool:
    """A lamp is on or off."""
    return lamp in {True, False}


def lamps(many: int) -> System:
    """A system of so many lamps."""
    names = [f"lamp_{number}" for number in range(many)]
    return System(dict.fromkeys(names, False), tuple(switch.on(lamp=name) for name in names))


def warm_up(many: int) -> None:
    """Use every kernel for states of that width."""
    questions = Questions(lamps(many), (a_lamp_is_on_or_off.on(lamp="lamp_0"),))
    search = Native(questions, first_of(questions), workers=2)
    for _ in range(2):
        search.judge(1)
        search.expand(lambda: None)
    for worker in search.workers:
        worker.fit(max(search.layout.used), worker.table_bits + 1)
    walk(lamps(many), a_lamp_is_on_or_off.on(lamp="lamp_0"), steps=2000, seed=1, how=How("compiled"))
    search.leading_to(0, {search.pack((1,) + (0,) * (many - 1))})


if __name__ == "__main__":
    for width in WIDTHS:
        warm_up(width)
    note_ready()
