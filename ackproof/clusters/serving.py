"""``ackproof serve``: puts the reference broker on a socket."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC
from ackproof.reference.serving.serving import serve
from ackproof.reports.text import complain

BAD_USAGE, MOST_PORT = 3, 65_535

PARTITIONS_OF = {
    GROUP_METADATA_TOPIC: "offsets.topic.num.partitions",
    TRANSACTION_STATE_TOPIC: "transaction.state.log.num.partitions",
}
"""What says how many partitions the topics of the coordinators have: they are created as they are needed."""


def answer(port: int, topics: Sequence[str], settings: Sequence[str], data: Path | None) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit code."""
    if not 0 <= port <= MOST_PORT:
        return usage(f"--port {port}: a port is from 0, for any that is free, to {MOST_PORT}")
    try:
        serve(port, topics_in(topics), settings_in(settings), data, announce=announce)
    except ValueError as problem:
        return usage(str(problem))
    except OSError as problem:
        place = problem.filename or f"port {port}"
        return usage(f"can not use {place}: {problem.strerror or problem}")
    return 0


def announce(line: str) -> None:
    """The one line that it prints, once it listens."""
    print(line, flush=True)


def topics_in(given: Sequence[str]) -> Mapping[str, int]:
    """
    Topics and their numbers of partitions, of NAME:PARTITIONS.

    Raises:
        ValueError: One is not written so, comes twice, or is the coordinators' own.
    """
    topics: dict[str, int] = {}
    for text in given:
        name, colon, partitions = text.rpartition(":")
        if not colon or not name or not partitions.isdecimal() or int(partitions) < 1:
            raise ValueError(f"--topic {text}: say NAME:PARTITIONS such as orders:3")
        if name in topics:
            raise ValueError(f"--topic {text}: {name} is named twice")
        if name in PARTITIONS_OF:
            raise ValueError(
                f"--topic {text}: the broker creates {name} itself; say --set {PARTITIONS_OF[name]}={partitions}"
            )
        topics[name] = int(partitions)
    return topics


def settings_in(given: Sequence[str]) -> Mapping[str, str]:
    """
    Settings by Kafka's keys, of KEY=VALUE.

    Raises:
        ValueError: One is not written so.
    """
    settings: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ValueError(f"--set {text}: say KEY=VALUE such as min.insync.replicas=1")
        settings[key.strip()] = value.strip()
    return settings


def usage(message: str) -> int:
    """Say what is wrong with a call."""
    complain(message)
    return BAD_USAGE
