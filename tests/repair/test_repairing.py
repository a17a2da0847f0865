"""The smallest repairs are those that brute force finds."""

from collections.abc import Iterator
from itertools import combinations

import pytest

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.oracle import judged
from ackproof.repair.change import Change, changed
from ackproof.repair.lever import options
from ackproof.repair.repairing import Failed, Judged, by_configuration_first, repairs

JAVA = {"kafka": "4.3", "topic": {"min.insync.replicas": "2"}}


def pipeline(document: dict[str, object], claims: list[str], kinds: list[str], at_most: int = 1) -> Pipeline:
    rest = {"faults": {"kinds": kinds, "at_most": at_most}, "claims": {"expect": claims}}
    return pipeline_in({**JAVA, **document, **rest}, file="p")


CASES = {
    "acks": pipeline({"producer": {"config": {"acks": "1"}}}, ["no-loss"], ["broker-crash"]),
    "two keys": pipeline(
        {"topic": {}, "producer": {"config": {"acks": "1"}}}, ["no-loss"], ["follower-lag", "broker-crash"], 2
    ),
    "idempotence": pipeline(
        {"producer": {"client": "librdkafka"}}, ["no-duplicates", "no-loss", "in-order"], ["response-lost"]
    ),
    "commit first": pipeline(
        {
            "consumer": {
                "commit": "sync",
                "commit_when": "before-processing",
                "config": {"group.id": "g", "auto.offset.reset": "earliest"},
            }
        },
        ["at-least-once", "at-most-once"],
        ["consumer-crash"],
    ),
    "latest": pipeline(
        {"consumer": {"commit": "sync", "config": {"group.id": "g", "auto.offset.reset": "latest"}}}, ["no-loss"], []
    ),
}


def in_time() -> bool:
    return True


def brute_force(of: Pipeline, most: int) -> set[frozenset[Change]]:
    """The smallest sets of changes under which all claims hold, by trying all."""
    found, is_wider = by_configuration_first(of, judged, has_time=in_time)
    del found
    levers = [option for option in options(of) if is_wider or option.lever.where == "configuration"]
    for size in range(most + 1):
        right = set(tried(of, [frozenset(option.change for option in chosen) for chosen in combinations(levers, size)]))
        if right:
            return right
    return set()


def tried(of: Pipeline, sets: list[frozenset[Change]]) -> Iterator[frozenset[Change]]:
    for changes in sets:
        after = changed(of, changes)
        if len({change.key for change in changes}) == len(changes) and after and judged(after) == "holds":
            yield changes


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_repairs_are_among_the_smallest_that_brute_force_finds(name: str) -> None:
    found, _ = by_configuration_first(CASES[name], judged, has_time=in_time)
    smallest = brute_force(CASES[name], 2)

    assert found.repairs
    assert {frozenset(repair.changes) for repair in found.repairs} <= smallest
    assert len(found.repairs) == min(3, len(smallest))


def test_one_setting_repairs_what_one_setting_breaks() -> None:
    found, needs_the_application = by_configuration_first(CASES["acks"], judged, has_time=in_time)

    assert [repair.changes for repair in found.repairs] == [(Change("producer.config.acks", "all"),)]
    assert not needs_the_application


def test_what_no_setting_repairs_the_application_may() -> None:
    found, needs_the_application = by_configuration_first(CASES["commit first"], judged, has_time=in_time)

    assert needs_the_application
    assert {change.key for change in found.repairs[0].changes} == {"consumer.commit", "consumer.commit_when"}


def test_without_time_nothing_is_tried() -> None:
    found = repairs(CASES["acks"], list(options(CASES["acks"])), judged, has_time=lambda: False)

    assert (found.repairs, found.tried, found.is_complete) == ((), 0, False)


def test_what_can_not_be_decided_is_no_repair_and_is_counted() -> None:
    asked = list[int]()

    def unsure(_: Pipeline) -> Judged:
        asked.append(1)
        return "unknown" if len(asked) > 1 else Failed(lambda _: True)

    levers = list(options(CASES["acks"]))[:3]
    found = repairs(CASES["acks"], levers, unsure, has_time=in_time)

    assert (found.repairs, found.is_complete) == ((), False)
    assert found.undecided == len(asked) - 1
