import pytest

from ackproof.config.clients.definitions import definitions, may_be_known, table
from ackproof.config.versions import parts

NAMES = (
    *("java-producer", "java-consumer", "topic", "broker", "librdkafka", "kafka-python-producer"),
    *("kafka-python-consumer", "aiokafka-producer", "aiokafka-consumer"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_runs_of_a_key_do_not_overlap(name: str) -> None:
    for key, runs in table(name).keys.items():
        ends = [end for run in runs for end in (run.first, run.last)]
        assert ends == sorted(ends), key
        assert len({run.first for run in runs}) == len(runs), key


@pytest.mark.parametrize("name", NAMES)
def test_runs_begin_and_end_with_listed_releases(name: str) -> None:
    listed = {parts(version) for version in table(name).versions}

    assert {end for runs in table(name).keys.values() for run in runs for end in (run.first, run.last)} <= listed


@pytest.mark.parametrize(("kafka", "default"), [((3, 9), "0"), ((4, 0), "5")])
def test_a_default_is_that_of_the_release(kafka: tuple[int, ...], default: str) -> None:
    assert definitions("java-producer", kafka)["linger.ms"].default == default


def test_a_key_that_a_release_has_not_is_not_there() -> None:
    assert "delivery.timeout.ms" not in definitions("java-producer", (2, 0))


def test_an_alias_names_its_key() -> None:
    assert definitions("librdkafka", (2, 16))["acks"].alias_of == "request.required.acks"


@pytest.mark.parametrize(("kafka", "may"), [((2, 8, 2), False), ((3, 4, 1), True), ((3, 6, 2), True)])
def test_between_two_releases_a_key_of_the_newer_one_may_be_there(kafka: tuple[int, ...], may: bool) -> None:
    assert may_be_known("broker", kafka, "process.roles") is may
