"""What a director has a producer do that has something to send again, and nobody to send it to."""

from itertools import takewhile

from ackproof.reference.refinement.directing import brokers
from ackproof.reference.refinement.directing.ahead import has_retries, of_producer
from ackproof.reference.refinement.directing.client import batches, hand_over, has_leader
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.turn import Turn


def notice(director: Director, turn: Turn) -> None:
    """
    The controller notices that brokers are down.

    Whoever leads then gets what is sent behind the retries at once: later a question might take up its room.
    """
    is_over = turn.client.lets_retries_be_overtaken or has_leader(director) or not batches(director)
    if not is_over and has_retries(turn):
        for sent in takewhile(lambda each: each.action == "send", of_producer(director)):
            if sent.producer_after.next_record > sent.producer_before.next_record:
                hand_over(director, sent.producer_before.next_record)
    brokers.notice(director, turn)
