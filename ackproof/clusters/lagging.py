"""``ackproof lag``: how far groups of a cluster are behind, or what the lag of a simulated pipeline does, and why."""

import asyncio
import sys
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from random import Random
from typing import Literal

import attrs

from ackproof.clusters.addressing import servers
from ackproof.clusters.securing import secured
from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.lag.admin import Admin, GroupError, UnreadableAssignmentError
from ackproof.reference.lag.exposition import exposed
from ackproof.reference.lag.group import Group
from ackproof.reference.lag.metrics import Isolation
from ackproof.reference.lag.report import rendered, simulate
from ackproof.reference.lag.scenario import MOST, Event, HangingTransaction, Rebalances, Scenario, Spike, Stuck
from ackproof.reference.lag.table import described, notice
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import Address, DisconnectedError
from ackproof.reference.serving.clock import LoopClock
from ackproof.reference.serving.dialling import SocketNetwork
from ackproof.reference.serving.securing import Security
from ackproof.reference.serving.serving import settled
from ackproof.reports.text import complain, plural

BAD_USAGE, OUT_OF_REACH = 3, 2

Form = Literal["text", "prometheus"]

WEEK_S = 7 * 24 * 3600
MOST_WORK = 2 * WEEK_S
"""Seconds for each consumer and each partition that are simulated: some minutes of work."""


@attrs.frozen
class Simulated:
    """
    A pipeline to simulate.

    Attributes:
        events: What goes wrong, as KIND@START-END in seconds.
        isolation: None for that which shows what goes wrong.
    """

    rate: float = 100.0
    processing_ms: float = 5.0
    consumers: int = 1
    partitions: int = 1
    seconds: int = 600
    isolation: Isolation | None = None
    events: tuple[str, ...] = ()
    seed: int = 0


@attrs.frozen
class Described:
    """Groups to describe: all of the cluster if none is named."""

    group_ids: tuple[str, ...] = ()
    form: Form = "text"
    is_verbose: bool = False
    command_config: Path | None = None


def answer(bootstrap: str | None, groups: Described, pipeline: Simulated) -> int:
    """Tell of a cluster or of a simulated pipeline, and the exit code; what is said about the other is refused."""
    if bootstrap is None:
        is_alone = groups == Described()
        return (
            simulated(pipeline)
            if is_alone
            else usage("GROUPS, --verbose, --format and --command-config need --bootstrap: of what cluster?")
        )
    if pipeline != Simulated():
        return usage(
            "--bootstrap: a cluster is described as it is; the options of a simulated pipeline say nothing of it"
        )
    return described_groups(bootstrap, groups)


def simulated(asked: Simulated) -> int:
    """Simulate a pipeline, print what its lag does and why, and tell the exit code."""
    try:
        check_work(asked)
        events = tuple(event(text, asked.seconds) for text in asked.events)
        scenario = Scenario(
            arrival_rate_per_s=asked.rate,
            processing_ms=asked.processing_ms,
            consumers=asked.consumers,
            partitions=asked.partitions,
            isolation=asked.isolation or isolation_of(events),
            duration_ms=asked.seconds * 1_000,
            events=events,
        )
    except ValueError as problem:
        return usage(str(problem))
    sys.stdout.write(rendered(simulate(scenario, Random(asked.seed))))
    return 0


def check_work(asked: Simulated) -> None:
    """
    Refuse what would take for ever, or no time, and what is no rate or time at all.

    Raises:
        ValueError: It is more than ``MOST_WORK``, or nothing at all.
    """
    for option, value in (("--rate", asked.rate), ("--processing", asked.processing_ms)):
        if not 0 <= value <= MOST:
            raise ValueError(f"{option} {value:g}: say a number from 0 to {MOST:.0f}")
    if asked.seconds < 1:
        raise ValueError(f"--seconds {asked.seconds}: say 1 or more")
    parts = max(1, asked.consumers) + max(1, asked.partitions)
    if asked.seconds * parts > MOST_WORK:
        whole = f"{plural(asked.consumers, 'consumer')} and {plural(asked.partitions, 'partition')}"
        most = f"at most {MOST_WORK // parts:,} s" if parts <= MOST_WORK else "not for a second"
        raise ValueError(f"--seconds {asked.seconds}: {whole} are simulated for {most}")


def isolation_of(events: Sequence[Event]) -> Isolation:
    """An open transaction stops read_committed consumers only."""
    hangs = any(isinstance(event, HangingTransaction) for event in events)
    return "read_committed" if hangs else "read_uncommitted"


def event(text: str, seconds: int) -> Event:
    """
    What goes wrong, until the *seconds* of the simulation are over at most.

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
            every_ms, left_ms = 20_000, max(1, seconds * 1_000 - at_ms)
            return Rebalances(at_ms, every_ms, 5_000, ceil(min(duration_ms, left_ms) / every_ms))
        case "hanging-transaction":
            return HangingTransaction(at_ms, duration_ms)
        case _:
            raise ValueError(f"--event {text}: known are spike, stuck, rebalancing and hanging-transaction")


def described_groups(bootstrap: str, asked: Described) -> int:
    """Print the lag of groups of the cluster at *bootstrap*, and complain about those that nothing can be told of."""
    try:
        told = asyncio.run(_groups(servers(bootstrap), asked.group_ids, secured(asked.command_config)))
    except ValueError as problem:
        return usage(str(problem))
    except (TimedOutError, DisconnectedError, KafkaError) as problem:
        usage(f"{bootstrap} does not tell: {problem}")
        return OUT_OF_REACH
    if not told:
        complain(f"{bootstrap} has no groups of consumers")
    groups = [group for group in told if isinstance(group, Group)]
    if groups or not told:
        _show(groups, asked)
    return max((_complaint(problem) for problem in told if isinstance(problem, GroupError)), default=0)


def _show(groups: Sequence[Group], asked: Described) -> None:
    if asked.form == "prometheus":
        sys.stdout.write(exposed(groups))
        return
    for group in groups:
        sys.stderr.write(notice(group))
        sys.stdout.write(described(group, is_verbose=asked.is_verbose))
        # Where both are one terminal, each table follows its own notice.
        sys.stdout.flush()


def _complaint(problem: GroupError) -> int:
    """Say why nothing is told of a group: it is the group's own fault, or that of who asked for it."""
    code = usage(str(problem))
    return OUT_OF_REACH if isinstance(problem, UnreadableAssignmentError) else code


async def _groups(
    addresses: Sequence[Address], group_ids: Sequence[str], security: Security
) -> list[Group | GroupError]:
    clock = LoopClock(asyncio.get_running_loop())
    network = SocketNetwork(clock, security)
    admin = Admin(clock, network, addresses, Random())

    async def asked(group_id: str) -> Group | GroupError:
        try:
            return await admin.group(group_id)
        except GroupError as problem:
            return problem

    async def fetched() -> list[Group | GroupError]:
        # Who names a group twice is told of it once, as by the tool, and Prometheus takes no sample twice.
        return [await asked(group_id) for group_id in dict.fromkeys(group_ids or await admin.group_ids())]

    found = spawn(clock, fetched())
    try:
        return await settled(found)
    except TimedOutError as problem:
        # What was waited for did not come; why it did not is what the user can do something about.
        raise network.problem or problem from problem
    finally:
        await network.close()


def usage(message: str) -> int:
    """Say what is wrong with a call."""
    complain(message)
    return BAD_USAGE
