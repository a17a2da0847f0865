from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.repair.change import Change
from ackproof.repair.sweeping import Answers, Axis, Cell, sweep, weakest_safe

PIPELINE = pipeline_in({"producer": {"config": {"acks": "1"}}, "claims": {"expect": ["no-loss"]}}, file="p")
ACKS = Axis("producer.config.acks", ("0", "1", "all"))
ORDER = Axis("producer.config.enable.idempotence", ("false", "true"))


def all_acks_hold(pipeline: Pipeline) -> Answers:
    assert pipeline.producer is not None
    return {"no-loss": "holds" if pipeline.producer.acks == "all" else "violated"}


def test_each_combination_is_a_cell_and_what_is_refused_has_no_answer() -> None:
    cells = sweep(PIPELINE, [ACKS, ORDER], all_acks_hold)

    assert [cell.place for cell in cells] == list(product(range(3), range(2)))
    assert [bool(cell.answers) for cell in cells] == [True, False, True, False, True, True]
    assert cells[-1].changes == (Change(ACKS.key, "all"), Change(ORDER.key, "true"))


def test_the_weakest_safe_cell_has_no_safe_one_below() -> None:
    cells = sweep(PIPELINE, [ACKS, ORDER], all_acks_hold)

    assert [cell.place for cell in weakest_safe(cells)] == [(2, 0)]


@given(st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)), st.booleans(), min_size=1))
def test_the_weakest_safe_cells_are_those_that_a_definition_names(safe: dict[tuple[int, ...], bool]) -> None:
    cells = [Cell(place, (), {"c": "holds" if is_safe else "violated"}) for place, is_safe in safe.items()]
    places = {place for place, is_safe in safe.items() if is_safe}

    def is_below(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        return one != other and all(a <= b for a, b in zip(one, other, strict=True))

    minimal = {place for place in places if not any(is_below(other, place) for other in places)}

    assert {cell.place for cell in weakest_safe(cells)} == minimal


def test_a_sweep_over_versions_takes_what_is_left_out_from_each() -> None:
    found = list[tuple[str, str, int]]()

    def judge(pipeline: Pipeline) -> Answers:
        assert pipeline.producer is not None
        found.append((pipeline.kafka, pipeline.producer.client.version, pipeline.features["transaction.version"]))
        return {"no-loss": "holds"}

    sweep(PIPELINE, [Axis("kafka", ("2.8", "4.3"))], judge)

    assert found == [("2.8", "2.8.2", 0), ("4.3", "4.3.1", 2)]
