"""A real Kafka 4.3.1 and the reference tell the same of themselves, and both are left as they were."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest

from ackproof.reference.protocol.request import Address
from ackproof.reference.surveying.live import survey
from ackproof.reference.surveying.survey import SetValue, Survey, SurveyedTopic, UnknownTopicError
from tests.conformance import kafka
from tests.reference.serving.served import served
from tests.reference.surveying.creating import create

GIVEN = {"cleanup.policy": "compact,delete", "min.insync.replicas": "1", "segment.ms": "3600000"}

OF_ITS_BROKER = ("file.delete.delay.ms", "segment.index.bytes")
"""What the real broker is configured with, and the reference has none of."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Address, Address]]:
    """A real broker and one of ours, configured alike, with the same topics."""
    folder: Path = tmp_path_factory.mktemp("kafka")
    with ExitStack() as stack:
        try:
            port = stack.enter_context(kafka.running(folder, may_download=True))
        except kafka.UnavailableError as why:
            pytest.skip(f"no real broker: {why}")
        ours = stack.enter_context(served({}, kafka.SETTINGS))
        both = (f"127.0.0.1:{port}", ours)
        for server in both:
            create(server, "orders", 1)
            create(server, "payments", 3, GIVEN)
        yield Address("127.0.0.1", port), Address("127.0.0.1", int(ours.rpartition(":")[2]))


def of_topics(found: Survey) -> list[SurveyedTopic]:
    return [
        attrs.evolve(topic, settings=tuple(each for each in topic.settings if each.key not in OF_ITS_BROKER))
        for topic in found.topics
    ]


def test_both_tell_the_same_of_their_topics(addresses: tuple[Address, Address]) -> None:
    real, ours = (survey([address]) for address in addresses)

    assert of_topics(real) == of_topics(ours)
    assert {each.key for each in real.topics[1].settings} > GIVEN.keys()


def test_both_are_of_the_same_release_and_features(addresses: tuple[Address, Address]) -> None:
    real, ours = (survey([address]) for address in addresses)

    assert (real.release, ours.release) == ("4.3", "4.3")
    assert real.features.items() >= ours.features.items()


def test_a_setting_of_the_real_broker_is_told_with_its_source(addresses: tuple[Address, Address]) -> None:
    (broker,) = survey(addresses[:1]).brokers

    key = "log.index.size.max.bytes"
    assert SetValue(key, "4096", "STATIC_BROKER_CONFIG", 1, key) in broker.settings


def test_neither_has_another_topic_after_it_was_asked_for(addresses: tuple[Address, Address]) -> None:
    for address in addresses:
        with pytest.raises(UnknownTopicError, match=r"no topic payment; did you mean payments\?"):
            survey([address], ["payment"])

        assert [topic.name for topic in survey([address]).topics] == ["orders", "payments"]
