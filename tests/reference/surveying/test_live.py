"""Clusters on sockets are surveyed."""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from ackproof.reference.protocol.codec import decode_request, encode_response
from ackproof.reference.protocol.request import Address
from ackproof.reference.surveying.live import survey
from ackproof.reference.surveying.survey import SetValue, Survey, UnknownTopicError, UnreachableError
from tests.reference.client.scripted import versions
from tests.reference.serving.served import PATIENCE_S, served
from tests.reference.surveying.creating import create

SETTINGS = {"min.insync.replicas": 2, "message.max.bytes": 2_000_000, "log.retention.hours": 72}
GIVEN = {"cleanup.policy": "compact,delete", "max.message.bytes": "5000"}


def at(server: str, *topics: str) -> Survey:
    host, _, port = server.partition(":")
    return survey([Address(host, int(port))], topics)


def test_a_served_broker_tells_what_is_set_and_by_whom() -> None:
    with served({"orders": 3}, SETTINGS) as server:
        create(server, "payments", 2, GIVEN)
        found = at(server)

    orders, payments = found.topics
    assert (orders.name, orders.partitions, orders.replication_factor, orders.lacking) == ("orders", 3, 1, ())
    inherited = SetValue("min.insync.replicas", "2", "DYNAMIC_DEFAULT_BROKER_CONFIG", 1, "min.insync.replicas")
    computed = SetValue("retention.ms", "259200000", "DEFAULT_CONFIG", 1, "retention.ms")
    assert orders.settings == (
        SetValue("max.message.bytes", "2000000", "STATIC_BROKER_CONFIG", 1, "message.max.bytes"),
        inherited,
        computed,
    )
    assert payments.settings == (
        SetValue("cleanup.policy", "compact,delete", "DYNAMIC_TOPIC_CONFIG", 1, "cleanup.policy"),
        SetValue("max.message.bytes", "5000", "DYNAMIC_TOPIC_CONFIG", 1, "max.message.bytes"),
        inherited,
        computed,
    )


def test_a_served_broker_is_one_of_a_new_cluster_of_the_newest_release() -> None:
    with served({"orders": 1}, SETTINGS) as server:
        found = at(server, "orders")

    assert found.release == "4.3"
    assert found.features == {
        "metadata.version": 30,
        "transaction.version": 2,
        "group.version": 1,
        "eligible.leader.replicas.version": 1,
    }
    (broker,) = found.brokers
    assert SetValue("log.retention.hours", "72", "STATIC_BROKER_CONFIG", 1, "log.retention.hours") in broker.settings


def test_no_topic_is_created_where_asking_could() -> None:
    with served({"orders": 1}, {"auto.create.topics.enable": True}) as server:
        with pytest.raises(UnknownTopicError, match="no topic order; did you mean orders"):
            at(server, "order")

        assert [topic.name for topic in at(server).topics] == ["orders"]


def test_a_port_that_nobody_listens_on_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(UnreachableError, match=f"nobody can be reached at 127.0.0.1:{port}: "):
        at(f"127.0.0.1:{port}")


def alert(_: bytes) -> bytes:
    """What a port with encryption says to bytes that are no handshake."""
    return bytes.fromhex("15030300020250")


def greeting(request: bytes) -> bytes:
    """What a port that asks for authentication says at first."""
    header, _ = decode_request(request[4:])
    return encode_response(header, versions())


@contextmanager
def closing(said: Callable[[bytes], bytes]) -> Generator[str]:
    """A server that answers the first request, and closes the connection at the next."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(said(connection.recv(1 << 16)))
            connection.recv(1 << 16)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        thread.join(PATIENCE_S)


@pytest.mark.parametrize(
    ("said", "why"),
    [(alert, r"with encryption \(TLS: security.protocol\)"), (greeting, r"authentication \(SASL: security.protocol\)")],
)
def test_a_port_with_encryption_or_authentication_is_told(said: Callable[[bytes], bytes], why: str) -> None:
    with closing(said) as server, pytest.raises(UnreachableError, match=why):
        at(server)
