"""``ackproof serve`` as an outsider sees it; what it answers is tested in tests/reference/serving."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ackproof.cli import serve

TIMEOUT_S = 30


def test_it_says_in_one_line_where_it_listens_and_stops_on_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ackproof", "serve", "--port", "0", "--topic", "t:2", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.terminate()
        rest, errors = process.communicate(timeout=TIMEOUT_S)

    assert said.startswith("listening on 127.0.0.1:")
    assert (rest, errors, process.returncode) == ("", "", 0)
    assert list(tmp_path.rglob("*.log"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"topic": ("orders",)}, "say NAME:PARTITIONS"),
        ({"set": ("min.insync.replicas",)}, "say KEY=VALUE"),
        ({"set": ("min.insync.replica=1",)}, "min.insync.replica"),
        ({"topic": ("a/b:1",)}, "Topic name is invalid"),
        ({"topic": ("a:1", "b:1", "a:2")}, "--topic a:2: a is named twice"),
        ({"topic": ("__consumer_offsets:3",)}, "say --set offsets.topic.num.partitions=3"),
        ({"topic": ("__transaction_state:3",)}, "say --set transaction.state.log.num.partitions=3"),
    ],
)
def test_what_is_not_written_as_it_should_be_is_refused(
    arguments: dict[str, tuple[str, ...]], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = serve(port=0, topic=arguments.get("topic", ()), set=arguments.get("set", ()))
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert complaint in " ".join(said.err.split())


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = serve(port=port)

    assert code == 3
    assert f"port {port}" in capsys.readouterr().err


@pytest.mark.parametrize("port", [-1, 65_536])
def test_no_port_is_said(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    code = serve(port=port)

    assert code == 3
    assert "a port is from 0" in capsys.readouterr().err
