"""Faults of the network: a connection breaks as a whole."""

import attrs

from ackproof.model.produce.failing import request_lost
from ackproof.model.produce.network import Connection, has_unserved_head
from tests.model.produce.batches import request


def test_all_that_is_on_a_connection_is_lost_with_its_first_request() -> None:
    (outcome,) = request_lost.outcomes(Connection((request(1), request(2)), broken=(request(0),)))

    assert outcome.says == "lost on the way to the leader: r2 (sequence 1), r3 (sequence 2)"
    assert outcome.changes == {"connection": Connection(broken=(request(0), request(1), request(2)))}


def test_no_request_is_lost_behind_one_whose_answer_still_comes() -> None:
    assert request_lost.when == {"connection": has_unserved_head}
    assert not has_unserved_head(Connection((attrs.evolve(request(0), waits_for=1), request(1))))
