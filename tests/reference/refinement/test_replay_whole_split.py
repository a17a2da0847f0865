"""Readers of a pipeline in one piece that start at the end between what brokers do in one step of the trace."""

import attrs

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.produce.rules import BrokerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.reference.refinement.replaying.whole import taken_in_one_piece
from ackproof.reference.refinement.replaying.whole_findings import InOnePiece
from tests.reference.refinement.pieces import ALONE, ONE_BY_ONE, execution, whole

STARTS = "the group starts; consumer 1 is assigned the partition"
LATEST = ConsumerRules(reset="latest")
DROPS = attrs.evolve(ONE_BY_ONE, max_in_flight=2, mutes_partition=False, on_send_failure="drop")


def taken(system: System, *says: str) -> InOnePiece:
    return taken_in_one_piece(system, execution(system, *says))


def test_a_reader_starts_between_two_requests_of_a_connection_that_a_deadline_closes() -> None:
    """Which of them had been served before nobody hears."""
    client = attrs.evolve(DROPS, deadline_closes_connection=True)
    outcome = taken(
        whole(LATEST, {"send-timeout"}, ALONE, client, validates=None),
        "producer sends r1",
        "producer sends r2",
        "the send of r1 fails: message.timeout.ms has passed, and the client closes the connection, "
        "after the leader served 2 more",
        "producer notices that no answer comes for r2",
        STARTS,
        "consumers can read offset 0",
        "consumer 1 starts at the latest offset, 1",
        "consumers can read offset 1",
        "consumer 1 polls: it is handed r2 (position 2)",
    )

    assert outcome.handed == ((1, 1),)


def test_a_reader_starts_before_a_leader_serves_what_is_behind_a_batch_that_is_not_committed() -> None:
    """It serves one request of a connection after the other, be it that the connection breaks."""
    client = attrs.evolve(DROPS, requeue=each_to_the_front)
    outcome = taken(
        whole(LATEST, {"response-lost"}, BrokerRules(3, min_insync_replicas=2), client, validates=None),
        *("producer sends r1", "producer sends r2", "broker 1, the leader, appends r1"),
        *("the connection breaks before the answer for r1 arrives", "producer notices that no answer comes for r1, r2"),
        *("producer sends r2", "producer sends r1", "broker 1, the leader, appends r2"),
        "the connection breaks before the answer for r2 arrives, after the leader served 1 more",
        *(
            "producer notices that no answer",
            "broker 2 fetches",
            "broker 3 fetches",
            STARTS,
            "consumers can read offset 0",
        ),
        *("consumer 1 starts at the latest offset, 1", "consumers can read offset 1", "consumers can read offset 2"),
        "consumer 1 polls: it is handed r2, r1 (position 3)",
    )

    assert outcome.handed == ((1, 1), (2, 0))
