"""Members of the consumer protocol that send no heartbeat after one was answered with an error (KAFKA-16215)."""

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.groups.rules import CONSUMER
from ackproof.reference.consumer.rules import MemberRules
from tests.reference.consumer.listening import Told
from tests.reference.consumer.modern_member import beats, member
from tests.reference.consumer.scripted_leader import P0

SILENCED = MemberRules(modern=attrs.evolve(CONSUMER, is_silenced_by_errors=True))
ERRORS = [ErrorCode.not_coordinator, ErrorCode.unknown_member_id]


@pytest.mark.parametrize("code", ERRORS)
def test_it_stays_so_as_long_as_the_application_polls(code: ErrorCode) -> None:
    group, consumer = member(members=SILENCED, max_poll_interval_ms=5_000)
    group.fail("consumer_group_heartbeat", code)
    group.pass_time(1_500)
    sent = len(beats(group))

    for _ in range(20):
        group.poll(consumer)

    assert len(beats(group)) == sent


@pytest.mark.parametrize("code", ERRORS)
def test_it_leaves_as_the_application_does_not_poll_and_joins_again_when_it_does(code: ErrorCode) -> None:
    """``HeartbeatRequestManager.poll`` of 3.7."""
    told = Told()
    group, consumer = member(told, members=SILENCED, max_poll_interval_ms=5_000)
    group.fail("consumer_group_heartbeat", code)
    group.pass_time(1_500)
    group.poll(consumer)
    sent = len(beats(group))
    group.pass_time(6_000)

    group.poll(consumer)
    group.poll(consumer)

    assert [beat.member_epoch for beat in beats(group)[sent : sent + 2]] == [-1, 0]
    assert told.told == [("assigned", (P0,)), ("lost", (P0,)), ("assigned", (P0,))]
