"""Placement: which brokers get the replicas of new partitions."""

from random import Random

from kio.schema.errors import ErrorCode

from ackproof.reference.controller.image import Image
from ackproof.reference.protocol.errors import KafkaError


class Stripe:
    """Brokers in a circle; each partition starts one further on."""

    def __init__(self, brokers: list[int], rng: Random) -> None:
        self._brokers = sorted(brokers)
        self._offset = rng.randrange(len(brokers)) if brokers else 0
        self._round = 0
        self._taken = 0

    def take(self, of_round: int) -> int | None:
        """The next broker of a round; None if there is no other."""
        if not self._brokers:
            return None
        if self._round != of_round:
            self._round, self._taken, self._offset = of_round, 0, (self._offset + 1) % len(self._brokers)
        if self._taken == len(self._brokers):
            return None
        self._taken += 1
        return self._brokers[(self._taken - 1 + self._offset) % len(self._brokers)]

    def shuffle(self, rng: Random) -> None:
        """Put the circle together anew."""
        rng.shuffle(self._brokers)


def placed(image: Image, partitions: int, replication_factor: int, rng: Random) -> list[tuple[int, ...]]:
    """
    Replicas for each of so many *partitions*: spread evenly, first on a broker that is not fenced.

    Raises:
        KafkaError: INVALID_REPLICATION_FACTOR: there are too few brokers.

    Not modelled: racks.

    Source: ``StripedReplicaPlacer``.
    """
    usable = [broker for broker in image.brokers.values() if not broker.is_shutting_down]
    unfenced = [broker.id for broker in usable if not broker.is_fenced]
    _check(replication_factor, len(usable), len(unfenced))
    first, then = Stripe(unfenced, rng), Stripe([broker.id for broker in usable if broker.is_fenced], rng)
    found: list[tuple[int, ...]] = []
    of_round = 0
    for _ in range(partitions):
        if of_round == len(unfenced) > 1:
            first.shuffle(rng)
            then.shuffle(rng)
            of_round = 0
        found.append(_assignment(first, then, of_round, replication_factor))
        of_round += 1
    return found


def _assignment(first: Stripe, then: Stripe, of_round: int, replication_factor: int) -> tuple[int, ...]:
    replicas: list[int] = []
    while len(replicas) < replication_factor:
        broker = first.take(of_round)
        broker = then.take(of_round) if broker is None else broker
        assert broker is not None
        replicas.append(broker)
    return tuple(replicas)


def _check(replication_factor: int, usable: int, unfenced: int) -> None:
    if unfenced == 0:
        problem = "all brokers are fenced"
    elif replication_factor > usable:
        problem = f"only {usable} broker(s) can have one"
    else:
        return
    raise KafkaError(ErrorCode.invalid_replication_factor, f"No place for {replication_factor} replica(s): {problem}.")
