"""Commits in several steps: a request arrives, is judged by the sender's generation, and the answer is heard."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.committing import (
    accepted,
    asked,
    committing_automatically,
    put_off,
    refused,
    with_accepted_commit,
    with_refused_commit,
)
from ackproof.model.consume.consumer import (
    Answer,
    Consumer,
    Consumers,
    has_commit_in_flight,
    has_commit_to_wait_for,
    named,
    replaced,
    without_assignment,
)
from ackproof.model.consume.coordinator import Coordinator, Protocol
from ackproof.model.consume.log import Group, with_committed
from ackproof.model.consume.membership import offset_as_nobody, with_commit
from ackproof.model.consume.reading import committing, has_processed_prefix, processed_prefixes
from ackproof.model.consume.rules import ConsumerRules, automatic_offset
from ackproof.model.system import Next, action


@action(when={"consumers": has_processed_prefix})
def ask_to_commit_the_processed_prefix(
    consumer: ConsumerRules, in_flight_max: int, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """An application that hands records off calls commitSync or commitAsync between polls."""
    for index, offset in processed_prefixes(consumer, consumers, group):
        is_member = index in coordinator.members and consumers[index].status != "lingering"
        if not (consumers[index].generation or is_member):
            continue
        after = committing(consumer, in_flight_max, consumers[index], offset)
        yield Next(asked(index, offset), consumers=replaced(consumers, index, after))


@action(when={"consumers": has_commit_to_wait_for})
def commit_arrives(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """The group coordinator decides on a synchronous commit."""
    for index, waiting in enumerate(consumers):
        offset = waiting.to_commit
        if offset is not None and waiting.answer is None:
            for answer in answers(consumer, protocol, consumers, group, coordinator, index):
                yield decided(consumers, group, index, offset, waiting, answer)


def answers(
    rules: ConsumerRules, protocol: Protocol, consumers: Consumers, group: Group, coordinator: Coordinator, index: int
) -> Iterator[Answer]:
    """
    What may become of a commit; an empty group accepts it if the client knows by now that it is out of the group.

    None comes of what is behind a SyncGroup that waits: brokers read one request of a connection after the other
    (``SocketServer`` mutes its channel), and who does not lead sends that as it hears of its generation (librdkafka
    ``rd_kafka_cgrp_handle_JoinGroup``).

    Requests before version 9, aiokafka's among them, are told that their generation is none of a group that is lost.
    """
    answer = protocol.answer(rules, coordinator, group, consumers, index)
    if answer == "put off" and coordinator.state == "completing" and index in coordinator.followers:
        return
    yield answer
    if answer == "no group":
        yield "refused"
    if answer != "accepted" and names_generation(rules, coordinator, consumers, index):
        yield "accepted"
    if rules.commits_as_nobody and not coordinator.members and consumers[index].status == "owner":
        yield "accepted"


def names_generation(rules: ConsumerRules, coordinator: Coordinator, consumers: Consumers, index: int) -> bool:
    """Whether a member that is to forget its generation may have named it: it has not heard that a commit was late."""
    is_to_forget = not rules.rebalancing.survives_late_commits and not consumers[index].generation
    return is_to_forget and index in coordinator.members and coordinator.state == "stable"


@action(when={"consumers": has_commit_in_flight})
def async_commit_arrives(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """The group coordinator decides on an asynchronous or automatic commit, also of a consumer that has crashed."""
    for index, sender in enumerate(consumers):
        if sender.in_flight:
            offset, *later = sender.in_flight
            after = attrs.evolve(sender, in_flight=tuple(later))
            for answer in answers(consumer, protocol, consumers, group, coordinator, index):
                yield decided(consumers, group, index, offset, after, answer)


def decided(consumers: Consumers, group: Group, index: int, offset: int, sender: Consumer, answer: Answer) -> Next:
    """The *answer* to the commit of *offset* by the consumer at *index*."""
    answered = attrs.evolve(sender, answer=answer) if sender.to_commit is not None else sender
    after = replaced(consumers, index, answered)
    match answer:
        case "accepted":
            return Next(accepted(offset), consumers=after, group=with_committed(group, offset))
        case "put off":
            return Next(put_off(index, offset, sender), consumers=after, group=group)
        case "no group":
            says = f"the group coordinator knows no such group, and refuses the commit of offset {offset}"
            return Next(says, consumers=after, group=group)
        case "refused":
            # Who is told so forgets its generation (``ConsumerCoordinator.OffsetCommitResponseHandler``), and commits
            # no more.
            told = replaced(consumers, index, attrs.evolve(answered, generation=0))
            return Next(refused(index, offset), consumers=told, group=group)


@action(when={"consumers": has_commit_to_wait_for})
def hear_answer(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """
    A consumer hears what became of its synchronous commit, and gives up what it has if it is out of the group.

    Source: ``ConsumerCoordinator.OffsetCommitResponseHandler``.
    """
    for index, waiting in enumerate(consumers):
        left = group
        match waiting.answer:
            case "accepted":
                says, after = "that it has committed", with_accepted_commit(waiting)
            case "put off":
                says, after = "that it has to commit again", with_refused_commit(waiting)
            case "no group":
                says, after = "that there is no such group", with_refused_commit(waiting)
            case "refused":
                after = refused_in_steps(consumer, waiting, is_known=index in coordinator.members)
                offset = None if coordinator.members else offset_as_nobody(consumer, waiting, group.committed)
                saved, left = with_commit(group, index, offset)
                says = f"CommitFailed{saved}"
            case None:
                continue
        yield Next(f"{named(index)} hears {says}", consumers=replaced(consumers, index, after), group=left)


def refused_in_steps(rules: ConsumerRules, consumer: Consumer, *, is_known: bool) -> Consumer:
    """
    *consumer* once it hears that its commit is refused.

    Under the new group protocol heartbeats say what it is; who has no generation, or is fenced, hears so from its next.
    """
    told = with_refused_commit(consumer)
    forgets = rules.keeping.forgets_replacements or not rules.rebalancing.survives_late_commits
    hears_more = is_known and forgets and consumer.status not in ("silent", "lingering")
    return told if rules.rebalancing.is_by_coordinator or hears_more else without_assignment(told, "out")


@action(when={"consumers": committing_automatically})
def send_automatic_commit(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """
    The client sends a commit by itself, in poll or in the background.

    Who was told that it is out of the group goes on only as nobody (``CommitRequestManager.maybeAutoCommitAsync``).
    """
    for index in committing_automatically(consumers, consumer):
        sender = consumers[index]
        offset = automatic_offset(consumer, sender, group.committed)
        is_new = offset is not None and offset != group.committed
        is_member = index in coordinator.members and sender.status != "lingering"
        goes_on = bool(sender.generation) or is_member or consumer.commits_as_nobody
        if offset is not None and is_new and goes_on and not sender.in_flight:
            after = attrs.evolve(sender, in_flight=(offset,))
            says = f"{named(index)} sends an automatic commit of offset {offset}"
            yield Next(says, consumers=replaced(consumers, index, after))
