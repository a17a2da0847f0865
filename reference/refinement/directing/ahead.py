"""What is to come of a producer, as far as what it does now depends on that."""

from itertools import takewhile
from typing import cast

from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import leader_of
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.turn import Turn


def of_producer(director: Director) -> list[Turn]:
    """The next steps that change the producer."""
    return [each for each in director.coming[1:] if each.before["producer"] != each.after["producer"]]


def sends_few(director: Director) -> int:
    """
    How many batches are sent again before the connection breaks once more, or one is refused; 0 if all that wait are.

    Each waits for a back-off of its own. Source: librdkafka ``rd_kafka_retry_msgq``, ``RD_KAFKA_RETRY_JITTER_PERCENT``.
    """
    coming = of_producer(director)
    sent = list(takewhile(lambda each: each.action == "send", coming))
    following = coming[len(sent) : len(sent) + 1]
    is_left = bool(sent) and has_retries(sent[-1])
    return len(sent) if is_left and [each.action for each in following] in (["disconnect"], ["hear refusal"]) else 0


def is_overtaken(director: Director) -> bool:
    """Whether the next batch that is sent is a new one, and overtakes what waits to be sent again."""
    sends = next((each for each in of_producer(director) if each.action == "send"), None)
    return sends is not None and overtakes(sends)


def overtakes(turn: Turn) -> bool:
    """Whether a new batch is sent, and what waits to be sent again still does (librdkafka before 0.11.4)."""
    before, after = (
        [attempt for attempt in producer.queue if attempt.was_sent]
        for producer in (cast("Producer", turn.before["producer"]), turn.producer_after)
    )
    return bool(before) and before == after


def waits_for_disconnect(director: Director, turn: Turn) -> bool:
    """Whether what is to be sent again waits until the connection breaks."""
    return has_retries(turn) and [each.action for each in of_producer(director)][:1] == ["disconnect"]


def has_retries(turn: Turn) -> bool:
    """Whether batches wait to be sent again after a step."""
    return any(attempt.was_sent for attempt in turn.producer_after.queue)


def is_spared(director: Director, turn: Turn) -> bool:
    """
    Whether what is sent again would be lost with a leader that goes before, and that would count as a retry.

    In the model it waits to be sent again until there is another leader.
    """
    if turn.client.retries is None or not has_retries(turn) or turn.connection_after.requests:
        return False
    until_sent = takewhile(lambda each: each.action != "send", director.coming[1:])
    following = [each.action for each in of_producer(director)][:1]
    return following == ["send"] and any(loses_its_leader(each) for each in until_sent)


def loses_its_leader(turn: Turn) -> bool:
    """Whether who leads does no longer."""
    leader = leader_of(turn.replicas_before)
    return leader is not None and leader_of(turn.replicas_after) != leader


def passes_in_queue(director: Director) -> bool:
    """
    Whether a batch that waits to be sent again passes its deadline next, and so is not on its way by then.

    Otherwise what follows might have to wait for its answer.
    """
    return [each.action for each in of_producer(director)][:1] == ["send timeout"]


def passes_unsent(director: Director) -> bool:
    """Whether what a new process sends again passes its deadline next, before it is on its way."""
    return [each.action for each in of_producer(director)][:1] in (["send timeout"], ["message timeout"])


def stands_still(director: Director) -> bool:
    """Whether the producer stands still next, past the deadlines of all that waits to be sent again."""
    return [each.action for each in of_producer(director)][:1] == ["producer pause"]


def waits_until_late(director: Director) -> bool:
    """Whether what waits to be sent again does until a deadline passes: meanwhile only answers come."""
    coming = (each.action for each in of_producer(director) if each.action not in ("answer", "hear refusal"))
    return next(coming, None) in ("send timeout", "producer pause")


def fails_with_connection(director: Director) -> bool:
    """Whether the producer notices that its connection is gone only once a deadline has passed as well."""
    coming = [each.action for each in of_producer(director)]
    return bool(coming) and coming[0] in ("deadline passes with the connection", "deadlines pass with the connection")


def bumps_in_queue(director: Director) -> bool:
    """Whether a batch of another partition has the epoch bumped before this one sends anything again."""
    following = (each.action for each in director.coming if each.action in ("send", "bump elsewhere"))
    return next(following, None) == "bump elsewhere"
