"""How large and small quantities can be."""

from fractions import Fraction

from ackproof.proofs.timing.quantity import Extreme, is_satisfiable, known, least, most, quantity, times

X, Y = quantity("x"), quantity("y")


def test_the_extremes_of_a_quantity_are_exact() -> None:
    given = [times(X, 3) <= known(1), X + Y >= 5, Y <= 7]

    assert most(X, given) == Extreme(Fraction(1, 3))
    assert least(X, given) == Extreme(Fraction(-2))


def test_a_bound_that_is_never_taken_is_told_from_one_that_is() -> None:
    assert most(X, [X < 3]) == Extreme(Fraction(3), is_taken=False)


def test_what_has_no_bound_has_no_extreme() -> None:
    assert most(X, [X >= 0]) == Extreme(None, is_taken=False)


def test_what_can_not_be_has_neither() -> None:
    given = [X > 1, X < 1]

    assert most(X, given) is None
    assert least(X, given) is None
    assert not is_satisfiable(given)
