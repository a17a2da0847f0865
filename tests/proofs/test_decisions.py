"""Truncation points and commit fencing on terms are what they are on numbers."""

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from ackproof.model.consume.consumer import Consumer, Status
from ackproof.model.consume.coordinator import CLASSIC, Coordinator
from ackproof.model.consume.log import Group
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA, EAGER
from ackproof.model.consume.requests import answers
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.truncation import (
    EpochEnd,
    Log,
    after_a_round,
    after_one_answer,
    common_prefix,
    end_of_epoch,
)
from ackproof.proofs.logic import ALWAYS, Number, is_true_of, number, value_of
from ackproof.proofs.paths import Path, paths
from ackproof.proofs.theorems.truncation import OWN, Rules, looked_up

SMALL = st.integers(-3, 8)


def unknown(name: str) -> int:
    """An unknown number where the model takes an int."""
    return cast("int", number(name))


def cut_for(found: list[Path[tuple[int, bool]]], **values: int) -> tuple[int, bool]:
    """The result of the one path that is taken for *values*."""
    (path,) = (path for path in found if is_true_of(path.condition, values))
    offset, is_last = path.result
    term = cast("object", offset)
    return value_of(term, values) if isinstance(term, Number) else offset, is_last


W, END = unknown("w"), unknown("end")
ANSWER, OWN_END = (unknown("epoch"), unknown("offset")), (unknown("own epoch"), unknown("own offset"))


def once(has: int) -> list[Path[tuple[int, bool]]]:
    answer = ANSWER if has else None
    return list(paths(lambda: (after_one_answer(answer, W, END), True), ALWAYS))


ONCE = {has: once(has) for has in (0, 1)}


@given(has=st.sampled_from((0, 1)), w=SMALL, end=SMALL, epoch=SMALL, offset=SMALL)
def test_where_one_answer_cuts_on_terms_is_where_it_cuts(has: int, w: int, end: int, epoch: int, offset: int) -> None:
    answer = (epoch, offset) if has else None

    assert cut_for(ONCE[has], w=w, end=end, epoch=epoch, offset=offset)[0] == after_one_answer(answer, w, end)


def round_of(has: int, knows: int) -> list[Path[tuple[int, bool]]]:
    answer, own = ANSWER if has else None, OWN_END if knows else None
    return list(paths(lambda: after_a_round(answer, own, W, END), ALWAYS))


ROUND = {(has, knows): round_of(has, knows) for has in (0, 1) for knows in (0, 1)}


@given(case=st.sampled_from(sorted(ROUND)), numbers=st.tuples(SMALL, SMALL, SMALL, SMALL, SMALL, SMALL))
def test_where_a_round_cuts_on_terms_is_where_it_cuts(
    case: tuple[int, int], numbers: tuple[int, int, int, int, int, int]
) -> None:
    w, end, epoch, offset, own, own_offset = numbers
    values = {"w": w, "end": end, "epoch": epoch, "offset": offset, "own epoch": own, "own offset": own_offset}
    answer, found = (epoch, offset) if case[0] else None, (own, own_offset) if case[1] else None

    assert cut_for(ROUND[case], **values) == after_a_round(answer, found, w, end)


def log_of(*epochs: int) -> Log:
    return tuple(Batch(place, partition_leader_epoch=epoch) for place, epoch in enumerate(epochs))


EPOCHS = st.lists(st.integers(0, 3), max_size=5).map(sorted)


@given(epochs=EPOCHS, asked=st.integers(0, 4))
def test_the_end_of_an_epoch_is_what_the_theorem_takes_it_for(epochs: list[int], asked: int) -> None:
    found = end_of_epoch(log_of(*epochs), asked)

    assert is_as_taken(Rules(knows_every_epoch=False), epochs, asked, found)


@given(epochs=EPOCHS.filter(bool), asked=st.integers(0, 4), wrong=st.tuples(st.integers(0, 4), st.integers(0, 5)))
def test_no_other_end_of_an_epoch_is_what_the_theorem_takes_it_for(
    epochs: list[int], asked: int, wrong: tuple[int, int]
) -> None:
    found = end_of_epoch(log_of(*epochs), asked)

    assert wrong == found or not is_as_taken(Rules(knows_every_epoch=False), epochs, asked, wrong)


def is_as_taken(rules: Rules, epochs: list[int], asked: int, found: EpochEnd | None) -> bool:
    """Whether what the theorem assumes of a lookup is true of *found*."""
    at = {name: number(name) for name in ("first", *OWN)}
    end, offset, epoch = len(epochs), found[1] if found else 0, found[0] if found else 0
    places = {"first": 0, OWN[0]: end - 1, OWN[1]: offset - 1, OWN[2]: offset}
    values = {name: epochs[place] if 0 <= place < end else -1 for name, place in places.items()}
    known = {"end": end, "asked": asked, "offset": offset, "epoch": epoch}
    terms = (number("epoch"), number("offset"))
    ways = looked_up(rules, at, number("end"), number("asked"), terms, OWN)
    return any(is_true_of(holds, values | known) for holds, is_found in ways if is_found == (found is not None))


@st.composite
def matching_logs(draw: st.DrawFn) -> tuple[Log, Log]:
    """A follower's log and its leader's, as two leaders after each other may have left them."""
    shared = draw(EPOCHS)
    last = shared[-1] if shared else 0
    rest = sorted(draw(st.lists(st.integers(last + 1, last + 6), max_size=4)))
    mine = [epoch for epoch in rest if epoch % 2]
    others = [epoch for epoch in rest if not epoch % 2]
    if draw(st.booleans()):
        mine = [last] * draw(st.integers(0, 2)) + mine if shared else mine
    follower = tuple(Batch(10 + place, partition_leader_epoch=epoch) for place, epoch in enumerate(mine))
    return log_of(*shared) + follower, log_of(*shared) + log_of(*others)


def end_known(log: Log, epoch: int) -> EpochEnd:
    """
    The end of an epoch as leaders have known it since KAFKA-7415.

    The first epoch stands for all before it, and the leader's own, which is the highest, begins where its log ends.
    """
    epochs = [batch.partition_leader_epoch for batch in log]
    if not epochs or epoch < epochs[0]:
        return epoch, 0
    end = next((place for place, other in enumerate(epochs) if other > epoch), len(epochs))
    return epochs[end - 1], end


@given(logs=matching_logs(), high_watermark=st.integers(0, 3))
def test_round_by_round_logs_are_cut_where_they_part(logs: tuple[Log, Log], high_watermark: int) -> None:
    follower, leader = logs
    end, is_last = len(follower), False
    while end and not is_last:
        answer = end_known(leader, follower[end - 1].partition_leader_epoch)
        end, is_last = after_a_round(answer, end_known(follower[:end], answer[0]), high_watermark, end)

    assert end == common_prefix(follower, leader)


REBALANCING = {"eager": EAGER, "cooperative": COOPERATIVE, "librdkafka": COOPERATIVE_LIBRDKAFKA}
STATUSES: tuple[Status, ...] = ("joining", "member", "owner", "out", "silent")


def decided(
    name: str, status: Status, members: frozenset[int], generations: tuple[int, int], is_rejoining: bool
) -> list[str]:
    sender = Consumer(status, generation=generations[0], is_rejoining=is_rejoining)
    rules, coordinator = ConsumerRules(rebalancing=REBALANCING[name]), Coordinator("completing", members)
    return list(answers(rules, CLASSIC, (sender,), Group(generation=generations[1]), coordinator, 0))


@given(
    name=st.sampled_from(sorted(REBALANCING)),
    status=st.sampled_from(STATUSES),
    members=st.sampled_from((frozenset[int](), frozenset({0}))),
    is_rejoining=st.booleans(),
    x=SMALL,
    y=SMALL,
)
def test_what_becomes_of_a_commit_on_terms_is_what_becomes_of_it(
    name: str, status: Status, members: frozenset[int], is_rejoining: bool, x: int, y: int
) -> None:
    found = list(paths(lambda: decided(name, status, members, (unknown("x"), unknown("y")), is_rejoining), ALWAYS))
    (path,) = (path for path in found if is_true_of(path.condition, {"x": x, "y": y}))

    assert path.result == decided(name, status, members, (x, y), is_rejoining)
