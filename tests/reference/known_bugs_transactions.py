"""Known bugs of transactional producers, their coordinator and their consumers."""

from collections.abc import Mapping

from kio.schema.errors import ErrorCode
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest

from ackproof.model.system import System
from ackproof.reference.kernel.future import spawn
from tests.reference.consumer.scripted_group import ScriptedGroup
from tests.reference.consumer.test_completed_fetch import ended, written
from tests.reference.groups.classic_scene import leave, stable_group
from tests.reference.groups.offset_scene import commit, committed, txn_commit
from tests.reference.groups.scene import Scene
from tests.reference.known_bugs_producers import DEADLINE_MS, is_lost
from tests.reference.known_bugs_rules import Scenario, transactions
from tests.reference.producer.transacting import Group, Transacting
from tests.reference.transactions.desk import ELSEWHERE, OUT, Desk

A_WHILE_MS = 10_000


def kafka_17754(system: System) -> bool:
    """An EndTxn comes a second time, and ends the next transaction as the first half of it is written."""
    desk, version = Desk(transactions(system)), 5 if transactions(system).bumps_epoch_at_every_end else 4
    desk.init()
    desk.added(100, 0)
    _, producer_id, epoch = desk.end(100, 0, version=version)
    if version < 5:
        producer_id, epoch = 100, 0
    desk.pass_ms(A_WHILE_MS)
    desk.added(producer_id, epoch)
    assert desk.state() == "ONGOING"
    desk.end(100, 0, version=version)
    return desk.state() == "COMPLETE_COMMIT"


def kip_447(system: System) -> bool:
    """A member that was put out of its group commits offsets in a transaction, and they are taken."""
    group = Scene()
    zombie, _ = stable_group(group)
    leave(group, (zombie, None))
    producer = Transacting(version=1, rules=transactions(system))
    producer.begin()
    producer.commit_offsets(Group(generation=1, member_id=zombie))
    body = next(body for name, _, body in producer.coordinator.heard if name == "txn_offset_commit")
    assert isinstance(body, TxnOffsetCommitRequest)
    code = txn_commit(group, 5, member=body.member_id, generation=int(body.generation_id))
    return code is ErrorCode.none


def kip_447_pending(system: System) -> bool:
    """Who takes over a partition is told an offset that a transaction is about to move."""
    reader = ScriptedGroup()
    reader.joined(transactions=transactions(system))
    (asked, *_) = reader.asked("offset_fetch", OffsetFetchRequest)
    group = Scene()
    commit(group, 4)
    txn_commit(group, 5)
    told = committed(group, is_stable=asked.require_stable)
    group.end_transaction(7, is_commit=True)
    return told == 4


def kafka_9777(system: System) -> bool:
    """Transactions whose markers are all written stay in PrepareCommit."""
    desk = Desk(transactions(system))
    for number in range(20):
        name = f"t{number}"
        desk.init(name)
        desk.added(100 + number, 0, name=name)
        desk.end(100 + number, 0, name=name, version=4)
    desk.pass_ms(60_000)
    return "PREPARE_COMMIT" in {desk.state(f"t{number}") for number in range(20)}


def end_txn_5(system: System) -> bool:
    """An EndTxn is refused as too new, and after it no other request ends the transaction."""
    desk = Desk(transactions(system))
    desk.init()
    desk.added(100, 0, OUT, ELSEWHERE)
    assert desk.end(100, 0)[0] is ErrorCode.unsupported_version
    desk.pass_ms(A_WHILE_MS)
    desk.end(100, 0, version=4)
    desk.pass_ms(100 * A_WHILE_MS)
    return desk.state() == "ONGOING"


def librdkafka_1_7_0(system: System) -> bool:
    """A transaction without records is aborted, and a reader of what is committed is given the next aborted one."""
    group = ScriptedGroup()
    group.append_batch(ended(0, "abort"))
    group.append_batch(written(1, "aborted"))
    group.append_batch(ended(2, "abort"))
    group.append_batch(written(3, "b"))
    group.append_batch(ended(4, "commit"))
    group.aborted[("t", 0)] = [(7, 1)]
    consumer = group.consumer(transactions=transactions(system), isolation_level="read_committed")
    consumer.subscribe(["t"])
    read = group.poll(consumer) + group.poll(consumer)
    assert "b" in read
    return "aborted" in read


def librdkafka_abort(system: System) -> bool:
    """A stored batch waits to be sent again, an abort drops it, and the next transaction's passes for its repeat."""
    scene = Transacting(version=1, rules=transactions(system))
    scene.begin()
    scene.kafka.meets("drop-after")
    scene.sends(b"a")
    scene.run(5)
    scene.abort()
    scene.begin()
    (sent,) = scene.sends(b"b")
    scene.commit()
    return is_lost(scene, b"b", sent)


def kip_890_sequences(system: System) -> bool:
    """A stored batch fails with its connection at its deadline, and the next transaction's passes for its repeat."""
    rules = transactions(system)
    version = 2 if rules.bumps_epoch_at_every_end else 1
    scene = Transacting(version, rules=rules, request_timeout_ms=DEADLINE_MS, delivery_timeout_ms=DEADLINE_MS)
    scene.begin()
    scene.sends(b"elsewhere", partition=1)
    scene.run(50)
    scene.kafka.meets("lose-answer")
    scene.sends(b"a")
    ending = spawn(scene.clock, scene.producer.commit_transaction())
    ending.may_fail()
    scene.run(DEADLINE_MS - 1)
    scene.clock.now_ms += 1  # it hears of its connection before it looks at the time
    scene.kafka.servers[1].drop()
    scene.run(DEADLINE_MS)
    assert ending.error is not None
    scene.abort()
    scene.begin()
    (sent,) = scene.sends(b"b")
    scene.commit()
    return is_lost(scene, b"b", sent)


SCENARIOS: Mapping[str, Scenario] = {
    "KIP-890 (sequences)": kip_890_sequences,
    "librdkafka (abort)": librdkafka_abort,
    "KAFKA-17754": kafka_17754,
    "KIP-447": kip_447,
    "KIP-447 (pending offsets)": kip_447_pending,
    "KAFKA-9777": kafka_9777,
    "EndTxn 5": end_txn_5,
    "librdkafka 1.7.0": librdkafka_1_7_0,
}
