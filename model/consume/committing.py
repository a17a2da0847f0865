"""Commits as one step: the group coordinator decides and the consumer knows at once."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    has_commit_in_flight,
    has_commit_to_wait_for,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.log import Group
from ackproof.model.consume.reading import has_processed_prefix, processed_prefixes, sent
from ackproof.model.consume.rules import ConsumerRules, automatic_offset, in_poll
from ackproof.model.system import Next, action


@action(when={"consumers": has_commit_to_wait_for})
def commit(consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    The group coordinator decides on a synchronous commit.

    Source: ``ClassicGroup.validateOffsetCommit``; CommitFailedException.
    """
    for index, waiting in enumerate(consumers):
        offset = waiting.to_commit
        if offset is None:
            continue
        if waiting.status == "owner":
            after = with_accepted_commit(waiting)
            yield Next(
                accepted(offset),
                consumers=replaced(consumers, index, after),
                group=attrs.evolve(group, committed=offset),
            )
        else:
            after = without_assignment(with_refused_commit(waiting), "out")
            yield Next(refused(index, offset), consumers=replaced(consumers, index, after))


def accepted(offset: int) -> str:
    """What happened, for people."""
    return f"the group coordinator accepts the commit of offset {offset}"


def refused(index: int, offset: int) -> str:
    """What happened, for people."""
    return f"the group coordinator refuses the commit of offset {offset}: {named(index)} is no longer in the group"


def with_accepted_commit(consumer: Consumer) -> Consumer:
    """*consumer* goes on: it may now process what it committed first."""
    return attrs.evolve(consumer, to_commit=None, answer=None, batch=(), in_hand=consumer.in_hand + consumer.batch)


def with_refused_commit(consumer: Consumer) -> Consumer:
    """*consumer* goes on without what it could not commit before processing."""
    return attrs.evolve(consumer, to_commit=None, answer=None, batch=())


@action(when={"consumers": has_commit_in_flight})
def async_commit_arrives(consumers: Consumers, group: Group) -> Iterator[Next]:
    """An asynchronous commit takes effect, or is refused and nobody tries again."""
    for index, sender in enumerate(consumers):
        if not sender.in_flight:
            continue
        offset, *later = sender.in_flight
        after = replaced(consumers, index, attrs.evolve(sender, in_flight=tuple(later)))
        if sender.status == "owner":
            yield Next(accepted(offset), consumers=after, group=attrs.evolve(group, committed=offset))
        else:
            yield Next(refused(index, offset), consumers=after)


@action(when={"consumers": has_processed_prefix})
def commit_the_processed_prefix(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """An application that hands records off commits, between polls, the offset below which all are processed."""
    for index, offset in processed_prefixes(consumer, consumers, group):
        if consumer.commit == "sync":
            yield Next(f"{accepted(offset)} by {named(index)}", group=attrs.evolve(group, committed=offset))
        else:
            after = sent(consumers[index], offset, 1)
            yield Next(asked(index, offset), consumers=replaced(consumers, index, after))


def asked(index: int, offset: int) -> str:
    """What happened, for people."""
    return f"{named(index)} asks to commit offset {offset}"


def committing_automatically(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Which owners have a client that may commit by itself at this moment."""
    is_any_time = consumer.auto_commit.is_in_background
    return tuple(with_status(consumers, "owner")) if is_any_time else in_poll(consumer, consumers, "owner")


@action(when={"consumers": committing_automatically})
def commit_automatically(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """The client commits by itself, in poll or in the background."""
    for index in committing_automatically(consumers, consumer):
        offset = automatic_offset(consumer, consumers[index], group.committed)
        if offset not in (None, group.committed):
            yield Next(
                f"{named(index)} automatically commits offset {offset}", group=attrs.evolve(group, committed=offset)
            )
