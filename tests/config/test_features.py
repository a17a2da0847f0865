import pytest

from tests.config.pipelines import messages, read


@pytest.mark.parametrize(
    ("kafka", "eligible_leader_replicas", "transactions"),
    [("2.8", 0, 0), ("3.9", 0, 0), ("4.0", 0, 2), ("4.1", 1, 2), ("4.3", 1, 2)],
)
def test_a_new_cluster_has(kafka: str, eligible_leader_replicas: int, transactions: int) -> None:
    features = read(f'kafka = "{kafka}"\n[producer]').features

    assert features["eligible.leader.replicas.version"] == eligible_leader_replicas
    assert features["transaction.version"] == transactions


def test_a_level_that_is_given_counts() -> None:
    features = read('[producer]\n[features]\n"eligible.leader.replicas.version" = 0\ntransaction.version = 1').features

    assert (features["eligible.leader.replicas.version"], features["transaction.version"]) == (0, 1)


def test_a_level_that_the_version_has_not_is_refused() -> None:
    (message,) = messages('kafka = "3.9"\n[producer]\n[features]\n"eligible.leader.replicas.version" = 1')

    assert message == "eligible.leader.replicas.version of Kafka 3.9.1 is a whole number from 0 to 0, not 1"


def test_a_level_without_effect_on_delivery_is_passed_over() -> None:
    assert "metadata.version" not in read('[producer]\n[features]\n"metadata.version" = "4.1-IV1"').features
