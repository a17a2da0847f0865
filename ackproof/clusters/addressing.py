"""Servers of a cluster as they are named on the command line."""

from ackproof.reference.protocol.request import Address

KAFKA_PORT = 9092


def servers(bootstrap: str) -> list[Address]:
    """
    Where the servers in a list are.

    Raises:
        ValueError: One is not written as HOST:PORT.
    """
    return [_address(server) for server in bootstrap.split(",")]


def _address(text: str) -> Address:
    host, colon, port = text.strip().rpartition(":")
    if not colon:
        host, port = port, str(KAFKA_PORT)
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"--bootstrap {text}: say HOST:PORT such as localhost:{KAFKA_PORT}")
    return Address(host, int(port))
