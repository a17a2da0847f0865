"""How the coordinator ends what nobody works on any more."""

from ackproof.model.transactions.ending import resting
from ackproof.model.transactions.instance import Instance


def test_what_an_instance_leaves_open_that_does_not_come_back_times_out() -> None:
    gone, starting = Instance("absent", "initialising"), Instance("out", "initialising")

    assert resting((Instance(), gone, starting)) == (True, True, False)
