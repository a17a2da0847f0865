"""One step of a trace of transactions, as a director reads it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Self, cast

import attrs

from ackproof.model.transactions.client import Client, requests, told, who
from ackproof.model.transactions.coordinator import Coordinator
from ackproof.model.transactions.instance import Instance, Instances
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output
from ackproof.model.transactions.request import ANY, Request
from ackproof.model.transactions.scene import Delayed
from ackproof.model.transactions.wire import Sent, Wire

DECIDES_AGAIN = "the coordinator can not be asked"
"""What is said where the leader of the output asks about a batch and hears nothing."""


@attrs.frozen
class Move:
    """
    A step.

    Attributes:
        number: Which, from 1.
        action, says: Its action, and what happens in words.
        before, after: The components of the model.
        client: What nothing changes.
    """

    number: int
    action: str
    says: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    client: Client

    def renumbered(self, number: int) -> Self:
        """The same step as another one of the trace."""
        return attrs.evolve(self, number=number)

    @property
    def request(self) -> Request | None:
        """The request that it is about; None if it is about none."""
        found = [each for each in self._possible() if told(self.client, each) in self.says]
        return max(found, key=lambda each: len(told(self.client, each)), default=None)

    @property
    def wire_before(self) -> Wire:
        """What is on its way before it, where that is told."""
        return cast("Wire", self.before.get("wire", ()))

    @property
    def wire_after(self) -> Wire:
        """What is on its way after it."""
        return cast("Wire", self.after.get("wire", ()))

    @property
    def sent(self) -> Sent:
        """What it is about of all that is on its way, as it was."""
        gone = [*(Counter(self.wire_before) - Counter(self.wire_after)), *self.wire_before]
        return next(each for each in gone if told(self.client, each.request) in self.says)

    def _possible(self) -> Iterator[Request]:
        before, after = (cast("Delayed", values["delayed"]) for values in (self.before, self.after))
        if self.action == "late":
            yield from (each for each in before if each not in after)
        elif DECIDES_AGAIN in self.says:
            yield from (each for each in before if self.output_after.writers[each.writer].epoch == each.epoch)
        elif self.action == "marker delayed":
            yield from (each for each in after if each not in before)
        else:
            yield from (request for _, request in requests(self.client, self.instances_before, *ANY))
            yield from (sent.request for sent in self.wire_before)

    @property
    def error(self) -> str:
        """What is answered to it, by Kafka's name; NONE if it is done."""
        error = self.says.rpartition(": ")[2]
        return "NONE" if error == "done" else error

    @property
    def instances_before(self) -> Instances:
        """The instances before it."""
        return cast("Instances", self.before["instances"])

    @property
    def instances_after(self) -> Instances:
        """The instances after it."""
        return cast("Instances", self.after["instances"])

    @property
    def coordinator_after(self) -> Coordinator:
        """The coordinator after it."""
        return cast("Coordinator", self.after["coordinator"])

    @property
    def log_after(self) -> Log:
        """The log after it."""
        return cast("Log", self.after["log"])

    @property
    def output_after(self) -> Output:
        """The output after it."""
        return cast("Output", self.after["output"])

    @property
    def offsets_after(self) -> Offsets:
        """The offsets after it."""
        return cast("Offsets", self.after["offsets"])

    def pairs(self) -> list[tuple[int, Instance, Instance]]:
        """Each instance before and after it."""
        both = zip(self.instances_before, self.instances_after, strict=True)
        return [(index, before, after) for index, (before, after) in enumerate(both)]

    def changed(self) -> tuple[int, Instance, Instance]:
        """The one instance that it has changed."""
        (found,) = (each for each in self.pairs() if each[1] != each[2])
        return found

    def whose(self) -> int:
        """The instance that it names first."""
        places = {index: self.says.find(who(self.client, index)) for index in range(len(self.instances_before))}
        return min((index for index, place in places.items() if place >= 0), key=places.__getitem__)
