"""What consumers could read is gone: a new leader does not have it, and writes other records in its place."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import cast

import attrs
import pytest

from ackproof.model.action import Action
from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.rules import ConsumerRules, Reset
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.starting import leave_range, locate, locate_as_told
from ackproof.model.system import Next, System
from ackproof.model.whole import expose, in_one_piece, lose, offsets_left, roll_back
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.property import Property
from ackproof.search.explorer import explore

READ = Log(records=(0, 1), epochs=(0, 1))
AHEAD = (Consumer("owner", position=2, to_commit=2, in_flight=(1, 2)),)


def outcome(act: Action, *arguments: object) -> Mapping[str, object]:
    """What the only outcome of an action changes."""
    (only,) = act.outcomes(*arguments)
    return only.changes


def test_what_a_new_leader_lacks_is_gone() -> None:
    assert outcome(lose, (0,), READ, None) == {"rolled_back_to": 1}
    assert outcome(lose, (0, 2, 3), READ, None) == {"rolled_back_to": 1}
    assert list(lose.outcomes((0, 1, 2), READ, None)) == []


def test_the_next_record_becomes_readable_where_logs_agree() -> None:
    stored = ((0, 0), (1, 1), (2, 4))

    assert outcome(expose, None, True, stored, 3, READ) == {"log": Log(records=(0, 1, 2), epochs=(0, 1, 4))}
    assert outcome(expose, None, False, stored, 3, Log(records=(0, 1))) == {"log": Log(records=(0, 1, 2))}
    assert list(expose.outcomes(None, True, ((0, 0), (2, 1), (1, 1)), 3, READ)) == []


def test_what_becomes_readable_above_the_high_watermark_is_told_with_the_bug() -> None:
    stored = ((0, 0), (1, 1), (2, 4))

    labels = [next(iter(expose.outcomes(None, True, stored, end, READ))).says for end in (3, 2)]

    assert labels == [
        "consumers can read offset 2",
        "consumers can read offset 2, above the high watermark (KAFKA-9835)",
    ]


def test_who_does_not_validate_goes_on_at_its_offset() -> None:
    """KAFKA-7747."""
    changes = outcome(roll_back, ConsumerRules(), False, 1, (0,), Log(records=(0, 1)), Group(2), AHEAD)

    assert changes == {"log": Log(records=(0,)), "rolled_back_to": None}


@pytest.mark.parametrize("stored", [(0,), (0, 2), (0, 2, 2)])
def test_who_validates_goes_back_to_where_logs_diverge_and_so_does_what_is_committed(stored: tuple[int, ...]) -> None:
    changes = outcome(roll_back, ConsumerRules(), True, 1, stored, READ, Group(2), AHEAD)

    assert changes["log"] == Log(records=(0,), epochs=(0,))
    assert changes["group"] == Group(1)
    assert changes["consumers"] == (Consumer("owner", position=1, to_commit=1, in_flight=(1, 1)),)


def test_where_the_new_leader_has_as_much_of_an_earlier_epoch_nobody_notices() -> None:
    """``maybeCompleteValidation`` compares the end of that epoch with the position, and not the epochs."""
    changes = outcome(roll_back, ConsumerRules(reset="none"), True, 1, (0, 0), READ, Group(2), AHEAD)

    assert changes["log"] == Log(records=(0,), epochs=(0,))
    assert (changes["group"], changes["consumers"]) == (Group(2), AHEAD)


def test_each_offset_is_validated_by_the_epoch_of_the_record_before_it() -> None:
    """Where the new leader has some more of an earlier epoch, who has read further goes back to the end of that."""
    assert list(offsets_left((0, 1, 1, 3), (0, 0, 0))) == [0, 1, 2, 3, 3]
    assert list(offsets_left((0, 1, 1, 3), (0, 2, 2, 2))) == [0, 1, 1, 1, 4]


def test_without_a_reset_policy_it_fails() -> None:
    """LogTruncationException."""
    changes = outcome(roll_back, ConsumerRules(reset="none"), True, 1, (0,), READ, Group(2), AHEAD)

    assert changes["group"] == Group(None)
    assert [consumer.position for consumer in changes["consumers"]] == [None]  # type: ignore[attr-defined]  # consumers


def test_an_offset_that_the_sink_keeps_has_no_leader_epoch() -> None:
    changes = outcome(roll_back, ConsumerRules(commit="with-sink"), True, 1, (0,), READ, Group(2), AHEAD)

    assert changes["group"] == Group(2)


@pytest.mark.parametrize(("reset", "position"), [("earliest", 0), ("latest", 1), ("none", None)])
def test_beyond_the_end_of_the_leaders_log_the_reset_policy_applies(reset: Reset, position: int | None) -> None:
    rules = ConsumerRules(reset=reset)
    reader = (Consumer("owner", position=2),)

    after = outcome(leave_range, rules, True, (0,), None, None, Log(records=(0,)), reader)

    assert after == {"consumers": (Consumer("owner", position=position),)}
    assert list(leave_range.outcomes(rules, True, (0, 2), None, None, Log(records=(0,)), reader)) == []


def test_who_is_out_of_range_and_finds_no_record_that_is_young_enough_waits_for_one() -> None:
    rules, reader = ConsumerRules(reset="by_duration"), (Consumer("owner", position=2),)

    assert list(leave_range.outcomes(rules, True, (), None, None, Log(), reader)) == []
    assert outcome(leave_range, rules, True, (0,), None, None, Log(records=(0,)), reader) == {
        "consumers": (Consumer("owner", position=0),),
        "log": Log(records=(0,)),
    }


@pytest.mark.parametrize(
    ("records", "positions"), [((0, 1), {0, 1}), ((0, 0, 1), {0, 2}), ((1, 0), {0}), ((1, 0, 2), {0, 2})]
)
def test_by_age_a_consumer_starts_where_a_record_is_younger_than_all_before_it(
    records: tuple[int, ...], positions: set[int]
) -> None:
    """A retry carries the time of what is stored already, and so does what has been overtaken."""
    rules, log, reader = ConsumerRules(reset="by_duration"), Log(records=records), Consumer("owner", position=4)
    started = [
        *locate.outcomes(rules, False, True, (Consumer("owner"),), Group(None), log),
        *leave_range.outcomes(rules, True, (), None, None, log, (reader,)),
    ]
    anywhere = locate.outcomes(rules, False, False, (Consumer("owner"),), Group(None), log)

    assert [position_in(each) for each in started] == 2 * sorted(positions)
    assert [position_in(each) for each in anywhere] == list(range(len(records)))


@pytest.mark.parametrize(("reset", "waits"), [("latest", True), ("earliest", False)])
def test_who_is_to_start_behind_what_was_shown_above_the_high_watermark_asks_after_that(
    reset: Reset, waits: bool
) -> None:
    rules, log, reader = ConsumerRules(reset=reset), Log(records=(0, 1)), Consumer("owner", position=4)
    ahead, caught_up = (
        [
            *locate_as_told.outcomes(rules, False, True, (Consumer("owner"),), Group(None), log, latest, None),
            *leave_range.outcomes(rules, True, (), latest, None, log, (reader,)),
        ]
        for latest in (1, 2)
    )
    kept = locate_as_told.outcomes(rules, False, True, (Consumer("owner"),), Group(2), log, 1, None)

    assert [len(ahead), len(caught_up)] == [0 if waits else 2, 2]
    assert [position_in(each) for each in kept] == [2]


def position_in(outcome: Next) -> int | None:
    (reader,) = cast("Consumers", outcome.changes["consumers"])
    return reader.position


@pytest.mark.parametrize(
    ("resends", "kinds", "has_append_times", "ages_by_sending"),
    [
        (False, set[str](), False, True),
        (True, set[str](), False, False),
        (False, {"producer-crash"}, False, False),
        (False, set[str](), True, False),
    ],
)
def test_what_is_sent_anew_is_younger(
    resends: bool, kinds: set[str], has_append_times: bool, ages_by_sending: bool
) -> None:
    producer = attrs.evolve(RETRYING, on_send_failure="resend" if resends else "stop")
    faults, happening = Faults(1), frozenset(kinds)
    produce = produce_half(producer, UNCLEAN, records=1, faults=faults, kinds=happening)
    consume = consume_half(ConsumerRules(reset="by_duration"), records=1, faults=faults, kinds=happening)
    system = in_one_piece(produce, consume, validates_positions=True, has_append_times=has_append_times)

    assert system.rules["ages_by_sending"] == ages_by_sending


@pytest.mark.parametrize(("committed", "position"), [(None, 0), (1, 1), (2, 2)])
def test_who_starts_takes_what_is_committed_be_it_beyond_what_can_be_read(committed: int | None, position: int) -> None:
    """``LocalLog.read`` refuses only what is beyond the log end."""
    after = outcome(locate, ConsumerRules(), False, True, (Consumer("owner"),), Group(committed), Log(records=(0,)))

    assert after == {"consumers": (Consumer("owner", position=position),)}


RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front, max_in_flight=1)
UNCLEAN = BrokerRules(2, 1, elects_uncleanly=True)
CONSUMERS = {
    "earliest": ConsumerRules(),
    "latest": ConsumerRules(reset="latest"),
    "commit before": ConsumerRules(commit_when="before-processing"),
}


def whole(consumer: str, *kinds: str, validates_positions: bool, records: int = 2, is_fine: bool = False) -> System:
    """A pipeline whose leaders may lack what consumers could read."""
    rules, faults, happening = CONSUMERS[consumer], Faults(2), frozenset(kinds)
    produce = produce_half(RETRYING, UNCLEAN, records=records, faults=faults, kinds=happening, is_fine=is_fine)
    consume = consume_half(rules, records=records, faults=faults, kinds=happening, is_fine=is_fine)
    return in_one_piece(produce, consume, validates_positions=validates_positions)


@pytest.mark.parametrize(("validates_positions", "states"), [(False, 15398), (True, 28343)])
def test_how_many_states_a_log_that_rolls_back_has(validates_positions: bool, states: int) -> None:
    system = whole("earliest", "broker-crash", "follower-lag", validates_positions=validates_positions)

    assert explore(system).distinct_states == states


CLAIMS = INVARIANTS["whole"]


def disagreeing(consumer: str, claims: Iterable[str], *, validates_positions: bool) -> list[str]:
    """Those *claims* whose verdict depends on the size of the steps."""

    def ended(statement: Property, *, is_fine: bool) -> str:
        faults = ("broker-crash", "follower-lag")
        system = whole(consumer, *faults, validates_positions=validates_positions, records=1, is_fine=is_fine)
        return explore(system, statement).ended

    return [name for name in claims if ended(CLAIMS[name], is_fine=False) != ended(CLAIMS[name], is_fine=True)]


def test_step_by_step_the_verdicts_are_the_same() -> None:
    assert disagreeing("earliest", ["no-loss"], validates_positions=False) == []


@pytest.mark.slow
@pytest.mark.parametrize(("consumer", "validates_positions"), list(product(CONSUMERS, (False, True))))
def test_step_by_step_the_verdicts_are_the_same_for_every_consumer(consumer: str, validates_positions: bool) -> None:
    assert disagreeing(consumer, CLAIMS, validates_positions=validates_positions) == []
