"""The two brokers that are compared: a real one, and ours."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest

from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.standalone import standalone
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.request import Caller
from tests.conformance import kafka
from tests.conformance.ours import InProcess
from tests.conformance.playing import Pair
from tests.conformance.real import Socket
from tests.conformance.side import Side
from tests.conformance.story import Story


def now_ms() -> int:
    return time.time_ns() // 1_000_000


Meet = Callable[[], AbstractContextManager[Pair]]

STORIES = pytest.StashKey[Iterator[tuple[Story, Story]]]()
AGREED = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Side]:
    """A broker of Apache Kafka; what it is made of is downloaded where slow tests are asked for."""
    is_slow_asked_for = str(request.config.getoption("-m")) != "not slow"
    try:
        with kafka.running(tmp_path_factory.mktemp("kafka"), may_download=is_slow_asked_for) as port:
            side = Side(partial(Socket, port), lambda duration_ms: time.sleep(duration_ms / 1_000), now_ms)
            side.warm_up()
            yield side
    except kafka.UnavailableError as why:
        pytest.skip(f"no real broker: {why}")


@pytest.fixture(scope="session")
def ours() -> Side:
    """A broker of ours, in this process."""
    clock = VirtualClock(now_ms())
    broker = standalone(clock, Disk(), BrokerSettings.of(kafka.SETTINGS))
    clock.run_until(clock.now_ms + 1_000)
    connections = iter(range(1, 1 << 40))
    side = Side(
        lambda: InProcess(broker, clock, Caller(next(connections))),
        lambda duration_ms: clock.run_until(clock.now_ms + duration_ms),
        lambda: clock.now_ms,
    )
    side.warm_up()
    return side


@pytest.fixture
def meet(real: Side, ours: Side, request: pytest.FixtureRequest) -> Meet:
    """Begins a sequence on both brokers; the requests that they answer alike are counted."""
    stash = request.config.stash
    stories = stash.setdefault(STORIES, zip(ours.stories(), real.stories(), strict=True))

    def pass_ms(duration_ms: int) -> None:
        real.pass_ms(duration_ms)
        ours.pass_ms(duration_ms)

    @contextmanager
    def met() -> Generator[Pair]:
        first, second = next(stories)
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
