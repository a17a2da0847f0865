"""A log that grows, a consumer that polls it and commits automatically, and what goes wrong, as a system."""

from collections.abc import Iterator

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.mechanisms.poll_loop import (
    Client,
    PollRules,
    after_task,
    commits_now,
    fetched,
    handed_out,
    names,
    rejoined,
)
from ackproof.model.naming import record_name
from ackproof.model.system import Next, System, action


def poll_loop(rules: PollRules, *, records: int = 3, faults: int = 0) -> System:
    """A consumer that processes in its poll loop, enable.auto.commit=true, auto.offset.reset=earliest."""
    return System(
        initial={"client": Client(), "log_end": 0, "committed": None, "processed": (), FAULTS: Faults(faults)},
        actions=(append, call_poll, rejoin, commit, locate, hand_out, fetch, process, tick, crash, rebalance),
        rules={"rules": rules, "records": records},
    )


@action(fair=False)
def append(log_end: int, records: int) -> Iterator[Next]:
    """The log grows."""
    if log_end < records:
        yield Next(f"{record_name(log_end)} is appended at offset {log_end}", log_end=log_end + 1)


@action
def call_poll(rules: PollRules, client: Client) -> Iterator[Next]:
    """The application has processed what it has, and calls poll."""
    if client.task is None and not client.in_hand:
        yield Next("the application calls poll()", client=attrs.evolve(client, task=rules.order[0]))


@action
def rejoin(rules: PollRules, client: Client, committed: int | None) -> Iterator[Next]:
    """Before it rejoins the position is committed, whatever the timer says (``ConsumerCoordinator.onJoinPrepare``)."""
    if client.task == "rejoin":
        after = attrs.evolve(client, task=after_task(rules.order, "rejoin"))
        if not client.has_to_rejoin:
            yield Next("poll: no rebalance", client=after)
            return
        offset = committed if client.position is None else client.position
        yield Next(f"poll: it commits offset {offset} and rejoins", client=rejoined(after), committed=offset)


@action
def commit(rules: PollRules, client: Client, committed: int | None) -> Iterator[Next]:
    """The automatic commit, if it is due: of the position at this moment (``SubscriptionState.allConsumed``)."""
    if client.task == "commit":
        after = attrs.evolve(client, task=after_task(rules.order, "commit"))
        if commits_now(client):
            timed = attrs.evolve(after, timer=rules.commit_interval)
            yield Next(f"poll: automatic commit of offset {client.position}", client=timed, committed=client.position)
        else:
            yield Next("poll: no automatic commit is due", client=after)


@action
def locate(rules: PollRules, client: Client, committed: int | None) -> Iterator[Next]:
    """A partition without a position gets the committed offset, or else the earliest one (``updateFetchPositions``)."""
    if client.task == "locate":
        position = client.position if client.position is not None else committed or 0
        after = attrs.evolve(client, task=after_task(rules.order, "locate"), position=position)
        yield Next(f"poll: the position is {position}", client=after)


@action
def hand_out(rules: PollRules, client: Client) -> Iterator[Next]:
    """Poll takes records out of the fetch buffer (``FetchCollector.collectFetch``); the position moves."""
    if client.task == "hand out":
        after = attrs.evolve(handed_out(rules, client), task=after_task(rules.order, "hand out"))
        yield Next(f"poll: it takes out {names(after.in_hand)}; the position is {after.position}", client=after)


@action
def fetch(rules: PollRules, client: Client, log_end: int) -> Iterator[Next]:
    """An answer to a fetch fills the buffer, at any time."""
    if client.position is not None:
        after = fetched(rules, client, log_end)
        if after != client:
            yield Next(f"a fetch is answered: {after.buffered} in the buffer", client=after)


@action
def process(client: Client, processed: tuple[int, ...]) -> Iterator[Next]:
    """The application processes the next record that it holds; the history is a set, so a repeat adds nothing."""
    if client.task is None and client.in_hand:
        offset, *rest = client.in_hand
        after = attrs.evolve(client, in_hand=tuple(rest))
        says = f"the application processes {record_name(offset)}"
        yield Next(says, client=after, processed=tuple(sorted({*processed, offset})))


@action
def tick(client: Client) -> Iterator[Next]:
    """Time passes: the next automatic commit comes nearer."""
    if client.timer > 0:
        yield Next("a tick passes", client=attrs.evolve(client, timer=client.timer - 1))


@action(fault="consumer-crash")
def crash(client: Client) -> Iterator[Next]:
    """The process dies with what it holds and starts again."""
    held = f" with {names(client.in_hand)} in its hands" if client.in_hand else ""
    yield Next(f"the consumer crashes{held} and starts again", client=Client())


@action(fault="member-joins")
def rebalance(client: Client) -> Iterator[Next]:
    """Somebody joins the group; for simplicity this consumer gets the partition again."""
    if not client.has_to_rejoin:
        yield Next("a member joins: the group rebalances", client=attrs.evolve(client, has_to_rejoin=True))
