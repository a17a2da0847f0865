"""The produce half as a system."""

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.produce import failing, replicating, sending
from ackproof.model.produce.append import Leader
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import new_producer
from ackproof.model.produce.replica import first_replicas, in_any_order
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.watermark import DERIVED, STORED
from ackproof.model.system import REDUCTIONS, Action, System

CLIENT = (sending.hear_refusal, sending.disconnect)
CLUSTER = (
    replicating.append,
    replicating.answer.on(up_to="replicas"),
    replicating.give_up.on(index="replicas"),
    replicating.fetch,
    replicating.expand,
    replicating.notice,
    replicating.come_back,
)
FAULT_ACTIONS: tuple[Action, ...] = (
    failing.request_lost,
    failing.response_lost,
    failing.request_delayed,
    replicating.late,
    failing.broker_crash,
    failing.power_loss,
    failing.leader_change,
    failing.follower_lag,
    sending.send_timeout,
    sending.deadline_passes_with_the_connection,
    failing.producer_crash,
    failing.producer_crash_unnoticing,
    sending.producer_pause,
)

KINDS = frozenset(act.fault for act in FAULT_ACTIONS if act.fault)
"""The kinds of fault that this half knows."""


def produce_half(
    client: ProducerRules,
    brokers: BrokerRules,
    *,
    records: int,
    faults: Faults,
    kinds: frozenset[str],
    remembers_acknowledged: bool = True,
    stores_repeats: bool = True,
    remembers_visible: bool = False,
    is_fine: bool = False,
) -> System:
    """
    An application that sends *records* records through one producer to one partition.

    Args:
        remembers_acknowledged: Only loss asks for it.
        stores_repeats: False for claims that cannot tell a repeat from its first copy (``Leader``).
        remembers_visible: Keep the longest prefix that consumers could ever read, in the component ``visible``.
        is_fine: Without any reduction: nothing urgent, replicas told apart, a stored high watermark.
    """
    leader = Leader(brokers, STORED if is_fine else DERIVED, client.acks, stores_repeats or is_fine)
    visible = (replicating.show.on(committed="replicas"),) if remembers_visible else ()
    send = sending.send_and_forget if client.acks == "0" else sending.send
    return System(
        initial={
            "replicas": first_replicas(brokers.replication_factor),
            "connection": Connection(),
            "producer": new_producer(client),
            "delayed": (),
            "acknowledged": frozenset[int](),
            FAULTS: faults,
        }
        | ({"visible": ()} if remembers_visible else {}),
        actions=(send, *CLIENT, *CLUSTER, *visible, *(act for act in FAULT_ACTIONS if is_possible(act, kinds))),
        rules={
            "leader": leader,
            "client": client,
            "records": records,
            "remembers_acknowledged": remembers_acknowledged,
        },
        symmetric={"replicas": in_any_order},  # type: ignore[dict-item]  # a component's own type
        reductions=frozenset() if is_fine else REDUCTIONS,
    )


def is_possible(act: Action, kinds: frozenset[str]) -> bool:
    """Whether *act* belongs to a system in which only *kinds* of fault happen."""
    return (act.fault or "request-delayed") in kinds
