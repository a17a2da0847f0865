"""What is drawn can be run."""

import pytest
from hypothesis import given, settings

from ackproof.config.reading import pipeline_in
from ackproof.testing import pipelines, workloads
from ackproof.testing.configured import Document

FIXED = {"client": "librdkafka", "commit": "auto", "config": {"group.id": "ledger"}}


@settings(max_examples=100)
@given(pipelines())
def test_every_pipeline_can_be_run(document: Document) -> None:
    pipeline = pipeline_in(document, file="pipeline")

    assert pipeline.producer
    assert pipeline.consumer


@settings(max_examples=20)
@given(pipelines(kafka="4.1", producer=None, consumer=FIXED, claims=["in-order"], records=2))
def test_what_is_fixed_stays(document: Document) -> None:
    pipeline = pipeline_in(document, file="pipeline")

    assert (pipeline.kafka, pipeline.producer, pipeline.claims) == ("4.1", None, ("in-order",))
    assert pipeline.bounds.records == 2
    assert pipeline.consumer
    assert (pipeline.consumer.client.name, pipeline.consumer.commit) == ("librdkafka", "auto")
    assert pipeline.consumer.group_id == "ledger"


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_a_pipeline_without_clients_is_refused() -> None:
    with pytest.raises(ValueError, match="a producer or a consumer"):
        pipelines(producer=None, consumer=None).example()


@settings(max_examples=20)
@given(workloads(least=2, most=3))
def test_the_records_of_a_workload_differ(values: list[object]) -> None:
    assert len(set(values)) == len(values) in {2, 3}
