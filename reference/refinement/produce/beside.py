"""The produce half beside the model: a run of the reference whose every step is one of the model."""

from collections.abc import Iterator, Sequence
from typing import cast

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.deadlines import expired, outstanding_batches
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.identity import resolved
from ackproof.model.produce.network import Connection, is_broken
from ackproof.model.produce.producer import Producer, told_failure
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.produce.stored import STORED, follow_in_steps
from ackproof.model.system import Next, System, action
from ackproof.reference.refinement.beside import Beside
from ackproof.reference.refinement.produce.distance import distance
from ackproof.reference.refinement.produce.faults import FAULTS, Disturbance
from ackproof.reference.refinement.produce.map import ProduceMap
from ackproof.reference.refinement.produce.stage import ProduceSetting, ProduceStage
from ackproof.traces.trace import Trace

ENOUGH = 1_000
"""Faults that the model may have: what happens is decided beside it."""

QUIET_MS = 400

MOST_ACTIONS = 20
"""How many actions of the model one step may be: five requests that arrive at once are served and answered in one."""

BREAKS = frozenset({"request-lost", "response-lost"})
"""What goes with other faults: as one of them breaks a connection, messages on it are lost."""

AGES = frozenset({"send-timeout"})
"""What happens by itself where there are deadlines."""


def fine_system(setting: ProduceSetting, kinds: frozenset[str] = frozenset(FAULTS)) -> System:
    """The model without any reduction, where the leader hears of a fetch before it answers it."""
    ages: frozenset[str] = AGES if setting.delivery_timeout_ms is not None else frozenset()
    system = produce_half(
        setting.client,
        setting.brokers,
        records=setting.records,
        faults=Faults(ENOUGH),
        kinds=kinds | BREAKS | ages,
        is_fine=True,
    )
    leader = cast("Leader", system.rules["leader"])
    in_steps = attrs.evolve(leader, watermark=attrs.evolve(STORED, fetched=follow_in_steps))
    aging = () if setting.delivery_timeout_ms is None else (unsent_timeout, unnoticed_timeout)
    rules = {**system.rules, "leader": in_steps}
    return attrs.evolve(system, actions=(*system.actions, resolve, *aging), rules=rules, symmetric={})


@action(fault="send-timeout")
def unsent_timeout(client: ProducerRules, records: int, producer: Producer) -> Iterator[Next]:
    """
    What the application sends again passes its deadline before it is sent.

    In the model it might as well wait for ever.

    Source: ``RecordAccumulator.expiredBatches``.
    """
    for place, attempt in enumerate(producer.queue):
        if not attempt.was_sent:
            left = attrs.evolve(producer, queue=(*producer.queue[:place], *producer.queue[place + 1 :]))
            after = told_failure(client, left, records, attempt)
            yield Next(f"the send of {attempt.batch.name} fails before it is on its way", producer=after)


@action(fault="send-timeout", when={"connection": is_broken})
def unnoticed_timeout(
    client: ProducerRules, records: int, producer: Producer, connection: Connection
) -> Iterator[Next]:
    """
    A batch passes its deadline before the producer notices that its connection is broken.

    In the model that breaks later.

    Source: ``Sender.runOnce``: batches expire in ``sendProducerData``, before ``NetworkClient.poll``.
    """
    lost = Connection(connection.broken)
    for attempt in outstanding_batches(client, producer, lost):
        after, left = expired(client, records, producer, lost, attempt)
        says = f"the send of {attempt.batch.name} fails before the producer notices that its connection is broken"
        yield Next(says, producer=after, connection=attrs.evolve(connection, broken=left.requests))


@action
def resolve(client: ProducerRules, producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    The producer sees that a sequence is resolved, or never will be.

    In the model it does so as it sends.

    Source: ``TransactionManager.maybeResolveSequences``, in each round of the sender.
    """
    after = resolved(client.idempotence, producer, connection)
    if after != producer:
        yield Next("the producer sees what it can of the sequence that is unresolved", producer=after)


def run_beside(
    setting: ProduceSetting, seed: int, disturbances: Sequence[Disturbance], *, model: ProduceSetting | None = None
) -> Trace:
    """
    Run the reference, and take each of its steps in the model.

    Args:
        setting: Client, brokers, and how many records.
        seed: Of everything that chance decides.
        disturbances: What goes wrong, one after the other; what can not happen when it is due does not.
        model: The rules of the model, if they are to be others than those of what runs.

    Raises:
        NotRefinedError: One of its steps is none of the model.
    """
    stage = ProduceStage(setting, seed)
    kinds = frozenset(disturbance.kind for disturbance in disturbances)
    beside = Beside(fine_system(model or setting, kinds), stage, ProduceMap(stage).state, distance, most=MOST_ACTIONS)
    beside.check()
    stage.start()
    for disturbance in disturbances:
        beside.run_until(stage.clock.now_ms + disturbance.after_ms)
        FAULTS[disturbance.kind](stage, disturbance.choice)
    beside.run_until(stage.clock.now_ms + QUIET_MS)
    return beside.trace
