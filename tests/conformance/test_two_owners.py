"""What Kafka's own consumers do to each other: no answer of ours, but what we say of them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import kafka

PROGRAM = Path(__file__).with_name("TwoOwners.java")
TIMEOUT_S = 240

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a real broker of its own listens."""
    try:
        with kafka.running(tmp_path_factory.mktemp("kafka"), may_download=True) as port:
            yield port
    except kafka.UnavailableError as why:
        pytest.skip(f"no real broker: {why}")


def told_by_members(port: int) -> list[str]:
    """What the listeners of two Java members are told, in order."""
    class_path = f"{kafka.jars(may_download=False)}/*"
    java = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", class_path]
    command = [*java, str(PROGRAM), f"127.0.0.1:{port}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S).stdout.splitlines()


def test_a_java_member_takes_a_partition_that_another_one_has_been_given(port: int) -> None:
    """``AbstractMembershipManager.maybeAbortReconciliation``; see the bugs of the consumer protocol."""
    assert told_by_members(port) == ["A takes 0", "A takes 1", "B takes 2", "A takes 2", "A gives up 2"]
