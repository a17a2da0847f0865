"""The transactional client and the application around it: what they ask brokers for."""

from collections.abc import Iterator

import attrs

from ackproof.model.transactions.instance import Instance, Instances, named
from ackproof.model.transactions.request import MARKING, Kind, Request, asks
from ackproof.model.transactions.rules import ApplicationRules, Detail, TransactionRules


@attrs.frozen
class Client:
    """Everything that decisions of the client and of the application depend on."""

    application: ApplicationRules
    rules: TransactionRules
    detail: Detail

    @property
    def has_offsets(self) -> bool:
        """Whether a transaction commits the offsets of what it was made from."""
        return self.application.source == "log"


def who(client: Client, index: int) -> str:
    """What people call an instance, or the only one there is."""
    return named(index) if client.has_offsets else "the producer"


def told(client: Client, request: Request) -> str:
    """A request in words."""
    if request.kind in MARKING:
        kind, where = "commit" if request.is_commit else "abort", request.kind.removeprefix("mark-")
        return f"the {kind} marker of {who(client, request.writer)} for the {where}"
    return f"{who(client, request.writer)} {asks(request)}"


def next_kinds(client: Client, instance: Instance) -> tuple[Kind, ...]:
    """
    What *instance* asks for now; of several, which of them is a choice, or they are under way beside each other.

    Source: ``TransactionManager.nextRequest``, ``Sender.runOnce``.
    """
    match instance.phase:
        case "initialising" if instance.status != "absent":
            return ("initialise",)
        case "bumping":
            return ("bump",)
        case "committing":
            return ("commit",)
        case "aborting":
            return ("produce",) if instance.has_unresolved_batch else ("abort",)
        case "in-transaction":
            return tuple(kinds_in_transaction(client, instance))
        case _:
            return ()


def kinds_in_transaction(client: Client, instance: Instance) -> Iterator[Kind]:
    """The next batch and the offsets; where partitions are not added implicitly, adding them comes first."""
    asks_first = not client.rules.adds_partitions_implicitly
    has_batch = instance.next < instance.upto
    if has_batch and asks_first and "output" not in instance.added:
        yield "add-output"
    elif has_batch:
        yield "produce"
    is_first = instance.adds_again and client.rules.adds_again_first
    may_send_offsets = not has_batch or (client.detail.sends_beside and not is_first)
    if client.has_offsets and not instance.has_sent_offsets and may_send_offsets:
        yield "add-offsets" if asks_first and "offsets" not in instance.added else "commit-offsets"


def requests(client: Client, instances: Instances, *wanted: Kind) -> Iterator[tuple[int, Request]]:
    """The requests of the *wanted* kinds that may be on their way, and whose they are."""
    for index, instance in enumerate(instances):
        for kind in next_kinds(client, instance):
            if kind in wanted:
                yield index, request_of(client, instance, index, kind)


def request_of(client: Client, instance: Instance, index: int, kind: Kind) -> Request:
    """The request of that *kind*."""
    request = Request(kind, index, instance.epoch, instance.serial)
    if kind == "produce":
        return attrs.evolve(request, record=instance.next, sequence=instance.sequence)
    if kind == "commit-offsets":
        start = instance.first if client.detail.tells_transactions_apart else 0
        return attrs.evolve(request, start=start, offset=instance.upto, generation=instance.generation)
    return request


def unanswered(client: Client, instance: Instance, request: Request) -> Instance:
    """*instance* once *request* is on its way; where each transaction has an epoch that does not matter."""
    if client.rules.bumps_epoch_at_every_end:
        return instance
    instance = not_heard(client, instance, request)
    if request.kind == "commit-offsets":
        return attrs.evolve(instance, is_closed=True)
    return attrs.evolve(instance, has_unresolved_batch=True) if request.kind == "produce" else instance


def not_heard(client: Client, instance: Instance, request: Request) -> Instance:
    """
    *instance* once it does not hear the answer to *request*, as that or the request is lost.

    That it adds the output again is remembered where offsets may come before that, or where it may be put out of its
    group: nothing else says that the coordinator was asked for something.
    """
    matters = client.has_offsets and (client.rules.adds_again_first or not client.detail.sends_beside)
    return attrs.evolve(instance, adds_again=True) if matters and request.kind == "add-output" else instance
