"""Faults of network and brokers: answers that are lost with what they answer done, requests that arrive late."""

from collections.abc import Callable, Iterator
from typing import Literal

import attrs

from ackproof.model.system import Action, Next, action
from ackproof.model.transactions import offsets as group_offsets
from ackproof.model.transactions import output as partition
from ackproof.model.transactions.client import Client, requests, told, unanswered
from ackproof.model.transactions.coordinator import Coordinator, moved
from ackproof.model.transactions.failing import crashed
from ackproof.model.transactions.hearing import TIMES_OUT, failed, is_behind_gap, past_deadline
from ackproof.model.transactions.instance import Instances, replaced
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Marker, Output
from ackproof.model.transactions.processing import sends_batch, sends_offsets
from ackproof.model.transactions.request import ADDING, ANY, Answer, Kind, Request, heard_as
from ackproof.model.transactions.scene import Delayed, Scene, is_known_to_be_old, rested
from ackproof.model.transactions.serving import appended, committed, served

UNHEARD: tuple[Kind, ...] = (*ADDING, "commit", "abort", "bump")
"""What the coordinator may have done and not said; that a new process has an epoch too many changes nothing."""

MOVES_COORDINATOR = frozenset({"broker-crash", "power-loss", "coordinator-failover"})
"""Faults of the transaction coordinator after which another one, or the same one again, reads its log."""

Server = Literal["coordinator", "output", "offsets"]
"""Who was asked: the transaction coordinator, the leader of the output, or the group coordinator."""

After = Callable[[Client, Instances, int], Iterator[tuple[str, Instances]]]
"""What is to be told, and the instances, if one of them does not hear the answer to its request."""


def asks_again(why: str) -> After:
    """The sender asks again, as the answer is lost for this reason."""

    def after(client: Client, instances: Instances, index: int) -> Iterator[tuple[str, Instances]]:
        yield why, instances

    return after


def asks_coordinator(instances: Instances, client: Client) -> bool:
    """Whether somebody asks the transaction coordinator for something that it may do unheard."""
    return any(requests(client, instances, *UNHEARD))


def unheard(kind: str, after: After, *who: Server) -> tuple[Action, ...]:
    """A fault of this *kind*: what a request asks for is done, and its sender does not hear of it."""

    @action(fault=kind, when={"instances": asks_coordinator})
    def by_coordinator(client: Client, instances: Instances, coordinator: Coordinator) -> Iterator[Next]:
        for index, request in requests(client, instances, *UNHEARD):
            known, _ = served(client, coordinator, request)
            known = moved(known) if kind in MOVES_COORDINATOR else known
            sender = replaced(instances, index, unanswered(client, instances[index], request))
            if known != coordinator:
                for why, left in after(client, sender, index):
                    yield Next(f"{told(client, request)}; {why}", instances=left, coordinator=known)

    @action(fault=kind, when={"instances": sends_batch})
    def by_leader(client: Client, instances: Instances, coordinator: Coordinator, output: Output) -> Iterator[Next]:
        for index, request in requests(client, instances, "produce"):
            known, stored, _ = appended(client, coordinator, output, request)
            sender = replaced(instances, index, unanswered(client, instances[index], request))
            if (known, stored) != (coordinator, output):
                for why, left in after(client, sender, index):
                    yield Next(f"{told(client, request)}; {why}", instances=left, coordinator=known, output=stored)

    @action(fault=kind, when={"instances": sends_offsets})
    def by_group(client: Client, instances: Instances, coordinator: Coordinator, offsets: Offsets) -> Iterator[Next]:
        for index, request in requests(client, instances, "commit-offsets"):
            known, stored, _ = committed(client, instances, coordinator, offsets, request)
            sender = replaced(instances, index, unanswered(client, instances[index], request))
            if (known, stored) != (coordinator, offsets):
                for why, left in after(client, sender, index):
                    yield Next(f"{told(client, request)}; {why}", instances=left, coordinator=known, offsets=stored)

    found = {"coordinator": by_coordinator, "output": by_leader, "offsets": by_group}
    return tuple(attrs.evolve(found[server], name=kind.replace("-", " ")) for server in who)


UNANSWERED = (
    *unheard("response-lost", asks_again("the answer is lost"), "coordinator", "output", "offsets"),
    *unheard("broker-crash", asks_again("the broker crashes before it answers"), "coordinator", "output", "offsets"),
    *unheard("power-loss", asks_again("the broker loses power before it answers"), "coordinator", "output", "offsets"),
    *unheard("leader-change", asks_again("the leader moves before it answers"), "output"),
    *unheard("coordinator-failover", asks_again("the coordinator moves before it answers"), "coordinator", "offsets"),
    *unheard("consumer-crash", crashed, "coordinator", "output", "offsets"),
    *unheard("producer-crash", crashed, "coordinator", "output", "offsets"),
)
"""Every way in which something is done that whoever asked for it does not hear of."""


@action(fault="send-timeout", when={"instances": sends_batch})
def send_timeout(client: Client, instances: Instances, coordinator: Coordinator, output: Output) -> Iterator[Next]:
    """
    ``delivery.timeout.ms`` passes for a batch, appended or not: its send fails, and the transaction is aborted.

    One that was sent before and is stored by another request was sent again: where that makes a difference it says so.

    If that is as the answer comes that one before it is missing, the next batch gets its sequence, and the gap stays.
    Source: ``Sender.completeBatch``, ``Sender.failBatch`` with ``adjustSequenceNumbers``.
    """
    for index, request in requests(client, instances, "produce"):
        sender = attrs.evolve(instances[index], has_unresolved_batch=False)
        is_again = instances[index].has_unresolved_batch and client.rules.ends_where_unresolved
        known, stored, answer = appended(client, coordinator, output, request)
        for why, failing in past_deadline(client, sender, request):
            left = replaced(instances, index, failing)
            yield Next(f"{told(client, request)}; it {why} and is not appended", instances=left)
            if (known, stored) != (coordinator, output) and not (is_again and why == TIMES_OUT):
                says = f"{told(client, request)}; it is appended, and {why}"
                yield Next(says, instances=left, coordinator=known, output=stored)
        if is_behind_gap(instances[index], answer):
            for failing in failed(client, sender, request):
                says = f"{told(client, request)}; it times out as it is refused once more"
                yield Next(says, instances=replaced(instances, index, failing), coordinator=known, output=stored)


@action(fault="request-delayed")
def request_delayed(client: Client, instances: Instances, delayed: Delayed) -> Iterator[Next]:
    """The network holds back a request, which its sender gives up and sends again."""
    for index, request in requests(client, instances, *ANY):
        held = tuple(sorted({*delayed, request}, key=str))
        sender = unanswered(client, instances[index], request)
        if held != delayed:
            says = f"held back by the network: {told(client, request)}"
            yield Next(says, instances=replaced(instances, index, sender), delayed=held)


def has_delayed(delayed: Delayed) -> bool:
    """Whether the network holds something back."""
    return bool(delayed)


@action(fair=False, when={"delayed": has_delayed})
def late(
    client: Client, instances: Instances, coordinator: Coordinator, output: Output, offsets: Offsets, delayed: Delayed
) -> Iterator[Next]:
    """A request that was held back arrives; nobody hears the answer."""
    for place, request in enumerate(delayed):
        left = delayed[:place] + delayed[place + 1 :]
        scene, answer = taken(client, Scene(instances, coordinator, output, offsets, left), request)
        yield rested(client, scene, request.writer).told(f"arrives late: {told(client, request)}: {heard_as(answer)}")


def taken(client: Client, scene: Scene, request: Request) -> tuple[Scene, Answer]:
    """*scene* after brokers have taken *request*, of whatever kind, and what they answer."""
    match request.kind:
        case "produce":
            known, output, answer = appended(client, scene.coordinator, scene.output, request)
            return attrs.evolve(scene, coordinator=known, output=output), answer
        case "commit-offsets":
            known, offsets, answer = committed(client, scene.instances, scene.coordinator, scene.offsets, request)
            return attrs.evolve(scene, coordinator=known, offsets=offsets), answer
        case "mark-output" | "mark-offsets":
            return marked(client, scene, request)
        case _:
            known, answer = served(client, scene.coordinator, request)
            return attrs.evolve(scene, coordinator=known), answer


def marked(client: Client, scene: Scene, request: Request) -> tuple[Scene, Answer]:
    """*scene* after a marker has come that the coordinator had sent once more, and what the partition answers."""
    if is_known_to_be_old(client.rules, scene, request):
        return scene, Answer("INVALID_PRODUCER_EPOCH")
    marker = Marker(request.writer, request.epoch, request.is_commit, request.serial)
    if request.kind == "mark-output":
        return attrs.evolve(scene, output=partition.mark(client.detail, scene.output, marker)), Answer()
    return attrs.evolve(scene, offsets=group_offsets.mark(client.detail, scene.offsets, marker)), Answer()
