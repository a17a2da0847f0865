"""``ackproof lag`` as an outsider sees it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from math import inf, nan

import pytest
from confluent_kafka import Consumer, Producer
from prometheus_client.parser import text_string_to_metric_families

from ackproof.cli import lag
from ackproof.clusters.lagging import event
from ackproof.reference.lag.admin import Admin, NotConsumerGroupError, UnreadableAssignmentError
from ackproof.reference.lag.group import Group
from ackproof.reference.lag.scenario import Rebalances

TIMEOUT_S = 30


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """A served broker whose group g has read three of five records: where it listens."""
    command = [sys.executable, "-m", "ackproof", "serve", "--port", "0", "--topic", "orders:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        bootstrap = process.stdout.readline().split()[-1]
        produce_and_read(bootstrap)
        yield bootstrap
        process.terminate()
        assert process.wait(TIMEOUT_S) == 0


def produce_and_read(bootstrap: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for number in range(5):
        producer.produce("orders", str(number).encode())
    assert producer.flush(TIMEOUT_S) == 0
    settings = {"group.id": "g", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    consumer = Consumer({"bootstrap.servers": bootstrap, **settings})
    consumer.subscribe(["orders"])
    for message in consumer.consume(3, TIMEOUT_S):
        consumer.commit(message=message, asynchronous=False)
    consumer.close()


def test_the_table_of_a_cluster_is_that_of_the_tool(served: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = lag(bootstrap=served)
    out, notice = capsys.readouterr()
    row = next(line.split() for line in out.splitlines() if line.startswith("g "))

    assert code == 0
    assert re.search(r"GROUP +TOPIC +PARTITION +CURRENT-OFFSET +LOG-END-OFFSET +LAG", out)
    assert row[:6] == ["g", "orders", "0", "3", "5", "2"]
    assert notice == "\nConsumer group 'g' has no active members.\n"


def test_prometheus_reads_the_same(served: str, capsys: pytest.CaptureFixture[str]) -> None:
    lag(("g",), bootstrap=served, format="prometheus")
    families = text_string_to_metric_families(capsys.readouterr().out)
    values = {sample.name: sample.value for family in families for sample in family.samples}

    assert 2.0 in values.values()


def test_who_names_a_group_twice_is_told_of_it_once(served: str, capsys: pytest.CaptureFixture[str]) -> None:
    lag(("g", "g"), bootstrap=served)

    assert capsys.readouterr().out.count("g  ") == 1


def test_a_cluster_without_groups_says_so(
    served: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def none(_admin: Admin) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(Admin, "group_ids", none)

    assert lag(bootstrap=served) == 0
    assert capsys.readouterr() == ("", f"ackproof: {served} has no groups of consumers\n")


def test_a_group_that_is_not_there_is_refused(served: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert lag(("nobody",), bootstrap=served) == 3
    assert "nobody" in capsys.readouterr().err


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Group "broken" can not be read, and "connect" is none of consumers."""
    told = Admin.group

    async def group(admin: Admin, group_id: str) -> Group:
        if group_id == "broken":
            raise UnreadableAssignmentError("Group broken has a member whose assignment can not be read.")
        if group_id == "connect":
            raise NotConsumerGroupError("Group connect is not a consumer group (connect).")
        return await told(admin, group_id)

    monkeypatch.setattr(Admin, "group", group)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(("group_id", "expected"), [("broken", 2), ("connect", 3)])
def test_a_group_that_can_not_be_told_of_hides_no_other(
    served: str, capsys: pytest.CaptureFixture[str], group_id: str, expected: int
) -> None:
    code = lag((group_id, "g"), bootstrap=served)
    said = capsys.readouterr()

    assert code == expected
    assert "\ng " in said.out
    assert f"Group {group_id} " in said.err


def test_a_cluster_that_nobody_reaches_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert lag(bootstrap="127.0.0.1:1") == 2
    assert "127.0.0.1:1 does not tell" in capsys.readouterr().err


def test_a_simulated_pipeline_is_drawn_and_its_cause_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code = lag(rate=300, processing=5, seconds=300)
    out = capsys.readouterr().out

    assert code == 0
    assert "Too slow" in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_same_seed_draws_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    lag(seconds=120, event=("spike@20-60", "stuck@70-90"), seed=5)
    first = capsys.readouterr().out
    lag(seconds=120, event=("spike@20-60", "stuck@70-90"), seed=5)

    assert capsys.readouterr().out == first


def test_groups_without_a_cluster_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert lag(("g",)) == 3
    assert "need --bootstrap" in capsys.readouterr().err


def test_consumers_read_committed_if_a_transaction_hangs(capsys: pytest.CaptureFixture[str]) -> None:
    lag(event=("hanging-transaction@100-400",))
    stopped = capsys.readouterr().out
    lag(event=("hanging-transaction@100-400",), isolation="read_uncommitted")

    assert "Hanging transaction" in stopped
    assert "Keeping up" in capsys.readouterr().out


def test_a_short_time_of_rebalances_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    lag(seconds=200, event=("rebalancing@100-130",))

    assert "From 100 s to 125 s 2 rebalances" in capsys.readouterr().out


def test_rebalances_end_with_the_simulation() -> None:
    assert event("rebalancing@100-99999999", 200) == Rebalances(100_000, 20_000, 5_000, times=5)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"event": ("spike",)}, "say KIND@START-END"),
        ({"event": ("flood@1-2",)}, "known are spike"),
        ({"consumers": 0}, "consumers is 0"),
        ({"seconds": 604_801}, "--seconds 604801: 1 consumer and 1 partition are simulated for at most 604,800 s"),
        ({"consumers": 300, "partitions": 700, "seconds": 2_000}, "at most 1,209 s"),
        ({"partitions": 10**9}, "not for a second"),
        ({"seconds": 0}, "--seconds 0: say 1 or more"),
        ({"bootstrap": "localhost:x"}, "say HOST:PORT"),
        ({"rate": inf}, "--rate inf: say a number from 0"),
        ({"rate": nan}, "--rate nan: say"),
        ({"rate": -1.0}, "--rate -1: say a number from 0"),
        ({"processing": nan}, "--processing nan: say"),
        ({"seconds": 100, "event": ("spike@100-105",)}, "never happens"),
        ({"format": "prometheus"}, "need --bootstrap"),
        ({"verbose": True}, "need --bootstrap"),
        ({"bootstrap": "localhost:1", "rate": 5.0}, "options of a simulated pipeline"),
    ],
)
def test_what_can_not_be_told_is_refused(
    arguments: dict[str, object], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = lag(**arguments)  # type: ignore[arg-type]  # drawn from several parameters
    said = capsys.readouterr()

    assert (code, said.out) == (3, "")
    assert complaint in " ".join(said.err.split())
