"""The reference broker as a process: it listens on this machine alone, until it is told to stop."""

import asyncio
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from traceback import print_exception
from typing import TypeVar

from ackproof.reference.broker.rules import Rules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.standalone import alone, started
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.storage.disk import Disk, Storage
from ackproof.reference.log.storage.folder import Folder
from ackproof.reference.protocol.request import Address
from ackproof.reference.serving.clock import LoopClock
from ackproof.reference.serving.connection import Connection

T = TypeVar("T")

HOST = "127.0.0.1"

LISTEN_BACKLOG = 50
"""Source: ``socket.listen.backlog.size``."""


class Serving:
    """A broker that is alone, and its connections."""

    def __init__(self, port: int, topics: Mapping[str, int], settings: BrokerSettings, storage: Storage) -> None:
        """
        Nothing listens yet.

        Args:
            port: Where it is to listen; 0 for any that is free.
            topics: Those to be created, with so many partitions, unless they are there.
            settings: What it is configured with.
            storage: Where it keeps what it is given.
        """
        # What is bound now is known to clients before the broker is up; it listens only then.
        self._socket = bound(port)
        self.address = Address(HOST, self._socket.getsockname()[1])
        self._topics = topics
        self._settings = settings
        self._storage = storage
        self._connections: dict[Connection, None] = {}
        self._connected = 0

    async def start(self) -> None:
        """
        Listen, once the broker is up and its topics are there.

        Raises:
            ValueError: A topic can not be created.
        """
        loop = asyncio.get_running_loop()
        self._broker, created = started(
            LoopClock(loop), self._storage, alone(self._settings), Random(), self.address, self._topics, Rules()
        )
        self._broker.report = print_exception
        await settled(created)
        self._server = await loop.create_server(self._connection, sock=self._socket, backlog=LISTEN_BACKLOG)

    async def stop(self) -> None:
        """Stop cleanly."""
        self._server.close()
        await settled(self._broker.stop())
        for connection in list(self._connections):
            connection.close()

    def close(self) -> None:
        """Nothing is bound any more."""
        self._socket.close()

    def _connection(self) -> Connection:
        self._connected += 1
        connection = Connection(
            self._broker, self._connected, self._settings.socket_request_max_bytes, self._connections.pop
        )
        self._connections[connection] = None
        return connection


def bound(port: int) -> socket.socket:
    """
    A socket with that port.

    Raises:
        OSError: The port is taken.
    """
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made


async def settled(future: Future[T]) -> T:
    """Wait for *future* in the loop that is running."""
    done = asyncio.Event()
    future.then(done.set)
    await done.wait()
    return future.result()


def serve(
    port: int,
    topics: Mapping[str, int],
    settings: Mapping[str, object],
    data_dir: Path | None = None,
    announce: Callable[[str], None] = print,
) -> None:
    """
    Serve clients on this machine until SIGTERM or SIGINT, then stop cleanly.

    Args:
        port: Where to listen; 0 for any port that is free.
        topics: Those to be created, with so many partitions.
        settings: The broker's, by Kafka's keys.
        data_dir: Where records are kept; None for in memory.
        announce: Is told one line once clients can connect.

    Raises:
        ValueError: A setting that is not known or not valid.
        OSError: The port is taken, or the folder is.
    """
    given = BrokerSettings.of(settings)
    folder = Folder(data_dir) if data_dir else None
    try:
        if folder:
            folder.lock()
        asyncio.run(_serve(Serving(port, topics, given, folder or Disk()), announce))
    finally:
        if folder:
            folder.close()


async def _serve(serving: Serving, announce: Callable[[str], None]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    starting, stopping = loop.create_task(serving.start()), loop.create_task(stopped.wait())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            announce(f"listening on {serving.address.host}:{serving.address.port}")
            await stopping
            await serving.stop()
    finally:
        serving.close()
