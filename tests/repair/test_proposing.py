from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.config.reading import pipeline_in
from ackproof.repair.lever import Option, options
from ackproof.repair.levers import LEVERS
from ackproof.repair.proposing import MOST_CHANGES, WEIGHT, Proposer

PIPELINE = pipeline_in({"kafka": "4.1", "producer": {"config": {"acks": "1"}}, "consumer": {}}, file="p")
ALL = tuple(options(PIPELINE, LEVERS))
FEW = tuple(option for option in ALL if option.change.key.startswith("topic."))[:4]


def proposed(proposer: Proposer) -> list[tuple[Option, ...]]:
    found = list[tuple[Option, ...]]()
    while (chosen := proposer.propose()) is not None:
        found.append(chosen)
        proposer.exclude(chosen)
    return found


def allowed(levers: tuple[Option, ...]) -> list[tuple[Option, ...]]:
    """Every set of at most so many changes with one value of a key."""
    sets = [chosen for size in range(MOST_CHANGES + 1) for chosen in combinations(levers, size)]
    return [chosen for chosen in sets if len({option.change.key for option in chosen}) == len(chosen)]


def test_every_set_comes_once_the_smaller_first() -> None:
    found = proposed(Proposer(FEW, {}))

    assert sorted(found, key=str) == sorted(allowed(FEW), key=str)
    assert [len(chosen) for chosen in found] == sorted(len(chosen) for chosen in found)


def test_settings_come_before_upgrades_and_these_before_the_application() -> None:
    levers = tuple(next(o for o in ALL if o.lever.where == where) for where in WEIGHT) + FEW[:2]
    weights = [sum(WEIGHT[option.lever.where] for option in chosen) for chosen in proposed(Proposer(levers, {}))]

    assert weights == sorted(weights)


def test_what_is_needed_comes_with_it() -> None:
    first, second, *_ = FEW
    found = proposed(Proposer(FEW, {first: ((second,),)}))

    assert all(second in chosen for chosen in found if first in chosen)
    assert not any(first in chosen for chosen in proposed(Proposer(FEW, {first: ()})))


THREE = FEW[:3]
subsets = st.lists(st.sampled_from(THREE), unique=True, max_size=3)


@settings(max_examples=50)
@given(st.lists(st.tuples(subsets, subsets), max_size=3))
def test_what_was_learned_rules_out_just_what_contradicts_it(lessons: list[tuple[list[Option], list[Option]]]) -> None:
    proposer = Proposer(THREE, {})
    for tried, one_of in lessons:
        proposer.learn(tried, one_of)

    def is_right(chosen: tuple[Option, ...]) -> bool:
        return all(not set(tried) <= set(chosen) or bool(set(one_of) & set(chosen)) for tried, one_of in lessons)

    assert sorted(proposed(proposer), key=str) == sorted(filter(is_right, allowed(THREE)), key=str)


def test_more_changes_are_proposed_only_if_they_spare_a_cost() -> None:
    dear = next(option for option in ALL if option.change.key.endswith("retries"))
    proposer = Proposer((dear, *FEW), {})
    proposer.surpass((dear,))

    assert not any(dear in chosen for chosen in proposed(proposer) if len(chosen) > 1)
