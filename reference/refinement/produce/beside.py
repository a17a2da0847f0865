"""The produce half beside the model: a run of the reference whose every step is one of the model."""

from collections.abc import Iterator, Sequence
from typing import cast

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.produce.stored import STORED, follow_in_steps
from ackproof.model.system import Next, System, action
from ackproof.reference.refinement.beside import Beside
from ackproof.reference.refinement.explaining import Searches
from ackproof.reference.refinement.produce.awaiting import awaiting
from ackproof.reference.refinement.produce.distance import distance
from ackproof.reference.refinement.produce.elsewhere import elsewhere
from ackproof.reference.refinement.produce.faults import FAULTS, KINDS, Disturbance
from ackproof.reference.refinement.produce.map import ProduceMap
from ackproof.reference.refinement.produce.stage import ProduceSetting, ProduceStage
from ackproof.traces.trace import Trace

ENOUGH = 1_000
"""Faults that the model may have: what happens is decided beside it."""

QUIET_MS = 400

MOST_ACTIONS = 20
"""How many actions of the model one step may be: five requests that arrive at once are served and answered in one."""

SEARCHES: Searches = (
    *((4, faults_max) for faults_max in (0, 1, 2, MOST_ACTIONS)),
    *((100, faults_max) for faults_max in (0, 1, MOST_ACTIONS)),
    (1_000, MOST_ACTIONS),
)
"""How its steps are looked for: deadlines and what breaks with something else are faults, and mostly what happens."""

BREAKS = frozenset({"request-lost", "response-lost"})
"""What goes with other faults: as one of them breaks a connection, messages on it are lost."""

AGES = frozenset({"send-timeout"})
"""What happens by itself where there are deadlines."""


def fine_system(setting: ProduceSetting, happens: frozenset[str]) -> System:
    """The model without any reduction, where the leader hears of a fetch before it answers it, and this *happens*."""
    kinds = frozenset(KINDS.get(kind, kind) for kind in happens)
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
    others = elsewhere(setting.client) if "elsewhere" in happens else ()
    rules = {**system.rules, "leader": in_steps}
    actions = map(awaiting, (*system.actions, close, *others))
    return attrs.evolve(system, actions=tuple(actions), rules=rules, symmetric={})


@action
def close(client: ProducerRules, records: int, producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    The application closes its producer: as it knows all outcomes, or at once as a send has failed, sent or not.

    In the model neither is a step: a producer without anything to send may yet take a new epoch, and one whose
    application has stopped goes on with what it has sent.

    Source: ``Sender.run``: a producer works until nothing is in flight, and not one round longer; KIP-15,
    ``close(Duration.ZERO)``.
    """
    at_once = client.on_send_failure == "stop"
    knows_all = not producer.queue and not any(each.attempt for each in (*connection.requests, *connection.broken))
    if at_once or knows_all:
        closed = attrs.evolve(producer, next_record=records, queue=())
        yield Next(
            "the application closes its producer",
            producer=closed,
            connection=Connection() if at_once else Connection(connection.requests),
        )


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
    system = fine_system(model or setting, frozenset(disturbance.kind for disturbance in disturbances))
    beside = Beside(system, stage, ProduceMap(stage).state, distance, most=MOST_ACTIONS, searches=SEARCHES)
    beside.check()
    stage.start()
    for disturbance in disturbances:
        beside.run_until(stage.clock.now_ms + disturbance.after_ms)
        FAULTS[disturbance.kind](stage, disturbance.choice)
    beside.run_until(stage.clock.now_ms + QUIET_MS)
    return beside.trace
