import signal
import threading
from typing import cast

import pytest

from ackproof.proofs.logic import (
    ALWAYS,
    NEVER,
    Number,
    Proved,
    Refuted,
    Undecided,
    all_of,
    any_of,
    constant,
    is_true_of,
    number,
    one_if,
    prove,
    same,
    truth,
    value_of,
)

X, Y = number("x"), number("y")


def test_what_is_true_of_all_numbers_is_proved() -> None:
    assert prove((X < Y).implies(X + 1 <= Y)) == Proved()


def test_what_is_not_comes_with_the_numbers_nearest_to_zero() -> None:
    assert prove(~((X >= 5) & (Y > X))) == Refuted({"x": 5, "y": 6})


def test_a_truth_that_is_unknown_is_among_the_values() -> None:
    assert prove(~truth("it rains")) == Refuted({"it rains": True})


def test_what_z3_gives_up_is_undecided() -> None:
    cubes = Number(X.term**3 + Y.term**3 - number("z").term ** 3)
    statement = ~(same(cubes, 0) & (X > 0) & (Y > 0))

    assert isinstance(prove(statement, timeout_ms=50), Undecided)


def test_ctrl_c_while_z3_works_is_not_taken_for_an_answer() -> None:
    cubes = Number(X.term**3 + Y.term**3 - number("z").term ** 3)
    press = threading.Timer(0.1, lambda: signal.raise_signal(signal.SIGINT))

    def working() -> None:
        press.start()
        prove((X < 1) | (Y < 1) | ~same(cubes, 0), timeout_ms=400)
        press.join()

    with pytest.raises(KeyboardInterrupt):
        working()


@pytest.mark.parametrize("x", [-7, 0, 12])
def test_a_term_computes_as_an_integer_does(x: int) -> None:
    term = 3 + (X - 5) % 4

    assert value_of(term, {"x": x}) == 3 + (x - 5) % 4


def test_a_truth_is_decided_for_given_numbers() -> None:
    statement = any_of([all_of([X != Y, X > 0]), NEVER]) & ALWAYS

    assert is_true_of(statement, {"x": 1, "y": 2})
    assert not is_true_of(statement, {"x": 2, "y": 2})


def test_a_truth_counts_as_one_or_nothing() -> None:
    term = one_if(X > 0) + one_if(Y > 0)

    assert value_of(term, {"x": 1, "y": 0}) == 1
    assert value_of(term, {"x": 1, "y": 1}) == 2


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="no number"):
        same(X, cast("int", "y"))


def test_an_unknown_number_is_in_no_set() -> None:
    with pytest.raises(TypeError, match="no hash"):
        hash(constant(1))
