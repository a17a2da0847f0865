"""A framework's name of a client's key is a near miss: the client would not know it."""

import pytest

from tests.config.pipelines import problems


@pytest.mark.parametrize(
    "key",
    [
        *("spring.kafka.producer.acks", "request.required.acks"),
        *("producer.acks", "producer.override.acks", "us-west->us-east.producer.acks"),
    ],
)
def test_a_frameworks_name_of_a_key_is_refused_with_the_clients_own(key: str) -> None:
    (problem,) = problems(f'[producer]\nclient = "java"\n[producer.config]\n"{key}" = "1"\n')

    assert "did you mean acks?" in problem.message


@pytest.mark.parametrize("prefix", ["", "producer."])
def test_what_belongs_to_somebody_else_is_none(prefix: str) -> None:
    text = f'[producer]\nclient = "java"\n[producer.config]\n"{prefix}confluent.monitoring.interceptor.acks" = "1"\n'

    assert problems(text) == ()
