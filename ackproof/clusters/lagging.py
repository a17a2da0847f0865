"""``ackproof lag``: how far groups of a cluster are behind, or what the lag of a simulated pipeline does, and why."""

import asyncio
import sys
from collections.abc import Sequence
from random import Random
from typing import Literal

import attrs
from rich.console import Console

from ackproof.clusters.addressing import servers
from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.lag.admin import Admin, GroupNotFoundError
from ackproof.reference.lag.exposition import exposed
from ackproof.reference.lag.group import Group
from ackproof.reference.lag.report import rendered, simulate
from ackproof.reference.lag.scenario import Event, HangingTransaction, Rebalances, Scenario, Spike, Stuck
from ackproof.reference.lag.table import described
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import Address, DisconnectedError
from ackproof.reference.serving.clock import LoopClock
from ackproof.reference.serving.dialling import SocketNetwork
from ackproof.reference.serving.serving import settled

BAD_USAGE, OUT_OF_REACH = 3, 2

Form = Literal["text", "prometheus"]


@attrs.frozen
class Simulated:
    """A pipeline to simulate; what goes wrong as KIND@START-END in seconds."""

    rate: float
    processing_ms: float
    consumers: int
    partitions: int
    seconds: int
    events: Sequence[str]
    seed: int


def simulated(asked: Simulated) -> int:
    """Simulate a pipeline, print what its lag does and why, and tell the exit code."""
    try:
        scenario = Scenario(
            arrival_rate_per_s=asked.rate,
            processing_ms=asked.processing_ms,
            consumers=asked.consumers,
            partitions=asked.partitions,
            duration_ms=asked.seconds * 1_000,
            events=tuple(map(event, asked.events)),
        )
    except ValueError as problem:
        return usage(str(problem))
    sys.stdout.write(rendered(simulate(scenario, Random(asked.seed))))
    return 0


def event(text: str) -> Event:
    """
    What goes wrong.

    Raises:
        ValueError: It is not written as KIND@START-END.
    """
    kind, _, span = text.partition("@")
    start, dash, end = span.partition("-")
    if not dash or not start.isdecimal() or not end.isdecimal() or int(end) <= int(start):
        raise ValueError(f"--event {text}: say KIND@START-END in seconds, such as spike@60-120")
    at_ms, duration_ms = int(start) * 1_000, (int(end) - int(start)) * 1_000
    match kind:
        case "spike":
            return Spike(at_ms, duration_ms)
        case "stuck":
            return Stuck(at_ms, duration_ms)
        case "rebalancing":
            every_ms = 20_000
            return Rebalances(at_ms, every_ms, 5_000, max(duration_ms // every_ms, 1))
        case "hanging-transaction":
            return HangingTransaction(at_ms, duration_ms)
        case _:
            raise ValueError(f"--event {text}: known are spike, stuck, rebalancing and hanging-transaction")


def described_groups(bootstrap: str, group_ids: Sequence[str], form: Form, *, is_verbose: bool) -> int:
    """Print the lag of groups of the cluster at *bootstrap*; of all of them if none is named."""
    try:
        groups = asyncio.run(_groups(servers(bootstrap), group_ids))
    except ValueError as problem:
        return usage(str(problem))
    except GroupNotFoundError as problem:
        return usage(str(problem) or f"there is no group {' or '.join(group_ids)}")
    except (TimedOutError, DisconnectedError, KafkaError) as problem:
        usage(f"{bootstrap} does not tell: {problem}")
        return OUT_OF_REACH
    shown = exposed(groups) if form == "prometheus" else "\n".join(described(g, is_verbose=is_verbose) for g in groups)
    sys.stdout.write(shown if shown.endswith("\n") or not shown else f"{shown}\n")
    return 0


async def _groups(addresses: Sequence[Address], group_ids: Sequence[str]) -> list[Group]:
    clock = LoopClock(asyncio.get_running_loop())
    network = SocketNetwork(clock)
    admin = Admin(clock, network, addresses, Random())

    async def fetched() -> list[Group]:
        return [await admin.group(group_id) for group_id in group_ids or await admin.group_ids()]

    found = spawn(clock, fetched())
    try:
        return await settled(found)
    finally:
        await network.close()


def usage(message: str) -> int:
    """Say what is wrong with a call."""
    Console(stderr=True).print(f"ackproof: {message}", style="red", highlight=False)
    return BAD_USAGE
