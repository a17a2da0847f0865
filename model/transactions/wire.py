"""What is on its way in a transaction, where requests and answers are steps of their own."""

from collections.abc import Iterator

import attrs

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.request import Answer, Kind, Request

NOTICED = 2
"""After how many losses of a request its sender has noticed one: that there is something to lose again says so."""


@attrs.frozen(cache_hash=True)
class Sent:
    """
    A request on its way, or the answer to it.

    Attributes:
        is_orphan: Nobody waits for the answer any more.
        losses: How often it was lost before, up to ``NOTICED``; counted where a batch that was sent again and passes
            its deadline ends its producer.
    """

    request: Request
    answer: Answer | None = None
    is_orphan: bool = False
    losses: int = 0

    @property
    def was_sent_again(self) -> bool:
        """Whether its sender has noticed a loss: the last one it may not have, until a broker has seen another."""
        return self.losses > (self.answer is None)


Wire = tuple[Sent, ...]


def with_sent(wire: Wire, *sent: Sent) -> Wire:
    """*wire* with more on it; the order does not matter."""
    return tuple(sorted((*wire, *sent), key=str))


def without(wire: Wire, place: int) -> Wire:
    """*wire* without what is at *place*."""
    return wire[:place] + wire[place + 1 :]


def unserved(wire: Wire, *kinds: Kind) -> Iterator[tuple[Request, Wire, Sent]]:
    """The requests of these kinds that no broker has seen, each with what else is on the wire."""
    for place, sent in enumerate(wire):
        if sent.answer is None and sent.request.kind in kinds:
            yield sent.request, without(wire, place), sent


def answered(left: Wire, sent: Sent, answer: Answer) -> Wire:
    """The wire with the *answer* to what was sent, if somebody waits for it."""
    return left if sent.is_orphan else with_sent(left, attrs.evolve(sent, answer=answer))


def again(client: Client, wire: Wire, place: int, losses: int = 1) -> Wire:
    """
    The wire after what is at *place* was lost, or has to be asked for once more.

    A batch is sent again whatever the application does meanwhile, so that it is known what its sequence has become
    (``Sender.maybeSendAndPollTransactionalRequest``); all else only if it is still wanted.
    """
    sent, left = wire[place], without(wire, place)
    is_batch = sent.request.kind == "produce" and not sent.is_orphan
    known = min(sent.losses + losses, NOTICED) if client.rules.ends_where_unresolved else 0
    return with_sent(left, Sent(sent.request, losses=known)) if is_batch else left


def abandoned(wire: Wire, index: int, *kinds: Kind) -> Iterator[Wire]:
    """The wire after an instance has stopped waiting: brokers still see its requests, or they are lost."""
    others = tuple(sent for sent in wire if not is_sent_by(sent, index, *kinds))
    seen = orphaned(wire, index, *kinds)
    yield others
    if seen != others:
        yield seen


def orphaned(wire: Wire, index: int, *kinds: Kind) -> Wire:
    """The wire after an instance has stopped waiting, and brokers still see its requests."""
    others = tuple(sent for sent in wire if not is_sent_by(sent, index, *kinds))
    unseen = (sent for sent in wire if is_sent_by(sent, index, *kinds) and sent.answer is None)
    return with_sent(others, *(attrs.evolve(sent, is_orphan=True, losses=0) for sent in unseen))


def is_sent_by(sent: Sent, index: int, *kinds: Kind) -> bool:
    """Whether an instance has sent something of these *kinds*."""
    return sent.request.writer == index and sent.request.kind in kinds
