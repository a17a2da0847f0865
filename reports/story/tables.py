"""How each action is drawn. One that is in no table is a note in the lane that it changes."""

from collections.abc import Mapping

import attrs

from ackproof.reports.story.ends import (
    Ends,
    Lane,
    consumer,
    controller,
    coordinator,
    delayed,
    instance,
    leader,
    log,
    member,
    network,
    new_leader,
    output,
    producer,
    replica,
    sink,
    transactions,
)


@attrs.frozen
class Table:
    """
    The actions of one part of a pipeline.

    Attributes:
        components: What they write.
        lanes: The lane of a note, by the component that is changed; the first that applies.
    """

    components: frozenset[str]
    lanes: tuple[tuple[str, Lane], ...]
    ends: Mapping[str, Ends]


PRODUCE = Table(
    frozenset({"replicas", "connection", "producer", "delayed", "acknowledged", "visible"}),
    (("replicas", replica), ("producer", producer), ("delayed", network), ("connection", producer)),
    {
        "send": Ends(producer, leader, "request"),
        "send and forget": Ends(producer, leader, "request"),
        "append": Ends(leader),
        "give up": Ends(leader),
        "answer": Ends(leader, producer, "reply"),
        "hear refusal": Ends(leader, producer, "reply"),
        "request lost": Ends(producer, leader, "lost"),
        "response lost": Ends(leader, producer, "lost"),
        "request delayed": Ends(producer, network, "held"),
        "late": Ends(network, leader, "request"),
        "late again": Ends(network, leader, "request"),
        "fetch": Ends(leader, replica, "reply"),
        "expand": Ends(leader, controller, "request"),
        "alter partition": Ends(controller, leader, "reply"),
        "notice": Ends(controller, new_leader, "request"),
        "leader change": Ends(controller, new_leader, "request"),
        "follower lag": Ends(leader, controller, "request"),
        "broker crash": Ends(replica, None, "stop"),
        "power loss": Ends(replica, None, "stop"),
        "producer crash": Ends(producer, None, "stop"),
        "producer crash unnoticing": Ends(producer, None, "stop"),
    },
)
CONSUME = Table(
    frozenset({"consumers", "group", "history", "log", "coordinator", "offsets_in_sync"}),
    (("consumers", consumer), ("history", sink), ("group", coordinator), ("log", log), ("coordinator", coordinator)),
    {
        "append": Ends(log),
        "expose": Ends(log),
        "retention": Ends(log),
        "poll": Ends(log, consumer, "reply"),
        "read added": Ends(log, sink, "reply"),
        "process": Ends(consumer, sink, "request"),
        "process with offset": Ends(consumer, sink, "request"),
        "locate": Ends(coordinator, consumer, "reply"),
        "commit": Ends(consumer, coordinator, "request"),
        "commit automatically": Ends(consumer, coordinator, "request"),
        "async commit arrives": Ends(consumer, coordinator, "request"),
        "hear": Ends(coordinator, consumer, "reply"),
        "join": Ends(consumer, coordinator, "request"),
        "member joins": Ends(consumer, coordinator, "request"),
        "member leaves": Ends(consumer, coordinator, "request"),
        "hear assignment": Ends(coordinator, consumer, "reply"),
        "notice": Ends(coordinator, consumer, "reply"),
        "consumer crash": Ends(consumer, None, "stop"),
        "failure crashes": Ends(consumer, None, "stop"),
        "coordinator failover": Ends(coordinator, None, "stop"),
        "offsets power loss": Ends(coordinator, None, "stop"),
    },
)
TRANSACTIONS = Table(
    frozenset({"instances", "coordinator", "output", "offsets", "delayed"}),
    (("instances", instance), ("coordinator", transactions), ("output", output), ("offsets", coordinator)),
    {
        "add partition": Ends(instance, transactions, "request"),
        "produce": Ends(instance, output, "request"),
        "commit offsets": Ends(instance, coordinator, "request"),
        "end or start": Ends(instance, transactions, "request"),
        "mark": Ends(transactions, output, "request"),
        "late": Ends(network, transactions, "request"),
        "request delayed": Ends(delayed, network, "held"),
        "marker delayed": Ends(transactions, network, "held"),
        "locate": Ends(coordinator, instance, "reply"),
        "join": Ends(instance, coordinator, "request"),
        "producer crash": Ends(instance, None, "stop"),
        "consumer crash": Ends(instance, None, "stop"),
    },
)
GROUPS = Table(
    frozenset({"group"}),
    (("group", member),),
    {
        "join": Ends(member, coordinator, "request"),
        "rejoin": Ends(member, coordinator, "request"),
        "ask again": Ends(member, coordinator, "request"),
        "learn": Ends(coordinator, member, "reply"),
        "hear of removal": Ends(coordinator, member, "reply"),
        "begin generation": Ends(coordinator),
        "assign": Ends(coordinator),
        "session expires": Ends(coordinator),
        "consumer crash": Ends(member, None, "stop"),
        "coordinator failover": Ends(coordinator, None, "stop"),
    },
)
