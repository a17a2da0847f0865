"""A broker on a socket, in a thread of its own."""

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.serving.serving import Serving

PATIENCE_S = 60
"""How long anything is waited for before a test fails."""

QUICK = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1_000,
    "offsets.topic.num.partitions": 2,
    "transaction.state.log.num.partitions": 2,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 100,
}


@contextmanager
def served(topics: Mapping[str, int], settings: Mapping[str, object] | None = None) -> Generator[str]:
    """The address of a broker that listens; it stops cleanly at the end."""
    serving = Serving(0, topics, BrokerSettings.of({**QUICK, **(settings or {})}), Disk())
    is_up, is_over = threading.Event(), threading.Event()

    async def run() -> None:
        await serving.start()
        is_up.set()
        await asyncio.to_thread(is_over.wait)
        await serving.stop()
        serving.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert is_up.wait(PATIENCE_S)
    try:
        yield f"{serving.address.host}:{serving.address.port}"
    finally:
        is_over.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    """Try again and again until *condition* holds."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.01)
