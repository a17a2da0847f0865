import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from ackproof.reference.serving.serving import serve
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
