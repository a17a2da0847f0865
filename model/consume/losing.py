"""
Commits that the network loses: a request, or an answer.

Not modelled: losses that change nothing. A synchronous commit whose request is lost is sent again, and of an
asynchronous one nobody waits for the answer.
"""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.committing import accepted, may_be_accepted
from ackproof.model.consume.consumer import (
    Consumers,
    has_commit_in_flight,
    has_commit_to_wait_for,
    named,
    replaced,
    with_status,
)
from ackproof.model.consume.coordinator import Coordinator, reconnected
from ackproof.model.consume.log import Group, with_committed
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import Next, action


@action(fault="request-lost", when={"consumers": has_commit_in_flight})
def commit_lost(consumers: Consumers) -> Iterator[Next]:
    """
    A connection to the group coordinator breaks with asynchronous commits on their way, or the last of them.

    Source: ``ConsumerCoordinator.doCommitOffsetsAsync``: it is not tried again.
    """
    for index, sender in enumerate(consumers):
        for kept in range(len(sender.in_flight)):
            offsets = ", ".join(str(offset) for offset in sender.in_flight[kept:])
            after = attrs.evolve(sender, in_flight=sender.in_flight[:kept])
            says = f"the asynchronous commit of {named(index)} of offset {offsets} is lost"
            yield Next(says, consumers=replaced(consumers, index, after))


@action(fault="request-lost", when={"consumers": has_commit_in_flight})
def commit_lost_in_steps(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """The same of what clients commit by themselves too, which else is one step."""
    for lost in commit_lost.outcomes(consumers):
        yield Next(lost.says, consumers=lost.changes["consumers"], coordinator=reconnected(coordinator))


@action(fault="response-lost", when={"consumers": has_commit_to_wait_for})
def answer_lost(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    The group coordinator accepts a commit, the answer is lost, and the client asks again: it may be refused then.

    Source: ``ConsumerCoordinator.commitOffsetsSync``.
    """
    for index in with_status(consumers, "owner", "stale"):
        offset = consumers[index].to_commit
        if offset is not None and offset != group.committed and may_be_accepted(consumer, consumers, index):
            yield Next(f"{accepted(offset)}; the answer is lost", group=with_committed(group, offset))


@action(fault="response-lost", when={"consumers": has_commit_to_wait_for})
def answer_lost_in_steps(consumers: Consumers) -> Iterator[Next]:
    """The answer to a synchronous commit is lost, and the client asks again."""
    for index, waiting in enumerate(consumers):
        if waiting.answer is not None:
            after = attrs.evolve(waiting, answer=None)
            yield Next(f"the answer to {named(index)} is lost", consumers=replaced(consumers, index, after))
