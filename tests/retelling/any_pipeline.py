"""Any pipeline: one for each number, with clients, versions, settings and faults as they fall."""

from random import Random

CLIENTS = {
    "java": ("", "0.11.0", "1.1.0", "2.1.0", "2.4.1", "2.8.2", "3.1.0", "3.7.0", "4.0.0", "4.3.1"),
    "librdkafka": ("", "0.11.6", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.9.0", "2.2.0", "2.10.0", "2.12.1"),
    "kafka-python": ("", "1.4.7", "2.0.2", "2.2.10", "2.3.0", "3.0.0"),
    "aiokafka": ("", "0.7.2", "0.10.0", "0.12.0", "0.14.0"),
}
"""Versions of each client, "" being the newest."""

BROKERS = ("0.11", "1.1", "2.1", "2.4", "2.6", "2.8", "3.3", "3.7", "4.0", "4.1", "4.3")
BEFORE_STATIC_MEMBERS = ("0.11", "1.1", "2.1")
ON_TOPICS = ("broker-crash", "leader-change", "follower-lag", "power-loss", "retention")
ON_PRODUCERS = ("request-lost", "response-lost", "request-delayed", "send-timeout", "producer-crash", "producer-pause")
ON_CONSUMERS = (
    *("consumer-crash", "consumer-pause", "processing-fails", "member-joins", "member-leaves"),
    *("coordinator-failover", "offsets-expired", "response-lost", "request-lost", "partitions-added"),
)


def _line(key: str, value: str | int | bool) -> str:
    said = str(value).lower() if isinstance(value, bool | int) else f'"{value}"'
    return f"{key} = {said}\n"


class _Drawing:
    """What is drawn for one number."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)
        self.kafka = self.random.choice(BROKERS)
        self.replicas = self.random.choice((1, 2, 3, 3))

    def maybe(self, key: str, *values: str | int | bool, chance: float = 0.5) -> str:
        """A line with one of these values, or none."""
        value, is_said = self.random.choice(values), self.random.random() < chance
        return _line(key, value) if is_said else ""

    def client(self) -> tuple[str, str]:
        """A library, and the line that names it with its version."""
        name = self.random.choice(("java", "java", "librdkafka", "librdkafka", "kafka-python", "aiokafka"))
        return name, _line("client", f"{name} {self.random.choice(CLIENTS[name])}".strip())

    def topic(self) -> str:
        """The topic and its brokers."""
        return (
            "[topic]\n"
            + _line('"replication.factor"', self.replicas)
            + self.maybe('"min.insync.replicas"', *range(1, self.replicas + 1))
            + self.maybe('"unclean.leader.election.enable"', True, False, chance=0.25)
        )

    def producer(self, *, transactional: bool = False) -> str:
        """A producer, its application among it."""
        name, client = self.client()
        in_flight = '"max.in.flight.requests.per.connection"'
        keys = (
            (_line('"transactional.id"', "t"),)
            if transactional
            else (
                self.maybe('"acks"', *(("all", "1", "0") if name != "aiokafka" else ("all", 1, 0))),
                self.maybe('"enable.idempotence"', True, False),
                self.maybe('"retries"', 0, 3, chance=0.2) if name in {"java", "kafka-python"} else "",
                self.maybe(in_flight, 1, 2, 5, chance=0.4) if name != "aiokafka" else "",
            )
        )
        config = "".join(keys)
        if name in {"kafka-python", "aiokafka"}:
            config = config.replace(".", "_")
        return (
            f"[producer]\n{client}"
            + self.maybe("on_send_failure", "stop", "drop", "resend")
            + self.maybe("on_restart", "forget", "resend")
            + f"[producer.config]\n{config}"
        )

    def consumer(self, *, transactional: bool = False) -> str:
        """A consumer, its application among it."""
        name, client = self.client()
        commit = "transaction" if transactional else self.random.choice(("auto", "sync", "async"))
        keys = [
            _line('"group.id"', "g"),
            self.maybe('"auto.offset.reset"', "earliest", "latest", chance=0.8),
            self.maybe('"isolation.level"', "read_committed", "read_uncommitted", chance=0.9 if transactional else 0.2),
            self._named(),
            self._assigned(name),
        ]
        if commit == "auto" and name == "librdkafka":
            keys.append(self.maybe('"enable.auto.offset.store"', False, chance=0.4))
        config = "".join(keys)
        if name in {"kafka-python", "aiokafka"}:
            config = "".join(
                line.replace(".", "_", line.partition(" ")[0].count(".")) for line in config.splitlines(keepends=True)
            )
        return (
            f"[consumer]\n{client}{_line('commit', commit)}"
            + ("" if transactional else self.maybe("commit_when", "after-processing", "before-processing"))
            + ("" if transactional else self.maybe("processing", "in-poll-loop", "handed-off", chance=0.3))
            + self.maybe("on_processing_failure", "retry", "skip", "dead-letter", "stop", "crash", chance=0.3)
            + self.maybe("on_revoke", "commit", "nothing", chance=0.3)
            + self.maybe("close", "clean", "none", chance=0.3)
            + (_line("sink", "kafka") if transactional else self.maybe("sink", "plain", "idempotent", chance=0.2))
            + _line("instances", self.random.choice((1, 1, 2, 2, 3)))
            + f"[consumer.config]\n{config}"
        )

    def _named(self) -> str:
        """A name of the member, where brokers know that (KIP-345)."""
        name = self.maybe('"group.instance.id"', "i", chance=0.25)
        return "" if self.kafka in BEFORE_STATIC_MEMBERS else name

    def _assigned(self, name: str) -> str:
        strategy = '"partition.assignment.strategy"'
        protocol = self.maybe('"group.protocol"', "classic", "consumer", chance=0.3) if self.kafka >= "4" else ""
        if '"consumer"' in protocol:
            return protocol
        if name == "java":
            cooperative = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
            return protocol + self.maybe(strategy, cooperative, chance=0.4)
        return protocol + (self.maybe(strategy, "cooperative-sticky", chance=0.5) if name == "librdkafka" else "")

    def faults(self, kinds: tuple[str, ...], at_most: tuple[int, ...] = (1, 2, 2)) -> str:
        """Up to three kinds of faults, or those that may happen unless one says otherwise."""
        most = self.random.choice(at_most)
        chosen = self.random.sample(kinds, self.random.choice((1, 2, 3)))
        named = ", ".join(f'"{kind}"' for kind in chosen)
        return f"[faults]\nat_most = {most}\n" + (f"kinds = [{named}]\n" if self.random.random() < 0.8 else "")


def _of(drawing: _Drawing, parts: str, faults: str, claims: tuple[str, ...], records: int) -> str:
    expect = ", ".join(f'"{claim}"' for claim in claims)
    return (
        f'name = "any"\nkafka = "{drawing.kafka}"\n{drawing.topic()}{parts}{faults}'
        f"[claims]\nexpect = [{expect}]\n[bounds]\nrecords = {records}\nbudget_s = 20\n"
    )


def any_producer(number: int) -> str:
    """A pipeline that only produces."""
    draw = _Drawing(number)
    parts, faults = draw.producer(), draw.faults(ON_TOPICS + ON_PRODUCERS)
    return _of(draw, parts, faults, ("no-loss", "no-duplicates", "in-order"), draw.random.choice((2, 2, 3)))


def any_consumer(number: int) -> str:
    """A pipeline that only consumes."""
    draw = _Drawing(number)
    parts, faults = draw.consumer(), draw.faults(ON_CONSUMERS)
    claims = ("no-loss", "no-duplicates", "in-order", *draw.random.sample(("drains",), draw.random.choice((0, 1))))
    return _of(draw, parts, faults, claims, draw.random.choice((1, 2, 2)))


def any_whole(number: int) -> str:
    """A pipeline that produces and consumes, with faults of both."""
    draw = _Drawing(number)
    parts = draw.producer() + draw.consumer()
    faults = draw.faults(ON_TOPICS + ON_PRODUCERS[:4] + ON_CONSUMERS)
    return _of(draw, parts, faults, ("no-loss", "no-duplicates", "in-order"), draw.random.choice((1, 2)))


def any_transactions(number: int) -> str:
    """A pipeline with transactions, from Kafka to Kafka or from elsewhere."""
    draw = _Drawing(number)
    consumes = draw.random.random() < 0.6
    parts = draw.producer(transactional=True) + (draw.consumer(transactional=True) if consumes else "")
    kinds = ON_TOPICS[:2] + ON_PRODUCERS + (ON_CONSUMERS[:7] if consumes else ())
    claims = ("no-loss", "no-duplicates", "no-aborted-reads", "atomic")
    return _of(draw, parts, draw.faults(kinds), claims, draw.random.choice((1, 2)))


KINDS = {
    "producer": any_producer,
    "consumer": any_consumer,
    "whole": any_whole,
    "transactions": any_transactions,
}
"""What can be drawn, by name."""
