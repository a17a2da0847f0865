"""The transactional client and the application around it: what they make of answers, crashes and pauses."""

from collections.abc import Iterator

import attrs

from ackproof.model.transactions.client import Client, kinds_in_transaction
from ackproof.model.transactions.instance import NOTHING, Instance, numbered_anew, with_batch_stored
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.request import Answer, Request

TIMES_OUT = "times out"
"""What is told of a batch that passes its deadline, and that its client has not sent again."""


def heard(client: Client, instance: Instance, request: Request, answer: Answer, end: int) -> tuple[Instance, ...]:
    """
    What *instance* may be once it has heard the *answer*.

    Args:
        end: Where the log ends that records are taken from.

    Source: the ``handleResponse`` methods of ``TransactionManager``, ``TransactionManager.handleFailedBatch``.
    """
    if request.kind == "add-output" and (client.detail.is_fine or answer.error != "CONCURRENT_TRANSACTIONS"):
        instance = attrs.evolve(instance, adds_again=False)
    if request.kind == "produce" and answer.error != "CONCURRENT_TRANSACTIONS":
        instance = attrs.evolve(instance, has_unresolved_batch=False)
        if instance.phase == "aborting":
            return (overheard(client, instance, request, answer),)
    if answer.error == "NONE":
        return tuple(succeeded(client, instance, request, answer, end))
    return tuple(refused(client, instance, request, answer))


def overheard(client: Client, instance: Instance, request: Request, answer: Answer) -> Instance:
    """
    *instance* after an *answer* that it does not go by any more: if it aborts, what is fatal ends its producer.

    Source: ``TransactionManager``: ``State.isTransitionValid`` (to FATAL_ERROR always), ``transitionToAbortableError``
    (skipped in ABORTING_TRANSACTION).
    """
    if answer.error == "NONE":
        return with_batch_stored(instance) if request.kind == "produce" else instance
    return broken(client, instance) if instance.phase == "aborting" and is_fatal(client, request, answer) else instance


def is_fatal(client: Client, request: Request, answer: Answer) -> bool:
    """Whether an error leaves a client nothing but to close its producer."""
    match answer.error:
        case "INVALID_PRODUCER_EPOCH" if request.kind == "produce":
            return not client.rules.fenced_by_timeout_is_abortable
        case "PRODUCER_FENCED" | "INVALID_PRODUCER_EPOCH" | "INVALID_TXN_STATE":
            return True
        case _:
            return False


def refused(client: Client, instance: Instance, request: Request, answer: Answer) -> Iterator[Instance]:
    """What *instance* may be after its request was refused."""
    match answer.error:
        case "CONCURRENT_TRANSACTIONS":
            yield instance
        case "UNSUPPORTED_VERSION":
            yield attrs.evolve(idle(client, instance, None), phase="finished")
        case _ if is_fatal(client, request, answer):
            yield broken(client, instance)
        case _ if is_behind_gap(instance, answer):
            yield out_of_order(client, instance)
        case _:
            yield from failed(client, instance, request)


def succeeded(client: Client, instance: Instance, request: Request, answer: Answer, end: int) -> Iterator[Instance]:
    """What *instance* may be after its request has succeeded."""
    match request.kind:
        case "add-output" | "add-offsets":
            yield attrs.evolve(instance, added=instance.added | {request.kind.removeprefix("add-")})
        case "produce":
            sent = attrs.evolve(with_batch_stored(instance), next=instance.next + 1)
            yield asking_to_commit(client, sent)
            if not (client.detail.is_fine or sent.is_closed) and sent.upto < end:
                yield attrs.evolve(sent, upto=sent.upto + 1)
        case "commit-offsets":
            yield asking_to_commit(client, attrs.evolve(instance, has_sent_offsets=True, is_closed=True))
        case "commit":
            yield ended(committed(client, instance), answer)
        case "abort":
            yield aborted(client, instance, answer)
        case "initialise" | "bump":
            yield attrs.evolve(numbered_anew(instance, answer.epoch or instance.epoch), phase="idle")
        case "mark-output" | "mark-offsets":
            raise ValueError(f"no client asks for {request.kind}")


def asking_to_commit(client: Client, instance: Instance) -> Instance:
    """*instance*, which calls commitTransaction once everything is in the transaction."""
    if any(kinds_in_transaction(client, instance)):
        return instance
    return attrs.evolve(instance, phase="committing", added=NOTHING)


def committed(client: Client, instance: Instance) -> Instance:
    """*instance* once commitTransaction returns."""
    seen = instance.acknowledged
    if client.detail.remembers_acknowledged:
        seen |= frozenset(range(instance.first, instance.upto))
    return attrs.evolve(idle(client, instance, instance.upto), acknowledged=seen)


def idle(client: Client, instance: Instance, position: int | None) -> Instance:
    """*instance* between transactions; where they are told apart, it is still known what the last one was about."""
    if not client.detail.tells_transactions_apart:
        instance = attrs.evolve(instance, first=0, next=0, upto=0)
    return attrs.evolve(
        instance,
        phase="idle",
        position=position if instance.status in {"owner", "stale"} else None,
        added=NOTHING,
        adds_again=False,
        has_sent_offsets=False,
        is_closed=False,
        has_unresolved_batch=False,
        needs_bump=False,
    )


def ended(instance: Instance, answer: Answer) -> Instance:
    """*instance* with the epoch that came with the answer, if one did."""
    if answer.epoch is None or answer.epoch == instance.epoch:
        return instance
    return numbered_anew(instance, answer.epoch)


def without_batch(client: Client, instance: Instance) -> Instance:
    """
    *instance* after the deadline of its batch: that sequence is not used again.

    Source: ``Sender.failBatch`` without ``adjustSequenceNumbers``.
    """
    has_gap = not client.rules.bumps_epoch_at_every_end
    return attrs.evolve(instance, sequence=instance.sequence + 1, has_gap=has_gap)


def aborting(client: Client, instance: Instance, *, needs_bump: bool) -> Instance:
    """*instance*, which calls abortTransaction."""
    return attrs.evolve(
        instance,
        phase="aborting",
        added=NOTHING,
        adds_again=False,
        has_sent_offsets=False,
        is_closed=False,
        has_unresolved_batch=instance.has_unresolved_batch and not client.rules.reuses_sequences_after_abort,
        needs_bump=needs_bump,
    )


def failed(client: Client, instance: Instance, request: Request) -> Iterator[Instance]:
    """
    What *instance* may be after an error that is abortable.

    Source: ``TransactionManager.maybeTransitionToErrorState``, ``completeTransaction``.
    """
    rules = client.rules
    wants_bump = rules.bumps_epoch_after_failed_batch or rules.ends_after_failed_batch
    bumps = request.kind == "produce" and wants_bump and not rules.bumps_epoch_at_every_end
    if bumps:
        yield aborting(client, instance, needs_bump=True)
    if not bumps or not rules.bumps_epoch_while_committing:
        yield aborting(client, instance, needs_bump=False)


def past_deadline(client: Client, instance: Instance, request: Request) -> Iterator[tuple[str, Instance]]:
    """
    What is to be told, and what *instance* may be, as its batch passes its deadline.

    If it fails then as its connection breaks, that counts as any failure: its sequence is free. In an epoch that ends
    with the transaction that makes no difference.

    Source: ``Sender``: ``sendProducerData``, ``runOnce``, ``completeBatch``.
    """
    for failing in failed(client, without_batch(client, instance), request):
        yield TIMES_OUT, failing
    if client.rules.ends_where_unresolved:
        yield "times out after it was sent again", broken(client, instance)
    if client.rules.reuses_sequences_after_deadline:
        for failing in failed(client, instance, request):
            has_epoch_to_come = failing.needs_bump or client.rules.bumps_epoch_at_every_end
            if client.detail.is_fine or not has_epoch_to_come:
                yield "times out as its connection breaks", failing


def is_behind_gap(instance: Instance, answer: Answer | None) -> bool:
    """Whether a batch of *instance* was refused as one before it may be missing: it is tried until its deadline."""
    return instance.has_gap and answer is not None and answer.error == "OUT_OF_ORDER_SEQUENCE_NUMBER"


def out_of_order(client: Client, instance: Instance) -> Instance:
    """
    *instance* after a batch was refused again and again until its deadline, as the one before it may be missing.

    Where that is stored the client does not try again.

    Source: ``TransactionManager.canRetry``, ``maybeResolveSequences``: with another epoch it is safe to go on.
    """
    if client.rules.bumps_epoch_at_every_end:
        return aborting(client, instance, needs_bump=False)
    if client.rules.bumps_epoch_after_failed_batch:
        return aborting(client, instance, needs_bump=True)
    return broken(client, instance)


def aborted(client: Client, instance: Instance, answer: Answer) -> Instance:
    """*instance* once abortTransaction returns, or asks for the next epoch first, or can not ask for it."""
    after = ended(given_up(client, instance), answer)
    if not instance.needs_bump or after.phase != "idle":
        return after
    return broken(client, after) if client.rules.ends_after_failed_batch else attrs.evolve(after, phase="bumping")


def given_up(client: Client, instance: Instance) -> Instance:
    """*instance* once its transaction is aborted: the application rewinds to the committed offset, or goes on."""
    if client.has_offsets:
        return idle(client, instance, None)
    match client.application.on_send_failure:
        case "stop":
            return attrs.evolve(idle(client, instance, None), phase="finished")
        case "drop":
            return idle(client, instance, instance.upto)
        case "resend":
            return idle(client, instance, instance.first)


def broken(client: Client, instance: Instance) -> Instance:
    """*instance* after a fatal error: it closes the producer and starts another one, unless it stops."""
    after = given_up(client, instance) if instance.is_in_transaction else instance
    return after if after.phase == "finished" else attrs.evolve(numbered_anew(after), phase="initialising")


def restarted(client: Client, instance: Instance) -> Instance:
    """
    The process that starts after *instance* has crashed.

    It remembers nothing but what the application keeps outside: which records it has to send again.
    """
    position = instance.position
    if instance.is_in_transaction:
        position = instance.first if client.application.on_restart == "resend" else instance.upto
    new = instance if not client.has_offsets else attrs.evolve(instance, status="out", is_to_rejoin=False)
    return attrs.evolve(numbered_anew(idle(client, new, position)), phase="initialising")


def paused(client: Client, instance: Instance) -> Instance:
    """
    An owner or a member that the group has put out, and that has not heard of it.

    What it does until it hears comes to nothing if its offsets are refused: it may as well abort at once. Java asks
    again before that for what it has not heard the answer to, which changes nothing. If no coordinator was asked for
    anything there is nothing to abort.

    Source: ``TransactionManager.nextRequest``, ``transactionStarted``; librdkafka, ``txn_req_cnt``.
    """
    if not client.rules.sends_group_metadata or client.detail.sends_beside:
        return attrs.evolve(instance, status="stale", is_to_rejoin=False)
    out = attrs.evolve(instance, status="out", position=None)
    if instance.phase != "in-transaction":
        return out
    has_started = client.rules.adds_partitions_implicitly or instance.added or instance.adds_again
    return aborting(client, out, needs_bump=False) if has_started else idle(client, out, None)


def begun(client: Client, instance: Instance, log: Log) -> Iterator[Instance]:
    """*instance* at the start of a transaction, if there are records."""
    position = instance.position
    if instance.phase == "idle" and position is not None and log.start <= position < log.end:
        new = attrs.evolve(instance, phase="in-transaction", position=None, first=position, next=position)
        serial = instance.serial + 1 if client.detail.tells_transactions_apart else 0
        for upto in range(position + 1, (log.end if client.detail.is_fine else position + 1) + 1):
            yield attrs.evolve(new, serial=serial, upto=upto)
