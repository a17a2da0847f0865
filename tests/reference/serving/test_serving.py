import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.standalone import standalone
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.serving.serving import Serving, serve
from tests.reference.serving.served import PATIENCE_S, until

CODE = """
import sys
from pathlib import Path
from ackproof.reference.serving.serving import serve
serve(0, {"kept": 1}, {"offsets.topic.num.partitions": 1}, Path(sys.argv[1]), lambda line: print(line, flush=True))
"""


@contextmanager
def process(data_dir: Path, ends_with: int) -> Generator[str]:
    """The address of a broker in a process of its own, which ends with a signal."""
    command = [sys.executable, "-c", CODE, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": ""}) as run:
        assert run.stdout is not None
        try:
            line = run.stdout.readline()
            assert line.startswith("listening on 127.0.0.1:")
            yield line.split()[-1]
            run.send_signal(ends_with)
            rest, _ = run.communicate(timeout=PATIENCE_S)
        finally:
            run.kill()
    assert rest == ""
    assert run.returncode == (0 if ends_with == signal.SIGTERM else -ends_with)


def write(address: str, value: str) -> None:
    client = Producer({"bootstrap.servers": address, "enable.idempotence": True})
    client.produce("kept", value.encode(), partition=0)
    assert client.flush(PATIENCE_S) == 0


def read_and_commit(address: str) -> str:
    client = Consumer({"bootstrap.servers": address, "group.id": "g", "auto.offset.reset": "earliest"})
    values: list[bytes | None] = []

    def has_one() -> bool:
        message = client.poll(0.1)
        if message is not None and message.error() is None:
            values.append(message.value())
            client.commit(message=message, asynchronous=False)
        return bool(values)

    committed = client.committed([TopicPartition("kept", 0)], PATIENCE_S)
    client.assign([TopicPartition("kept", 0, max(0, committed[0].offset))])
    until(has_one)
    client.close()
    return (values[0] or b"").decode()


@pytest.mark.slow
@pytest.mark.parametrize("ends_with", [signal.SIGTERM, signal.SIGKILL])
def test_records_and_offsets_are_there_after_the_process_ended(ends_with: int, tmp_path: Path) -> None:
    with process(tmp_path, ends_with) as address:
        write(address, "a")
        write(address, "b")
        assert read_and_commit(address) == "a"

    with process(tmp_path, signal.SIGTERM) as address:
        write(address, "c")
        assert read_and_commit(address) == "b"
        assert read_and_commit(address) == "c"


def test_a_setting_that_is_not_known_is_told_before_anything_listens() -> None:
    with pytest.raises(ValueError, match=r"num\.partition=3"):
        serve(0, {}, {"num.partition": 3})


def test_a_folder_that_another_process_uses_is_left_alone(tmp_path: Path) -> None:
    with process(tmp_path, signal.SIGTERM), pytest.raises(OSError, match="another process uses it"):
        serve(0, {}, {}, tmp_path)


def test_a_topic_that_can_not_be_created_is_told_and_none_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"topic a b: Topic name is invalid"):
        serve(0, {"orders": 1, "a b": 1}, {}, tmp_path)

    assert not list(tmp_path.glob("orders-*"))


def test_it_stops_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start(_: Serving) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    told: list[str] = []
    monkeypatch.setattr(Serving, "start", start)
    serve(0, {}, {}, announce=told.append)

    assert told == []


def test_a_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "cluster-metadata").write_bytes(b"garbage")

    with pytest.raises(ValueError, match="cluster-metadata is not the image of a cluster"):
        serve(0, {}, {}, tmp_path)


def test_coordinators_go_by_the_topics_that_are_there() -> None:
    clock, disk = VirtualClock(), Disk()
    before = standalone(clock, disk, BrokerSettings(offsets_topic_num_partitions=3), topics={GROUP_METADATA_TOPIC: 3})
    clock.run_until(100)
    before.stop()
    clock.run_until(200)
    after = standalone(clock, disk)
    clock.run_until(300)

    assert after.settings.offsets_topic_num_partitions == 3
    assert after.settings.transaction_state_log_num_partitions == 50
