"""Transactions where requests and answers are steps of their own."""

from collections.abc import Iterator
from itertools import product

import attrs

from ackproof.model.system import Action, Next, action
from ackproof.model.transactions import output as partition
from ackproof.model.transactions.client import Client, next_kinds, not_heard, requests, told, who
from ackproof.model.transactions.coordinator import Coordinator, moved
from ackproof.model.transactions.failing import crashed, is_starting
from ackproof.model.transactions.hearing import TIMES_OUT, failed, heard, is_behind_gap, overheard, past_deadline
from ackproof.model.transactions.instance import Instances, replaced
from ackproof.model.transactions.log import end_of
from ackproof.model.transactions.network import MOVES_COORDINATOR
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output
from ackproof.model.transactions.request import ANY, ENDING, TO_COORDINATOR, Answer, Kind, Request, heard_as
from ackproof.model.transactions.scene import Delayed
from ackproof.model.transactions.serving import appended, committed, served, told_again
from ackproof.model.transactions.wire import (
    NOTICED,
    Sent,
    Wire,
    abandoned,
    again,
    answered,
    orphaned,
    unserved,
    with_sent,
    without,
)

TO_LEADER: tuple[Kind, ...] = ("produce",)
TO_GROUP: tuple[Kind, ...] = ("commit-offsets",)


def is_blocked(wire: Wire, request: Request) -> bool:
    """
    Whether something of the same instance has to be answered first.

    Batches go to one broker, all else is sent one after the other (``TransactionManager.hasInFlightRequest``), and a
    transaction ends only when nothing is under way.

    Java begins to send no batch while it waits for a coordinator (``Sender.maybeSendAndPollTransactionalRequest``), but
    several may be on their way already, of which there is one at a time here: so the next one comes beside the offsets.
    librdkafka sends batches all the time (``rd_kafka_txn_may_send_msg``).
    """
    mine = [sent.request.kind for sent in wire if sent.request.writer == request.writer]
    if request.kind in ENDING:
        return bool(mine)
    return request.kind in mine if request.kind == "produce" else any(kind != "produce" for kind in mine)


@action
def send(client: Client, instances: Instances, wire: Wire) -> Iterator[Next]:
    """An instance sends what it asks for next."""
    for _, request in requests(client, instances, *ANY):
        if not is_blocked(wire, request):
            yield Next(told(client, request), wire=with_sent(wire, Sent(request)))


def said(client: Client, request: Request, answer: Answer) -> str:
    """A decision in words."""
    return f"decided: {told(client, request)}: {heard_as(answer)}"


@action
def serve(client: Client, wire: Wire, coordinator: Coordinator, output: Output) -> Iterator[Next]:
    """The transaction coordinator decides on a request."""
    for request, left, sent in unserved(wire, *TO_COORDINATOR):
        after, answer = served(client, coordinator, request)
        kept = told_again(client, coordinator, output, request, answer)
        yield Next(said(client, request, answer), wire=answered(left, sent, answer), coordinator=after, output=kept)


@action
def serve_batch(client: Client, wire: Wire, coordinator: Coordinator, output: Output) -> Iterator[Next]:
    """The leader of the output partition decides on a batch."""
    for request, left, sent in unserved(wire, *TO_LEADER):
        known, after, answer = appended(client, coordinator, output, request)
        yield Next(said(client, request, answer), wire=answered(left, sent, answer), coordinator=known, output=after)


@action
def serve_offsets(
    client: Client, wire: Wire, instances: Instances, coordinator: Coordinator, offsets: Offsets
) -> Iterator[Next]:
    """The group coordinator decides on the offsets of a transaction."""
    for request, left, sent in unserved(wire, *TO_GROUP):
        known, after, answer = committed(client, instances, coordinator, offsets, request)
        yield Next(said(client, request, answer), wire=answered(left, sent, answer), coordinator=known, offsets=after)


@action(sees={"log": end_of})
def hear(client: Client, instances: Instances, wire: Wire, log: int) -> Iterator[Next]:
    """An instance hears an answer; if it aborts already, only what is stored matters, and what is fatal."""
    for place, sent in enumerate(wire):
        request, answer = sent.request, sent.answer
        if answer is None:
            continue
        instance = instances[request.writer]
        says = f"heard: {told(client, request)}: {heard_as(answer)}"
        is_wanted, left = request.kind in next_kinds(client, instance), without(wire, place)
        if answer.error == "CONCURRENT_TRANSACTIONS" and (client.rules.ends_where_unresolved or not is_wanted):
            left = again(client, wire, place, losses=NOTICED)
        if is_wanted:
            outcomes = heard(client, instance, request, answer, log)
        else:
            outcomes = (overheard(client, instance, request, answer),)
        for after in outcomes:
            yield Next(
                says,
                instances=replaced(instances, request.writer, after),
                wire=left if after.is_in_transaction else orphaned(left, request.writer, *ANY),
            )


def unheard(client: Client, instances: Instances, sent: Sent, *, is_put_off: bool = False) -> Instances:
    """
    *instances* once the connection breaks by which something was *sent*: whoever still wants that asks again.

    Args:
        is_put_off: By a coordinator that has just come to be one, perhaps: who asks may go on with something else then.
    """
    sender = instances[sent.request.writer]
    if sent.is_orphan or sent.request.kind not in next_kinds(client, sender):
        return instances
    after = attrs.evolve(sender, adds_again=False) if is_put_off else not_heard(client, sender, sent.request)
    return replaced(instances, sent.request.writer, after)


def losing(kind: str, kinds: tuple[Kind, ...], *, requests_too: bool, answers_too: bool) -> Action:
    """A fault of this *kind*: requests of these *kinds*, their answers, or both are lost."""

    @action(fault=kind)
    def lose(client: Client, instances: Instances, wire: Wire, coordinator: Coordinator) -> Iterator[Next]:
        for place, sent in enumerate(wire):
            is_moved = kind in MOVES_COORDINATOR and sent.request.kind in TO_COORDINATOR
            known = moved(coordinator) if is_moved else coordinator
            is_lost = requests_too if sent.answer is None else answers_too
            if is_lost and sent.request.kind in kinds:
                what = "the request" if sent.answer is None else "the answer"
                left = again(client, wire, place)
                senders = unheard(client, instances, sent, is_put_off=is_moved and sent.answer is None)
                says = f"{what} is lost: {told(client, sent.request)}"
                yield Next(says, instances=senders, wire=left, coordinator=known)

    return attrs.evolve(lose, name=kind.replace("-", " "))


LOSSES = (
    losing("request-lost", ANY, requests_too=True, answers_too=False),
    losing("response-lost", ANY, requests_too=False, answers_too=True),
    losing("broker-crash", ANY, requests_too=True, answers_too=True),
    losing("power-loss", ANY, requests_too=True, answers_too=True),
    losing("leader-change", TO_LEADER, requests_too=True, answers_too=True),
    losing("coordinator-failover", (*TO_COORDINATOR, *TO_GROUP), requests_too=True, answers_too=True),
)


def moving(kind: str) -> Action:
    """A fault of this *kind*: another broker leads the output, with what it has asked about as it led before."""
    forgets = kind != "leader-change"

    @action(fault=kind)
    def move(output: Output) -> Iterator[Next]:
        for writers in product(*(partition.led_anew(writer, forgets=forgets) for writer in output.writers)):
            remembers = any(writer.asked_about_older for writer in writers)
            asked = "an older batch as it led before" if remembers else "no batch"
            if writers != output.writers:
                says = f"the leader moves and has asked about {asked}"
                yield Next(says, output=attrs.evolve(output, writers=writers))

    return attrs.evolve(move, name=kind.replace("-", " "))


def asking(kind: str) -> Action:
    """A fault of this *kind*: the leader asks about a batch that was held back, and the coordinator can not say."""

    @action(fault=kind)
    def ask(client: Client, output: Output, delayed: Delayed) -> Iterator[Next]:
        for request in delayed:
            if request.kind in TO_LEADER and client.rules.verifies_partitions:
                after = partition.asked_about(client.detail, output, request)
                if after != output and not partition.is_open_for(output, request):
                    says = f"arrives late, and the coordinator can not be asked: {told(client, request)}"
                    yield Next(says, output=after)

    return attrs.evolve(ask, name=kind.replace("-", " "))


@action(fair=False)
def drop(client: Client, instances: Instances, wire: Wire) -> Iterator[Next]:
    """An instance that aborts drops a batch that waits to be sent, also if it was sent before."""
    for place, sent in enumerate(wire):
        request = sent.request
        waits = request.kind in TO_LEADER and sent.answer is None and not sent.is_orphan
        if waits and instances[request.writer].phase == "aborting":
            yield Next(f"dropped as its transaction is aborted: {told(client, request)}", wire=without(wire, place))


OF_LEADER = (
    *map(moving, ("broker-crash", "power-loss", "leader-change")),
    *map(asking, ("broker-crash", "power-loss", "coordinator-failover")),
)


@action(fault="request-delayed")
def request_delayed(client: Client, instances: Instances, wire: Wire, delayed: Delayed) -> Iterator[Next]:
    """The network holds back a request that no broker has seen."""
    for place, sent in enumerate(wire):
        if sent.answer is None:
            held = tuple(sorted({*delayed, sent.request}, key=str))
            left, senders = again(client, wire, place), unheard(client, instances, sent)
            says = f"held back by the network: {told(client, sent.request)}"
            yield Next(says, instances=senders, wire=left, delayed=held)


@action(fault="consumer-crash")
def consumer_crash(client: Client, instances: Instances, wire: Wire) -> Iterator[Next]:
    """A process dies; brokers may still see what it has sent, before they see anything of the new process."""
    for index, instance in enumerate(instances):
        outcomes = list(crashed(client, instances, index))
        if is_starting(instance):
            outcomes = [(f"the process of {who(client, index)} dies as it starts, and starts again", instances)]
        for says, after in outcomes:
            for left in abandoned(wire, index, *ANY):
                if (after, left) != (instances, wire):
                    yield Next(says, instances=after, wire=left)


producer_crash: Action = attrs.evolve(consumer_crash, name="producer crash", fault="producer-crash")


@action(fault="send-timeout")
def send_timeout(client: Client, instances: Instances, wire: Wire) -> Iterator[Next]:
    """
    ``delivery.timeout.ms`` passes for a batch; the leader may still see it, before the transaction is aborted.

    As in one step, that may be as the answer comes that one before it is missing.
    """
    for index, request in requests(client, instances, "produce"):
        for why, failing in past_deadline(client, instances[index], request):
            for left in past_deadline_on_wire(wire, request, why):
                says = f"{told(client, request)}; it {why}"
                yield Next(says, instances=replaced(instances, index, failing), wire=left)
    for place, sent in enumerate(wire):
        request, instance = sent.request, instances[sent.request.writer]
        if is_behind_gap(instance, sent.answer) and request.kind in next_kinds(client, instance):
            for failing in failed(client, instance, request):
                says = f"{told(client, request)}; it times out as it is refused once more"
                after = replaced(instances, request.writer, failing)
                yield Next(says, instances=after, wire=without(wire, place))


def past_deadline_on_wire(wire: Wire, request: Request, why: str) -> Iterator[Wire]:
    """
    The wire after a batch has passed its deadline; none if that can not be for this reason.

    Where it matters whether a batch was sent again and this one was not, there is no copy that a broker may yet see.

    Source: ``Sender.sendProducerData``, which asks ``ProducerBatch.inRetry``.
    """
    place = next((place for place, sent in enumerate(wire) if sent.request == request and not sent.is_orphan), None)
    if place is not None and why == TIMES_OUT and wire[place].losses:
        if wire[place].was_sent_again:
            return
        wire = without(wire, place)
    yield from abandoned(wire, request.writer, "produce")


STEPS = (send, serve, serve_batch, serve_offsets, hear, drop)
FAULT_ACTIONS = (*LOSSES, *OF_LEADER, request_delayed, send_timeout, consumer_crash, producer_crash)
