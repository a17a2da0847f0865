"""Examples of the folklore stay small."""

from ackproof.model.faults import FAULTS
from ackproof.properties.folklore import EXAMPLES, KEY, produced
from ackproof.search.explorer import explore


def test_no_example_has_more_than_a_thousand_states() -> None:
    sizes = {name: explore(each.system(), each.statement).distinct_states for name, each in EXAMPLES.items()}

    assert {name: states for name, states in sizes.items() if states > 1000} == {}


def test_a_produce_half_has_just_the_faults_that_it_is_given() -> None:
    system = produced(follower_lag=1, power_loss=2)

    assert {act.fault for act in system.actions if act.fault} == {"follower-lag", "power-loss"}
    assert system.initial[FAULTS] == produced(power_loss=2, follower_lag=1).initial[FAULTS]


def test_the_key_is_written_in_letters() -> None:
    assert KEY.decode().isprintable()
