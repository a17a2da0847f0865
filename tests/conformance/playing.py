"""
The same requests to two brokers, whose answers have to agree.

What only takes a while is settled by waiting, on both sides, so that it is not compared what either says in the
meantime, and so that it does not matter how fast they are:

- while coordinators and internal topics come up, and while a topic that was created becomes known;
- after EndTxn and InitProducerId, until the markers are written (CONCURRENT_TRANSACTIONS);
- what the first broker does not answer within 60 ms of its time, a JoinGroup or SyncGroup that waits for other members,
  the second may not have answered either once it is done with all that it was asked (``settling.py``);
- a group that has changed is described until both say the same, since a rebalance that waits for nobody is over a
  moment later.

A sequence ends where Kafka leaves something to chance (``chance.py``).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

import attrs
from kio.schema.api_versions.v4.request import ApiVersionsRequest

from tests.conformance.chance import ChanceError, Leaders
from tests.conformance.connection import PATIENCE_MS, TRIES, ClosedError
from tests.conformance.describing import ConsumerGroupDescribe, DescribeGroups
from tests.conformance.plain import Plain, plain
from tests.conformance.settling import REGROUPS, catch_up, has_pending, shows_group, shows_markers
from tests.conformance.story import SLOTS, Heard, Step, Story
from tests.conformance.transacting import EndTxn, InitProducerId

IMPATIENCE_MS = 60
AT_ONCE_MS = 1
PAUSE_MS = 5
TRIES_AT_MOST = 50
"""How often the first broker is asked, whose time passes at once, for what may never change."""
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

    def step(self, step: Step) -> None:
        """Ask once."""
        if isinstance(step, DescribeGroups | ConsumerGroupDescribe):
            self.agree(step)
            return
        self.send(step)
        if step.hears == "nothing":
            self.check(step, *(probed(story, step.slot) for story in self.stories))
        else:
            self.compare(step, self.heard(step.slot))
        if step.hears == "nothing at all":
            self.drop(step.slot)
        if isinstance(step, EndTxn | InitProducerId) and step.named:
            self.settle(step.named)
        if isinstance(step, REGROUPS):
            for shown in shows_group(step.group):
                self.agree(shown)

    def send(self, step: Step) -> None:
        """Ask both."""
        for story in self.stories:
            story.send(step.slot, step.request(story), step.version)

    def drop(self, slot: int) -> None:
        """A connection is of no more use, if it is still there; nobody waits for an answer on it."""
        self.waiting.pop(slot, None)
        for story in self.stories:
            if slot in story.connections:
                story.drop(slot)

    def agree(self, step: Step) -> None:
        """Ask what changes nothing, more than once if need be: what was done last may take a moment to show."""
        self.catch_up()
        said = self.ask(step)
        for _ in range(TRIES):
            if said[0] == said[1]:
                break
            self.pass_ms(PAUSE_MS)
            said = self.ask(step)
        self.check(step, *said)

    def ask(self, step: Step) -> tuple[Plain, Plain]:
        """What both say to what changes nothing."""
        self.send(step)
        return self.told(self.heard(step.slot))

    def catch_up(self) -> None:
        """Wait until both have done what they were asked; what they keep meanwhile is the same for both."""
        for story in self.stories:
            catch_up(story)

    def told(self, heard: tuple[Heard, Heard]) -> tuple[Plain, Plain]:
        """What both said, in names of our own."""
        return told(self.first, heard[0]), told(self.second, heard[1])

    def heard(self, slot: int) -> tuple[Heard, Heard]:
        """What both say: the second gets the time that it needs if the first has answered, and else to get so far."""
        first = self.first.hear(slot, IMPATIENCE_MS)
        if first is None:
            self.catch_up()
        return first, self.second.hear(slot, AT_ONCE_MS if first is None else PATIENCE_MS)

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
                self.compare(self.waiting[slot], self.heard(slot))

    def settle(self, who: str) -> None:
        """
        Wait until nothing is pending for a transactional id.

        Something may be for ever: a partition that knows a higher epoch, as a producer made one up, takes no marker.
        """
        if self.is_settled(self.first, who, TRIES_AT_MOST):
            assert self.is_settled(self.second, who, TRIES)
        else:
            for shown in shows_markers():
                self.agree(shown)

    def is_settled(self, story: Story, who: str, tries: int) -> bool:
        """Whether nothing is pending in the end."""
        for _ in range(tries):
            if not has_pending(story, who):
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
