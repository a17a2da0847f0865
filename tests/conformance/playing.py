"""
The same requests to two brokers, whose answers have to agree.

What only takes a while is settled by waiting, on both sides and no longer than a minute, so that it is not compared
what either says in the meantime:

- while coordinators and internal topics come up, and while a topic that was created becomes known;
- after EndTxn and InitProducerId, until the markers are written (CONCURRENT_TRANSACTIONS);
- a JoinGroup or SyncGroup that waits for other members is heard when it is answered; that it is not answered yet has to
  agree too, after 60 ms of the second broker's time;
- a group is described as it was when the last write to its log was complete.

A sequence ends where Kafka leaves something to chance (``chance.py``).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs
from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.api_versions.v4.request import ApiVersionsRequest

from ackproof.reference.protocol.primitive import ProducerId, TopicName, TransactionalId, i16, i32
from tests.conformance.chance import ChanceError, Leaders
from tests.conformance.connection import PATIENCE_MS, TRIES, ClosedError
from tests.conformance.describing import ConsumerGroupDescribe, DescribeGroups
from tests.conformance.plain import Plain, errors_of, plain
from tests.conformance.story import SLOTS, Heard, Step, Story
from tests.conformance.transacting import EndTxn, InitProducerId

IMPATIENCE_MS = 60
PAUSE_MS = 5
TRIES_AT_MOST = 50
"""Where nobody expects that it helps."""
NO_ANSWER, CLOSED = "no answer", "closed"


class DifferenceError(AssertionError):
    """Two brokers answered otherwise: what they were asked, and what each said."""

    def __init__(self, step: Step, first: Plain, second: Plain) -> None:
        super().__init__(f"{step}\n first {first}\nsecond {second}")
        self.step = step
        self.said = first, second


@attrs.define(eq=False)
class Pair:
    """
    One sequence on two brokers.

    Attributes:
        first: That of the broker that is asked first: whether it answers says how long the other is waited for.
        pass_ms: Lets time pass for both.
        asked: How many requests were answered alike.
    """

    first: Story
    second: Story
    pass_ms: Callable[[int], None]
    asked: int = 0
    waiting: dict[int, Step] = attrs.Factory(dict[int, Step])
    leaders: Leaders = attrs.Factory(Leaders)

    @property
    def stories(self) -> tuple[Story, Story]:
        """Both."""
        return self.first, self.second

    def play(self, steps: Sequence[Step]) -> None:
        """Ask one after the other, and hear at the end who still waits."""
        with suppress(ChanceError):
            for step in steps:
                if step.slot not in self.waiting:
                    self.step(step)
                    self.asked += 1
                    self.overhear()
            self.overhear()

    def step(self, step: Step) -> None:
        """Ask once."""
        if isinstance(step, DescribeGroups | ConsumerGroupDescribe):
            self.describe(step)
            return
        self.send(step)
        match step.hears:
            case "an answer":
                self.compare(step, self.heard(step.slot, IMPATIENCE_MS))
            case "nothing":
                self.check(step, *(probed(story, step.slot) for story in self.stories))
            case "nothing at all":
                self.check(step, *(silent(story, step.slot) for story in self.stories))
        if isinstance(step, EndTxn | InitProducerId) and step.named:
            self.settle(step.named)

    def send(self, step: Step) -> None:
        """Ask both."""
        for story in self.stories:
            story.send(step.slot, step.request(story), step.version)

    def describe(self, step: Step) -> None:
        """Ask what changes nothing, more than once if need be: a group is described as it was a moment ago."""
        first, second = self.described(step)
        for _ in range(TRIES_AT_MOST):
            if first == second:
                break
            self.pass_ms(PAUSE_MS)
            first, second = self.described(step)
        self.check(step, first, second)

    def described(self, step: Step) -> tuple[Plain, Plain]:
        """What both say to what changes nothing."""
        self.send(step)
        return self.told(self.heard(step.slot, IMPATIENCE_MS))

    def told(self, heard: tuple[Heard, Heard]) -> tuple[Plain, Plain]:
        """What both said, in names of our own."""
        return told(self.first, heard[0]), told(self.second, heard[1])

    def heard(self, slot: int, impatience_ms: int) -> tuple[Heard, Heard]:
        """What both say: the second gets the time that it needs if the first has answered, and little else."""
        first = self.first.hear(slot, impatience_ms)
        return first, self.second.hear(slot, impatience_ms if first is None else PATIENCE_MS)

    def compare(self, step: Step, heard: tuple[Heard, Heard]) -> None:
        """Both have to say the same, and what they say is taken note of."""
        said = self.told(heard)
        self.leaders.hear(step, *said)
        self.check(step, *said)
        if said[0] == NO_ANSWER:
            self.waiting[step.slot] = step
            return
        self.waiting.pop(step.slot, None)
        for story, answer in zip(self.stories, heard, strict=True):
            if answer is not None and not isinstance(answer, ClosedError):
                step.heard(story, answer)

    def overhear(self) -> None:
        """Hear who was waiting."""
        for slot in range(SLOTS):
            if slot in self.waiting:
                self.compare(self.waiting[slot], self.heard(slot, 1))

    def settle(self, who: str) -> None:
        """
        Wait until nothing is pending for a transactional id.

        Something may be for ever: a partition that knows a higher epoch, as a producer made one up, takes no marker.
        """
        is_settled = self.is_settled(self.first, who, TRIES_AT_MOST)
        self.is_settled(self.second, who, TRIES if is_settled else TRIES_AT_MOST)

    def is_settled(self, story: Story, who: str, tries: int) -> bool:
        """Whether nothing is pending in the end."""
        for _ in range(tries):
            heard = story.ask(0, probe(story, who), 3, PATIENCE_MS)
            if "concurrent_transactions" not in errors_of(plain(heard, story.names)):
                return True
            self.pass_ms(PAUSE_MS)
        return False

    def check(self, step: Step, first: Plain, second: Plain) -> None:
        """Raise an error that says what was asked, and what each answered, if they differ."""
        if first != second:
            raise DifferenceError(step, first, second)

    def close(self) -> None:
        """It is over."""
        for story in self.stories:
            story.close()


def told(story: Story, heard: Heard) -> Plain:
    """What a broker said, in names of our own."""
    if heard is None:
        return NO_ANSWER
    return CLOSED if isinstance(heard, ClosedError) else plain(heard, story.names)


def probed(story: Story, slot: int) -> Plain:
    """Whether a connection is closed after a request without an answer, as the next request on it finds out."""
    story.connection(slot).pending = None
    body = ApiVersionsRequest(client_software_name="a", client_software_version="1")
    return CLOSED if isinstance(story.ask(slot, body, 0, PATIENCE_MS), ClosedError) else NO_ANSWER


def silent(story: Story, slot: int) -> Plain:
    """Whether a connection is closed, or there is no answer; it is of no more use either way."""
    heard = told(story, story.hear(slot, IMPATIENCE_MS))
    if slot in story.connections:
        story.drop(slot)
    return heard


def probe(story: Story, who: str) -> AddPartitionsToTxnRequest:
    """A request that changes nothing: CONCURRENT_TRANSACTIONS while something is pending, else a wrong producer id."""
    transaction = AddPartitionsToTxnTransaction(
        transactional_id=TransactionalId(story.transactional_id(who)),
        producer_id=ProducerId(-9),
        producer_epoch=i16(0),
        topics=(AddPartitionsToTxnTopic(name=TopicName(story.topic(0)), partitions=(i32(0),)),),
    )
    return AddPartitionsToTxnRequest(transactions=(transaction,))
