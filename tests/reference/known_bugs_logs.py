"""Known bugs of one partition: what readers see of it, and which batches and markers its transactions take."""

from collections.abc import Mapping
from contextlib import suppress

from ackproof.model.system import System
from ackproof.reference.broker.rules import Rules
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.broker.standing import Standing, values
from tests.reference.broker.transacting import Producer
from tests.reference.known_bugs_rules import Scenario, brokers, transactions
from tests.reference.log import logs


def kafka_9835(system: System) -> bool:
    """A fetch returns a record that is not committed, and it is truncated."""
    log = logs.new_log(broker_rules=brokers(system))
    log.append_as_leader(logs.batch(b"a"), leader_epoch=0)
    seen = log.read(0, 1_000, log.visible_end("high_watermark"))
    log.truncate_to(0)
    return logs.offsets(seen) == [0]


def kafka_19446(system: System) -> bool:
    """The marker of a transaction comes again, and ends the next one."""
    log = logs.new_log(transaction_rules=transactions(system))
    logs.begin(log)
    logs.end(log, epoch=1, transaction_version=2)
    logs.begin(log, epoch=1)
    with suppress(KafkaError):
        logs.end(log, epoch=1, transaction_version=2)
    return not log.has_ongoing_transaction(7)


def standing(system: System) -> Standing:
    """A broker that has these rules for transactions."""
    return Standing(rules=Rules(transactions=transactions(system)))


def kafka_14402(system: System) -> bool:
    """A batch comes after its transaction was aborted, and opens one that readers wait for in vain."""
    broker = standing(system)
    producer = Producer(broker)
    producer.add(0)
    producer.produce("a", version=11)
    producer.abort(version=4)
    producer.produce("late", version=11)
    broker.pass_time(600_000)
    told = broker.fetch(0, isolation_level=1)
    return told.last_stable_offset < told.high_watermark


def kip_890_part_2(system: System) -> bool:
    """A batch of an aborted transaction comes in the next one, and is committed with it."""
    broker, rules = standing(system), transactions(system)
    produce, end = (12, 5) if rules.adds_partitions_implicitly else (11, 4)
    producer = Producer(broker)
    producer.add(0)
    producer.produce("a", version=produce)
    late = producer.batch("late", sequence=1)
    producer.abort(version=end)
    producer.add(0)
    broker.produce(late, version=produce, transactional_id=producer.transactional_id)
    producer.commit(version=end)
    return values(broker.fetch(0, isolation_level=1)) == ["a", "late"]


def kafka_9807(system: System) -> bool:
    """A reader of what is committed is given a record that is aborted later."""
    broker = standing(system)
    producer = Producer(broker)
    producer.add(0)
    producer.produce("a", version=11)
    seen = values(broker.fetch(0, isolation_level=1))
    producer.abort(version=4)
    return seen == ["a"]


SCENARIOS: Mapping[str, Scenario] = {
    "KAFKA-9835": kafka_9835,
    "KAFKA-19446": kafka_19446,
    "KAFKA-14402": kafka_14402,
    "KIP-890 (part 2)": kip_890_part_2,
    "KAFKA-9807": kafka_9807,
}
