"""Readings: what parameters stand for, what they see, and what is refused."""

from collections.abc import Callable, Hashable, Iterator
from operator import itemgetter

import pytest

from ackproof.model.reading import Reading, lens_of, parameters_of
from ackproof.model.system import Next, System, action, steps


def lag(leader: int, follower: tuple[str, ...], log_size: int) -> int:
    """How far a follower is behind."""
    return leader - len(follower)


def total(parts: tuple[int, ...]) -> int:
    """All parts together."""
    return sum(parts)


def end(log: tuple[str, ...]) -> int:
    """A view of a log."""
    return len(log)


def has_room(log: tuple[str, ...], log_size: int) -> bool:
    """A guard that reads a rule."""
    return len(log) < log_size


RULES = {"log_size": 2}


# what parameters stand for


def test_a_parameter_stands_for_what_it_is_called() -> None:
    reading = Reading.of(lag)

    assert reading.reads == parameters_of(lag) == ("leader", "follower", "log_size")


def test_on_lets_a_parameter_stand_for_something_else() -> None:
    reading = Reading.of(lag).on(leader="broker_1", follower=("broker_2", "broker_3"))

    assert reading.reads == ("broker_1", ("broker_2", "broker_3"), "log_size")
    assert reading.names == {"broker_1", "broker_2", "broker_3", "log_size"}


def test_on_again_changes_only_what_it_names() -> None:
    assert Reading.of(lag).on(leader="a").on(follower="b").reads == ("a", "b", "log_size")


def test_a_rule_is_an_argument_and_nothing_to_look_at() -> None:
    bound = Reading.of(lag).bind(["leader", "follower"], RULES)

    assert [part.component for part in bound.parts] == ["leader", "follower"]
    assert bound.arguments((5, ("a",))) == [5, ("a",), 2]
    assert bound((5, ("a",))) == 4


def test_several_components_come_as_a_tuple_in_their_order() -> None:
    bound = Reading.of(total).on(parts=("c", "a")).bind(["a", "b", "c"], {})

    assert bound.look({"a": 1, "b": 2, "c": 3}) == (3, 1)
    assert bound.arguments((3, 1)) == [(3, 1)]


def test_one_of_several_components_comes_as_a_tuple_too() -> None:
    assert Reading.of(total).on(parts=("a",)).bind(["a"], {}).arguments((1,)) == [(1,)]


def test_no_components_at_all_come_as_an_empty_tuple() -> None:
    bound = Reading.of(total).on(parts=()).bind(["a"], {})

    assert bound.look({"a": 1}) == ()
    assert bound.arguments(()) == [()]
    assert bound(()) == 0


def test_a_reading_is_asked_again_from_the_start() -> None:
    bound = Reading.of(total).on(parts=("a", "b")).bind(["a", "b"], {})

    assert (bound((1, 2)), bound((3, 4))) == (3, 7)


# what they see


def test_a_view_shows_a_part_of_every_component_that_it_is_for() -> None:
    bound = Reading.of(total, sees={"parts": end}).on(parts=("a", "b")).bind(["a", "b"], {})

    assert bound.look({"a": ("x", "y"), "b": ()}) == (2, 0)


def test_a_guard_rules_out_what_does_not_satisfy_it() -> None:
    bound = Reading.of(lag, when={"follower": has_room}).bind(["leader", "follower"], RULES)

    assert bound.look({"leader": 1, "follower": ("a",)}) == (1, ("a",))
    assert bound.look({"leader": 1, "follower": ("a", "b")}) is None


def test_a_guard_of_several_components_holds_for_each_of_them() -> None:
    bound = Reading.of(total, when={"parts": bool}).on(parts=("a", "b")).bind(["a", "b"], {})

    assert bound.look({"a": 1, "b": 2}) == (1, 2)
    assert bound.look({"a": 1, "b": 0}) is None


def test_a_guard_sees_the_whole_component_whatever_a_view_shows() -> None:
    bound = Reading.of(total, when={"parts": bool}, sees={"parts": end}).on(parts="a").bind(["a"], {})

    assert bound.look({"a": ("x",)}) == (1,)
    assert bound.look({"a": ()}) is None


@pytest.mark.parametrize(
    ("function", "value", "said"),
    [(bool, (), False), (len, ("a",), 1), (frozenset, ("a",), {"a"}), (itemgetter(0), ("a", "b"), "a"), (int, "7", 7)],
)
def test_what_is_built_in_may_be_a_view_or_a_guard(
    function: Callable[..., Hashable], value: Hashable, said: Hashable
) -> None:
    lens = lens_of(function, RULES)

    assert lens is not None
    assert lens(value) == said


def test_a_view_reads_the_rule_that_the_parameter_of_that_name_stands_for() -> None:
    def room(log: tuple[str, ...], log_size: int) -> int:
        return log_size - len(log)

    bound = Reading.of(lag, sees={"follower": room}).on(log_size="small").bind(["leader", "follower"], {"small": 3})

    assert bound.look({"leader": 0, "follower": ("a",)}) == (0, 2)


def test_views_are_the_same_if_function_and_rules_are() -> None:
    assert lens_of(has_room, RULES) == lens_of(has_room, {**RULES, "other": 1})
    assert lens_of(has_room, RULES) != lens_of(has_room, {"log_size": 3})
    assert lens_of(end, {}) != lens_of(len, {})


# what is refused


def test_on_refuses_what_is_no_parameter() -> None:
    with pytest.raises(ValueError, match="lag has no parameter followers, leaders"):
        Reading.of(lag).on(leaders="a", followers="b")


def test_a_guard_or_a_view_of_what_is_no_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="lag has no parameter log"):
        Reading.of(lag, when={"log": has_room})
    with pytest.raises(ValueError, match="lag has no parameter log"):
        Reading.of(lag, sees={"log": end})


def test_a_guard_that_reads_what_its_reading_does_not_is_refused() -> None:
    with pytest.raises(ValueError, match="has_room reads log_size, which is no rule of what uses it"):
        Reading.of(total, when={"parts": has_room}).bind(["parts"], RULES)


def test_a_guard_that_reads_another_component_is_refused() -> None:
    with pytest.raises(ValueError, match="has_room reads log_size, which is no rule of what uses it"):
        Reading.of(lag, when={"follower": has_room}).bind(["leader", "follower", "log_size"], {})


def test_a_change_of_what_an_action_does_not_write_is_refused() -> None:
    @action(writes=("log",))
    def overreach(log: int, other: int) -> Iterator[Next]:
        yield Next("too much", log=1, other=1)

    system = System({"log": 0, "other": 0}, (overreach,))

    with pytest.raises(ValueError, match="'overreach' changes other, which it does not write"):
        steps(system, system.first_state)


def test_a_change_of_what_an_action_sees_through_a_view_is_refused() -> None:
    @action(sees={"log": end})
    def cut(log: int) -> Iterator[Next]:
        yield Next("cuts", log=())

    system = System({"log": ("a",)}, (cut,))

    with pytest.raises(ValueError, match="'cut' changes log, which it does not write"):
        steps(system, system.first_state)


# several components in an action


@action
def level(parts: tuple[int, ...]) -> Iterator[Next]:
    """All parts become the largest."""
    yield Next("levels", parts=(max(parts, default=0),) * len(parts))


def test_an_action_writes_several_components_at_once() -> None:
    system = System({"a": 1, "b": 2, "c": 0}, (level.on(parts=("a", "c")),))

    assert [step.state for step in steps(system, system.first_state)] == [(1, 2, 1)]


def test_an_action_on_no_components_changes_nothing() -> None:
    system = System({"a": 1}, (level.on(parts=()),))

    assert [step.state for step in steps(system, system.first_state)] == [(1,)]


def test_an_action_has_to_give_several_components_as_many_values() -> None:
    @action
    def lose(parts: tuple[int, ...]) -> Iterator[Next]:
        yield Next("loses one", parts=parts[1:])

    system = System({"a": 1, "b": 2}, (lose.on(parts=("a", "b")),))

    with pytest.raises(ValueError, match="zip"):
        steps(system, system.first_state)
