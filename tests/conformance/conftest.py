"""The two brokers that are compared: a real one, and ours."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.conformance import kafka
from tests.conformance.ours import our_side
from tests.conformance.playing import Pair
from tests.conformance.real import now_ms, real_side
from tests.conformance.side import Side
from tests.conformance.story import Story

Meet = Callable[[], AbstractContextManager[Pair]]

STORIES = pytest.StashKey[Iterator[tuple[Story, Story]]]()
AGREED = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Side]:
    """A broker of Apache Kafka; what it is made of is downloaded where slow tests are asked for."""
    is_slow_asked_for = str(request.config.getoption("-m")) != "not slow"
    try:
        with kafka.running(tmp_path_factory.mktemp("kafka"), may_download=is_slow_asked_for) as port:
            yield real_side(port)
    except kafka.UnavailableError as why:
        pytest.skip(f"no real broker: {why}")


@pytest.fixture(scope="session")
def ours(real: Side) -> Side:
    """A broker of ours, in this process."""
    return our_side(now_ms(), real.topic_ids)


@pytest.fixture
def meet(real: Side, ours: Side, request: pytest.FixtureRequest) -> Meet:
    """Begins a sequence on both brokers; the requests that they answer alike are counted."""
    stash = request.config.stash
    stories = stash.setdefault(STORIES, zip(real.stories(), ours.stories(), strict=True))

    def pass_ms(duration_ms: int) -> None:
        real.pass_ms(duration_ms)
        ours.pass_ms(duration_ms)

    @contextmanager
    def met() -> Generator[Pair]:
        second, first = next(stories)
        second.started_ms = second.names.started_ms = first.started_ms
        pair = Pair(first, second, pass_ms)
        try:
            yield pair
        finally:
            pair.close()
        stash[AGREED] = stash.get(AGREED, 0) + pair.asked

    return met


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how much was compared."""
    if agreed := config.stash.get(AGREED, 0):
        terminalreporter.write_line(f"Kafka {kafka.VERSION} and the reference agreed on {agreed} requests")
