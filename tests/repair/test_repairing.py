"""The smallest repairs are those that brute force finds."""

from itertools import combinations

import pytest

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.judging.oracle import Oracle
from ackproof.repair.change import Change, changed
from ackproof.repair.lever import Option, options
from ackproof.repair.levers import LEVERS
from ackproof.repair.repairing import KINDS, Failed, Judged, Repair, Search, kind, repairs

JAVA = {"kafka": "4.3", "topic": {"min.insync.replicas": "2"}}


def pipeline(document: dict[str, object], claims: list[str], kinds: list[str], at_most: int = 1) -> Pipeline:
    rest = {"faults": {"kinds": kinds, "at_most": at_most}, "claims": {"expect": claims}, "bounds": {"records": 2}}
    return pipeline_in({**JAVA, **document, **rest}, file="p")


def consumer(**given: object) -> dict[str, object]:
    return {"consumer": {"config": {"group.id": "g", "auto.offset.reset": "earliest"}, **given}}


CASES = {
    "acks": pipeline({"producer": {"config": {"acks": "1"}}}, ["no-loss"], ["broker-crash"]),
    "two keys": pipeline(
        {"topic": {}, "producer": {"config": {"acks": "1"}}}, ["no-loss"], ["follower-lag", "broker-crash"], 2
    ),
    "idempotence": pipeline(
        {"producer": {"client": "librdkafka"}}, ["no-duplicates", "no-loss", "in-order"], ["response-lost"]
    ),
    "commit first": pipeline(
        consumer(commit="sync", commit_when="before-processing"), ["at-least-once", "at-most-once"], ["consumer-crash"]
    ),
    "latest": pipeline(
        {"consumer": {"commit": "sync", "config": {"group.id": "g", "auto.offset.reset": "latest"}}}, ["no-loss"], []
    ),
    "automatic commits": pipeline(
        {
            "consumer": {
                "client": "aiokafka",
                "config": {"group_id": "g", "auto_offset_reset": "earliest", "enable_auto_commit": True},
            }
        },
        ["no-loss"],
        ["consumer-crash"],
    ),
    "old brokers": pipeline(
        {"kafka": "2.3", "topic": {}, "producer": {}}, ["no-loss"], ["follower-lag", "broker-crash"], 2
    ),
}


MOST = 3
"""As many changes brute force looks at."""


def in_time() -> bool:
    return True


def oracle() -> Oracle:
    return Oracle(lambda: 60.0)


def searched(of: Pipeline) -> Search:
    return repairs(of, tuple(options(of, LEVERS)), oracle(), has_time=in_time)


def costs(chosen: tuple[Option, ...]) -> set[str]:
    return {of for option in chosen for of in option.pays}


def brute_force(of: Pipeline, most: int) -> list[tuple[Option, ...]]:
    """All sets of up to *most* changes under which all claims hold, without those that contain another."""
    judge, found = oracle(), list[tuple[Option, ...]]()
    for size in range(most + 1):
        for chosen in combinations(options(of, LEVERS), size):
            is_new = not any(set(smaller) <= set(chosen) for smaller in found)
            after = changed(of, frozenset(option.change for option in chosen))
            if is_new and len({option.change.key for option in chosen}) == size and after and judge(after) == "holds":
                found.append(chosen)
    return found


def is_stronger(one: tuple[Option, ...], other: tuple[Option, ...]) -> bool:
    """Whether *one* differs from *other* only by a dearer value of a key, at the same costs."""
    more, less = set(one) - set(other), set(other) - set(one)
    if len(more) != 1 or len(less) != 1:
        return False
    (dearer,), (cheaper,) = more, less
    is_same_key = dearer.change.key == cheaper.change.key and dearer.pays == cheaper.pays
    return is_same_key and LEVERS.index(dearer.lever) > LEVERS.index(cheaper.lever)


def frontier(found: list[tuple[Option, ...]]) -> set[tuple[Option, ...]]:
    """Those of the cheapest kind of which no smaller one costs nothing more."""
    kinds = [kind(chosen) for chosen in found]
    cheapest = [chosen for chosen in found if kind(chosen) == min(kinds, key=KINDS.index)]

    def is_surpassed(chosen: tuple[Option, ...]) -> bool:
        return any(len(other) < len(chosen) and costs(other) <= costs(chosen) for other in cheapest) or any(
            is_stronger(chosen, other) for other in cheapest
        )

    return {chosen for chosen in cheapest if not is_surpassed(chosen)}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_repairs_are_those_that_brute_force_finds(name: str) -> None:
    expected = frontier(brute_force(CASES[name], MOST))
    found = {repair.options for repair in searched(CASES[name]).repairs}

    assert {chosen for chosen in found if len(chosen) <= MOST} <= expected
    assert len(found) >= min(5, len(expected))


def test_one_setting_repairs_what_one_setting_breaks() -> None:
    found = searched(CASES["acks"])

    assert [repair.changes for repair in found.repairs] == [(Change("producer.config.acks", "all"),)]
    assert (found.repairs[0].where, found.is_complete) == ("configuration", True)


def test_what_no_setting_repairs_the_application_may() -> None:
    found = [{change.key for change in repair.changes} for repair in searched(CASES["commit first"]).repairs]

    assert found == [{"consumer.commit_when", "consumer.sink"}, {"consumer.commit_when", "consumer.commit"}]


def test_what_a_client_refuses_alone_is_changed_with_what_it_needs() -> None:
    first = searched(CASES["automatic commits"]).repairs[0]

    assert {change.key: change.value for change in first.changes} in (
        {"consumer.config.enable_auto_commit": "false", "consumer.commit": "sync"},
        {"consumer.config.enable_auto_commit": "false", "consumer.commit": "with-sink"},
    )


def test_without_time_nothing_is_tried() -> None:
    found = repairs(CASES["acks"], list(options(CASES["acks"], LEVERS)), oracle(), has_time=lambda: False)

    assert (found.repairs, found.tried, found.is_complete) == ((), 0, False)


def test_what_can_not_be_decided_is_no_repair_and_is_counted() -> None:
    asked = list[int]()

    def unsure(_: Pipeline) -> Judged:
        asked.append(1)
        return "unknown" if len(asked) > 1 else Failed(lambda _: True)

    levers = list(options(CASES["acks"], LEVERS))[:3]
    found = repairs(CASES["acks"], levers, unsure, has_time=in_time)

    assert (found.repairs, found.is_complete) == ((), len(asked) == 1)
    assert found.undecided == len(asked) - 1


def test_what_nothing_prevents_is_told_by_its_faults() -> None:
    def hopeless(_: Pipeline) -> Judged:
        return Failed(lambda _: True, ("retention",))

    found = repairs(CASES["acks"], list(options(CASES["acks"], LEVERS)), hopeless, has_time=in_time)

    assert (found.repairs, found.tried, found.faults) == ((), 1, ("retention",))


def test_of_larger_repairs_those_are_of_interest_that_spare_a_cost() -> None:
    levers = {option.change.key: option for option in options(CASES["acks"], LEVERS)}
    one, cheap, other = (levers[f"producer.config.{key}"] for key in ("acks", "retries", "transactional.id"))
    throttled = levers["producer.config.max.in.flight.requests.per.connection"]
    right = [{throttled}, {one, cheap}, {other, one, cheap}]

    def judge(after: Pipeline) -> Judged:
        holds = any(changed(CASES["acks"], frozenset(o.change for o in chosen)) == after for chosen in right)
        return "holds" if holds else Failed(lambda _: False)

    found = repairs(CASES["acks"], [one, cheap, throttled, other], judge, has_time=in_time)

    assert [set(repair.options) for repair in found.repairs] == [{throttled}, {one, cheap}]
    assert isinstance(found.repairs[0], Repair)
