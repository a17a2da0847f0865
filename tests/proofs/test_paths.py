from typing import TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.produce.append import Appended, Refused, identify
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.stored import is_far_enough, raised
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Proved, is_true_of, number, prove, truth, value_of
from ackproof.proofs.paths import Path, holds_on_every_path, paths
from ackproof.proofs.sets import Part

T = TypeVar("T")
SMALL = st.integers(-3, 8)


def unknown(name: str) -> int:
    """An unknown number where the model takes an int."""
    return cast("int", number(name))


def taken(found: list[Path[T]], **values: int | bool) -> T:
    """The result of the one path that is taken for *values*."""
    (path,) = (path for path in found if is_true_of(path.condition, values))
    return path.result


WATERMARK = list(paths(lambda: raised(unknown("x"), [unknown("y"), unknown("z")]), ALWAYS))


@given(x=SMALL, y=SMALL, z=SMALL)
def test_a_watermark_on_terms_is_the_watermark_of_numbers(x: int, y: int, z: int) -> None:
    term = cast("Number", cast("object", taken(WATERMARK, x=x, y=y, z=z)))

    assert value_of(term, {"x": x, "y": y, "z": z}) == raised(x, [y, z])


def joining(rules: BrokerRules) -> list[Path[bool]]:
    return list(paths(lambda: bool(is_far_enough(rules, unknown("x"), unknown("y"), unknown("z"))), ALWAYS))


JOINING = {below: joining(BrokerRules(joins_below_leader_epoch=below)) for below in (False, True)}


@given(x=SMALL, y=SMALL, z=SMALL, below=st.booleans())
def test_who_may_join_on_terms_is_who_may_join(x: int, y: int, z: int, below: bool) -> None:
    rules = BrokerRules(joins_below_leader_epoch=below)

    assert taken(JOINING[below], x=x, y=y, z=z) == is_far_enough(rules, x, y, z)


RULES = {
    "now": BrokerRules(),
    "from zero": BrokerRules(accepts_any_first_sequence=False),
    "one remembered": BrokerRules(remembered_batches=1),
}


def a_log(count: int, first: int, epoch: int) -> tuple[Batch, ...]:
    return tuple(Batch(place, 7, epoch, first + place) for place in range(count))


def deciding(rules: BrokerRules, count: int) -> list[Path[Refused | Appended]]:
    log, arriving = a_log(count, unknown("x"), unknown("y")), Batch(9, 7, unknown("e"), unknown("z"))
    return list(paths(lambda: identify(rules, log, arriving), ALWAYS))


SEQUENCE = {(name, count): deciding(rules, count) for name, rules in RULES.items() for count in range(7)}


@given(case=st.sampled_from(sorted(SEQUENCE)), x=SMALL, y=SMALL, z=SMALL, e=SMALL)
def test_the_sequence_check_on_terms_is_the_sequence_check(
    case: tuple[str, int], x: int, y: int, z: int, e: int
) -> None:
    name, count = case
    of_terms = taken(SEQUENCE[case], x=x, y=y, z=z, e=e)
    of_numbers = identify(RULES[name], a_log(count, x, y), Batch(9, 7, e, z))

    assert kind(of_terms) == kind(of_numbers)


def kind(answer: Refused | Appended) -> tuple[object, ...]:
    if isinstance(answer, Refused):
        return (answer.error,)
    return (answer.offset, len(answer.new))


@given(count=st.integers(5, 9), x=SMALL, z=st.integers(0, 20))
def test_only_the_last_five_batches_of_a_producer_decide(count: int, x: int, z: int) -> None:
    log, arriving = a_log(count, x, 0), Batch(9, 7, 0, z)

    whole, last = identify(BrokerRules(), log, arriving), identify(BrokerRules(), log[-5:], arriving)

    if isinstance(whole, Appended) and isinstance(last, Appended):
        assert (whole.offset, whole.new) == (last.offset + count - 5, last.new)
    else:
        assert whole == last


def test_what_is_given_rules_out_the_paths_on_which_it_is_not_so() -> None:
    found = list(paths(lambda: bool(number("x") > 3), number("x") > 5))

    assert [path.result for path in found] == [True]


def test_what_holds_on_every_path_is_proved_of_all_of_them() -> None:
    def larger() -> Number:
        return cast("Number", cast("object", max(unknown("x"), unknown("y"))))

    assert prove(holds_on_every_path(larger, ALWAYS, lambda most: most >= number("x"))) == Proved()
    assert prove(holds_on_every_path(larger, ALWAYS, lambda most: most > number("x"))) != Proved()


def sets(one: bool, other: bool) -> tuple[frozenset[int], frozenset[int]]:
    """Two sets of which the element 0 is a member or not; both have another one."""
    return frozenset({0, 1} if one else {1}), frozenset({0, 2} if other else {2})


@pytest.mark.parametrize("one", [False, True])
@pytest.mark.parametrize("other", [False, True])
def test_an_unknown_set_is_combined_as_sets_are(one: bool, other: bool) -> None:
    first, second = Part(truth("one")), Part(truth("other"))
    real, also = sets(one, other)
    values = {"one": one, "other": other}

    assert is_true_of((first & second).has_it, values) == (0 in real & also)
    assert is_true_of((first | second).has_it, values) == (0 in real | also)
    assert is_true_of((first - second).has_it, values) == (0 in real - also)
    assert is_true_of((frozenset[int]() | first).has_it, values) == (0 in real)


def test_whether_an_unknown_set_is_empty_is_left_open_unless_it_has_the_element() -> None:
    assert [path.result for path in paths(lambda: bool(Part(ALWAYS)), ALWAYS)] == [True]
    assert sorted(path.result for path in paths(lambda: bool(Part(NEVER)), ALWAYS)) == [False, True]


def test_unknown_sets_that_differ_in_the_element_are_not_equal() -> None:
    assert [path.result for path in paths(lambda: bool(Part(ALWAYS) == Part(NEVER)), ALWAYS)] == [False]
    assert sorted(path.result for path in paths(lambda: bool(Part(NEVER) != Part(NEVER)), ALWAYS)) == [False, True]
    assert [path.result for path in paths(lambda: bool(Part(ALWAYS) <= Part(NEVER)), ALWAYS)] == [False]


def test_an_unknown_set_meets_no_known_one_but_the_empty() -> None:
    with pytest.raises(TypeError, match="empty"):
        Part(ALWAYS).__and__(frozenset({1}))
    with pytest.raises(TypeError, match="no hash"):
        hash(Part(ALWAYS))
