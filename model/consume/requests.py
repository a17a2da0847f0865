"""Commits in several steps: a request arrives, is judged by the sender's generation, and the answer is heard."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.committing import (
    accepted,
    asked,
    committing_automatically,
    refused,
    with_accepted_commit,
    with_refused_commit,
)
from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    has_commit_in_flight,
    has_commit_to_wait_for,
    named,
    replaced,
    without_assignment,
)
from ackproof.model.consume.coordinator import Coordinator, is_current
from ackproof.model.consume.log import Group
from ackproof.model.consume.reading import committing, has_processed_prefix, processed_prefixes
from ackproof.model.consume.rules import ConsumerRules, automatic_offset
from ackproof.model.system import Next, action


@action(when={"consumers": has_processed_prefix})
def ask_to_commit_the_processed_prefix(
    consumer: ConsumerRules, in_flight_max: int, consumers: Consumers, group: Group
) -> Iterator[Next]:
    """An application that hands records off calls commitSync or commitAsync between polls."""
    for index, offset in processed_prefixes(consumer, consumers, group):
        if consumers[index].generation == 0:
            continue
        after = committing(consumer, in_flight_max, consumers[index], offset)
        yield Next(asked(index, offset), consumers=replaced(consumers, index, after))


@action(when={"consumers": has_commit_to_wait_for})
def commit_arrives(consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """The group coordinator decides on a synchronous commit."""
    for index, waiting in enumerate(consumers):
        offset = waiting.to_commit
        if offset is not None and waiting.answer is None:
            yield decided(consumers, group, coordinator, index, offset, waiting)


@action(when={"consumers": has_commit_in_flight})
def async_commit_arrives(consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """The group coordinator decides on an asynchronous or automatic commit, also of a consumer that has crashed."""
    for index, sender in enumerate(consumers):
        if sender.in_flight:
            offset, *later = sender.in_flight
            after = attrs.evolve(sender, in_flight=tuple(later))
            yield decided(consumers, group, coordinator, index, offset, after)


def decided(
    consumers: Consumers, group: Group, coordinator: Coordinator, index: int, offset: int, sender: Consumer
) -> Next:
    """The answer to the commit of *offset* by the consumer at *index*."""
    is_valid = is_current(coordinator, group, consumers, index)
    answered = attrs.evolve(sender, answer=is_valid) if sender.to_commit is not None else sender
    after = replaced(consumers, index, answered)
    if is_valid:
        return Next(accepted(offset), consumers=after, group=attrs.evolve(group, committed=offset))
    # Who is told so forgets its generation (``ConsumerCoordinator.OffsetCommitResponseHandler``) and commits no more.
    told = replaced(consumers, index, attrs.evolve(answered, generation=0))
    return Next(refused(index, offset), consumers=told, group=group)


@action(when={"consumers": has_commit_to_wait_for})
def hear_answer(consumers: Consumers) -> Iterator[Next]:
    """A consumer hears what became of its synchronous commit."""
    for index, waiting in enumerate(consumers):
        if waiting.answer is True:
            after = with_accepted_commit(waiting)
            yield Next(f"{named(index)} hears that it has committed", consumers=replaced(consumers, index, after))
        elif waiting.answer is False:
            after = without_assignment(with_refused_commit(waiting), "out")
            yield Next(f"{named(index)} hears CommitFailed", consumers=replaced(consumers, index, after))


@action(when={"consumers": committing_automatically})
def send_automatic_commit(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """The client sends a commit by itself, in poll or in the background."""
    for index in committing_automatically(consumers, consumer):
        sender = consumers[index]
        offset = automatic_offset(consumer, sender, group.committed)
        is_new = offset is not None and offset != group.committed
        if offset is not None and is_new and sender.generation and not sender.in_flight:
            after = attrs.evolve(sender, in_flight=(offset,))
            says = f"{named(index)} sends an automatic commit of offset {offset}"
            yield Next(says, consumers=replaced(consumers, index, after))
