"""
A real broker of Apache Kafka 4.3.1 beside the tests: one node, on the loopback device, with jars from Maven Central.

The jars stay in a cache outside the repository: ``$ACKPROOF_KAFKA_CACHE``, else ``$XDG_CACHE_HOME/ackproof``, else
``~/.cache/ackproof``.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

VERSION = "4.3.1"
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
START_TIMEOUT_SECONDS = 120
DOWNLOAD_TIMEOUT_SECONDS = 600

POM = """\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-run</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{version}</version></dependency>
  </dependencies>
</project>
"""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners={listeners},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners={listeners}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={folder}/data
num.network.threads=1
num.io.threads=1
log.cleaner.dedupe.buffer.size=4194304
log.index.size.max.bytes=4096
log.segment.delete.delay.ms=0
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
"""

SETTINGS = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.assignment.interval.ms": "0",
    "max.incremental.fetch.session.cache.slots": "1000000",
}
"""What both brokers are configured with."""

NOWHERE_ELSE: Mapping[str, int] = {}


class UnavailableError(Exception):
    """There is no real broker to be had here, for the reason that it says."""


def jars(*, may_download: bool) -> Path:
    """
    The folder with the jars.

    Raises:
        UnavailableError: There is no Java; or the jars are not there, and cannot or may not be downloaded.
    """
    if shutil.which("java") is None:
        raise UnavailableError("java is not installed")
    folder = cache() / f"kafka-{VERSION}"
    if not (folder / "complete").exists():
        if not may_download:
            raise UnavailableError(f"its jars are not in {folder}, where the slow tests put them")
        download(folder)
    return folder / "libs"


def cache() -> Path:
    """Where jars are kept from run to run."""
    if own := os.environ.get("ACKPROOF_KAFKA_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ackproof"


def download(folder: Path) -> None:
    """Let Maven copy the jars to *folder*."""
    if shutil.which("mvn") is None:
        raise UnavailableError("mvn is not installed, which the jars are downloaded with")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pom.xml").write_text(POM.format(version=VERSION))
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder / 'libs'}"]
    command = ["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), *goal]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=DOWNLOAD_TIMEOUT_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"mvn cannot download Kafka {VERSION}: {error}") from error
    (folder / "complete").touch()


def free_ports(count: int) -> list[int]:
    """Ports of the loopback device that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def running(
    folder: Path,
    *,
    may_download: bool,
    besides: Mapping[str, int] = NOWHERE_ELSE,
    settings: Mapping[str, str] = SETTINGS,
    users: Sequence[str] = (),
) -> Generator[int]:
    """
    A broker with its data in *folder*; the port that it listens on.

    Args:
        besides: The ports of other listeners, by their security protocols.
        users: Who can log in by SCRAM, as kafka-storage takes it.

    Raises:
        UnavailableError: It cannot be had here.
    """
    class_path = f"{jars(may_download=may_download)}/*"
    port, controller_port = free_ports(2)
    listeners = ",".join(f"{name}://127.0.0.1:{at}" for name, at in {"PLAINTEXT": port, **besides}.items())
    properties = folder / "server.properties"
    own = "".join(f"{key}={value}\n" for key, value in settings.items())
    text = PROPERTIES.format(listeners=listeners, controller_port=controller_port, folder=folder)
    properties.write_text(text + own)
    tool = ["java", "-Xmx128m", "-cp", class_path, "kafka.tools.StorageTool", "format"]
    added = [word for user in users for word in ("--add-scram", user)]
    subprocess.run([*tool, "-t", CLUSTER_ID, "-c", str(properties), *added], check=True, capture_output=True)
    options = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    command = ["java", *options, "-cp", class_path, "kafka.Kafka", str(properties)]
    with (folder / "out.log").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens on *port*."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise UnavailableError(f"Kafka {VERSION} did not start")
