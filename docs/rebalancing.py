"""
Writes docs/rebalancing.md: what each rebalance protocol does to a group, as the search finds it.

Usage: python docs/rebalancing.py, from the top of the repository.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import cast

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.groups.half import group_half
from ackproof.model.groups.naming import named
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, GroupRules
from ackproof.properties.groups import Group, consumed, is_settled, owned
from ackproof.properties.property import always
from ackproof.search.explorer import explore
from ackproof.traces.downtime import Downtime, downtime
from ackproof.traces.trace import Trace

PAGE = Path(__file__).parent / "rebalancing.md"
MEMBERS, PARTITIONS = 2, 3

PROTOCOLS: Mapping[str, GroupRules] = {
    "eager (`range`)": EAGER,
    "cooperative (`cooperative-sticky`)": COOPERATIVE,
    "KIP-848 (`uniform`)": CONSUMER,
}
TRIGGERS: Mapping[str, str] = {
    "a member joins": "member-joins",
    "a member leaves": "member-leaves",
    "a member crashes and restarts": "consumer-crash",
    "a member pauses for too long": "consumer-pause",
    "a partition is added": "partitions-added",
    "the coordinator fails over": "coordinator-failover",
}
STATIC = "a static member is restarted"
TIMELINES = (
    ("Eager: a member joins", EAGER, "member-joins"),
    ("Cooperative: a member joins", COOPERATIVE, "member-joins"),
    ("KIP-848: a member joins", CONSUMER, "member-joins"),
    ("Static, eager: a member is restarted", attrs.evolve(EAGER, is_static=True), "member-leaves"),
)


@always(source="ClassicGroup; KIP-848")
def the_group_is_not_at_rest(group: Group, faults: Faults) -> bool:
    """Something has yet to happen, or the group is not settled with an owner for every partition."""
    return faults.left > 0 or not (is_settled(group) and owned(group) == frozenset(range(group.partitions)))


def rebalance(rules: GroupRules, kind: str) -> Trace:
    """A shortest execution from a settled group, through a trigger of that *kind*, to a settled group."""
    system = group_half(
        rules, members=MEMBERS, partitions=PARTITIONS, faults=Faults(0), kinds=frozenset({kind}), is_fine=True
    )
    formed = explore(system, the_group_is_not_at_rest).violation
    assert formed is not None
    triggered = {**formed.last, FAULTS: Faults(1)}
    with_trigger = attrs.evolve(system, initial=triggered, rules={**system.rules, "most_partitions": PARTITIONS + 1})
    found = explore(with_trigger, the_group_is_not_at_rest).violation
    assert found is not None
    return found


def of_state(components: Mapping[str, Hashable]) -> tuple[frozenset[int], ...]:
    """What each consumer consumes."""
    return consumed(cast("Group", components["group"]))


def cost(rules: GroupRules, kind: str) -> Downtime:
    """What a trigger of that *kind* costs."""
    return downtime(rebalance(rules, kind), of_state)


def rows() -> Iterator[str]:
    """The table: protocol by trigger."""
    yield "| trigger | protocol | steps | partitions that nobody reads | consumers that read nothing |"
    yield "| --- | --- | --- | --- | --- |"
    cases = [(trigger, name, rules, kind) for trigger, kind in TRIGGERS.items() for name, rules in PROTOCOLS.items()]
    static = [(STATIC, name, attrs.evolve(rules, is_static=True), "member-leaves") for name, rules in PROTOCOLS.items()]
    for trigger, name, rules, kind in (*cases, *static):
        trace = rebalance(rules, kind)
        took = downtime(trace, of_state)
        waits = " after the session timeout" if any(s.action.name == "session expires" for s in trace.steps) else ""
        partitions = lasting(took.partitions, str) or "none"
        consumers = lasting(took.consumers, named) or "nobody"
        yield f"| {trigger} | {name} | {took.steps}{waits} | {partitions} | {consumers} |"


def lasting(counts: Mapping[int, int], name: Callable[[int], str]) -> str:
    """Who or what stands still for how many steps."""
    return ", ".join(f"{name(key)}: {count}" for key, count in counts.items())


def timeline(trace: Trace) -> Iterator[str]:
    """An execution as text: each step, and what every consumer reads after it."""
    states = [of_state(dict(zip(trace.names, state, strict=True))) for state in trace.states]
    width = max(len(step.says) for step in trace.steps)
    heads = "  ".join(named(index) for index in range(len(states[0])))
    yield f"{'':{width}}  {heads}"
    for says, each in zip(["", *(step.says for step in trace.steps)], states, strict=True):
        cells = "  ".join(f"{' '.join(map(str, sorted(of))) or '.':{len(named(0))}}" for of in each)
        yield f"{says:{width}}  {cells}".rstrip()


def page() -> str:
    """The whole page."""
    drawn = [
        "\n".join([f"## {title}", "", "```text", *timeline(rebalance(rules, kind)), "```"])
        for title, rules, kind in TIMELINES
    ]
    return "\n\n".join([INTRODUCTION.strip(), "\n".join(rows()), READING.strip(), *drawn]) + "\n"


INTRODUCTION = f"""
# What a rebalance costs

A group of {MEMBERS} members reads {PARTITIONS} partitions and is settled. Something happens, and it settles again.
`docs/rebalancing.py` asks the search for a shortest way from the one to the other in `model/groups/`, and counts: the
steps that follow on the trigger, for each partition after how many of them nobody may consume it, and for each consumer
that has something to read in the end after how many it reads nothing. A step is one action of the model: a poll that
joins, an answer that is heard, a heartbeat. Steps say what waits for what, not how long that takes; where one is a
timeout, it says so. Which of several shortest ways it is, and who leaves or crashes in it, is the search's choice.
"""

READING = """
- **Eager** stops the world: everybody gives up everything before it joins, and starts again once the leader has
  assigned, also those who keep what they had. A member that still processes records holds up all others.
- **Cooperative** stops what moves, and only that. It takes two rebalances where something moves: the first one takes
  the partition away, the second gives it to somebody else, so one that moves is without an owner for longer.
- **KIP-848** stops what moves, without a barrier: each member goes on by itself, and nobody waits for the slowest.
- **A crash** is the same under each protocol: until the session has expired nobody reads what the dead member owned.
- **Static** members that are restarted in time cost nobody anything but themselves. The price: until the session
  expires nobody else takes over either.
- **Static** members know less when they return. What is added to the topic while the leader is away nobody notices
  (KIP-814), and a cooperative member that is restarted between the two rounds forgets to ask for the second one: until
  something else makes the group rebalance the partition that it gave up has no owner. `tests/properties/test_groups.py`
  finds both.
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
