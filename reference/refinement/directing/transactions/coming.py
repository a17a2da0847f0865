"""What comes later in a trace, as a director looks ahead."""

from itertools import takewhile

from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.request import ADDING, ENDING, Request
from ackproof.reference.refinement.directing.transactions.director import REFUSED, TransactionDirector
from ackproof.reference.refinement.directing.transactions.move import Move

GONE = frozenset({"request delayed", "request lost", "response lost"})
"""What becomes of a request that is asked for once more; first that before it is answered."""

UNHEARD = (" is lost: ", "before it answers")
"""What is said where that becomes of it as a broker goes."""

ANSWERED = frozenset({"add partition", "send", "serve", "hear"})
"""What becomes of a request that is answered at once."""

MARKS = frozenset({"mark", "mark output", "mark offsets"})
"""How markers are written."""


def adds_output_beside(director: TransactionDirector, request: Request) -> bool:
    """Whether the client adds the output partition before its offsets are committed, and after it begins to."""
    for move in director.coming:
        following = move.request
        if following is not None and following.writer == request.writer and move.action != "late":
            is_gone = move.action in GONE or any(words in move.says for words in UNHEARD)
            if following.kind == "add-output" and not is_gone:
                return request.kind == "add-offsets"
            # Whatever comes once one of two has got lost is asked for before that one is sent again.
            if following.kind not in ADDING or (is_gone and following.kind == "add-offsets"):
                break
    return False


def adds_output_before(director: TransactionDirector, writer: int) -> list[Move]:
    """
    The steps that add the output partition, where a batch is decided on before it is heard what becomes of offsets.

    A client that sends nothing meanwhile has sent that batch before it began with the offsets.
    """
    steps, is_added = list[Move](), False
    for move in director.coming[1:]:
        if move.action in MARKS and move.whose() == writer and not is_added:
            # Its last transaction is still being completed.
            break
        asked = None if move.action == "late" else move.request
        if asked is None or asked.writer != writer:
            continue
        if asked.kind in ENDING or (asked.kind == "commit-offsets" and move.action in ("commit offsets", "hear")):
            break
        if asked.kind == "add-output" and not is_added:
            if move.action not in ANSWERED:
                break
            steps.append(move)
            is_added = move.action in ("add partition", "hear") and move.error == "NONE"
        elif asked.kind == "produce" and move.action not in ("send", "request lost"):
            return steps if is_added and move.error not in REFUSED else []
    return []


def offset_to_commit(director: TransactionDirector, request: Request, asks: Instance) -> int:
    """The offset that the application commits: it says so before its partition is added."""
    for move in director.coming:
        asked = move.request
        if asked is not None and asked.writer == request.writer and asked.kind == "commit-offsets":
            return asked.offset
        if move.action == "begin":
            break
    return asks.upto


def sends_batch_later(director: TransactionDirector, writer: int) -> bool:
    """Whether a batch is still to come of a transaction."""
    about = ((move, asked) for move in director.coming[1:] if (asked := move.request) is not None)
    own = (asked.kind for move, asked in about if asked.writer == writer and move.action != "late")
    return next((kind for kind in own if kind == "produce" or kind in ENDING), None) == "produce"


def batches_beside_offsets(director: TransactionDirector, writer: int) -> list[int]:
    """The records that are sent before it is heard what becomes of offsets."""
    found = list[int]()
    for move in director.coming[1:]:
        asked = None if move.action == "late" else move.request
        if asked is None or asked.writer != writer:
            continue
        if asked.kind in ENDING or (asked.kind == "commit-offsets" and move.action in ("commit offsets", "hear")):
            break
        if asked.kind == "produce" and asked.record not in found:
            found.append(asked.record)
    return found


def stands_in_the_way(director: TransactionDirector, request: Request) -> bool:
    """
    Whether a *request* that is held back is asked for once more only behind batches, which its client sends first.

    Source: ``Sender.maybeSendAndPollTransactionalRequest``, by which no batch is sent while a coordinator is asked.
    """
    sends_batch = False
    if request.kind != "add-offsets" or director.stage.setting.rules.sends_meanwhile:
        return False
    for move in director.coming[1:]:
        asked, before, after = (
            move.request,
            *(each[request.writer] for each in (move.instances_before, move.instances_after)),
        )
        if before.phase != after.phase or (move.action == "late" and asked == request):
            return False
        if asked is None or asked.writer != request.writer or move.action == "late":
            continue
        if asked.kind == request.kind:
            return sends_batch
        sends_batch |= asked.kind == "produce"
    return False


def upto_at_last(director: TransactionDirector, index: int) -> int:
    """How far the transaction of an instance reaches as it ends: that is decided from record to record."""
    instances = (move.instances_after[index] for move in director.coming)
    return max((each.upto for each in takewhile(lambda each: each.phase == "in-transaction", instances)), default=0)


def gives_up_next(director: TransactionDirector, index: int) -> bool:
    """Whether an instance asks for nothing more before it is put out of its group and aborts."""
    for move in director.coming[1:]:
        is_pause = move.action == "consumer pause" and move.whose() == index
        asked = None if move.action == "late" else move.request
        if is_pause or (asked is not None and asked.writer == index):
            return is_pause and move.instances_after[index].phase == "aborting"
    return False


def offsets_without_batch(director: TransactionDirector, writer: int) -> Request | None:
    """
    The request for offsets that comes next, if no batch of the transaction is ever sent.

    Source: ``Sender.maybeSendAndPollTransactionalRequest``, by which no batch is sent while a coordinator is asked.
    """
    if director.stage.setting.rules.sends_meanwhile or sends_batch_later(director, writer):
        return None
    about = (move.request for move in director.coming[1:] if move.action != "late")
    following = next((asked for asked in about if asked is not None and asked.writer == writer), None)
    return following if following is not None and following.kind == "add-offsets" else None


def next_about(director: TransactionDirector, writer: int, kind: str) -> Move | None:
    """The next step about a request of a kind; None if the transaction ends before that."""
    for move in director.coming[1:]:
        asked = None if move.action == "late" or move.number in director.done else move.request
        if asked is not None and asked.writer == writer:
            if asked.kind in ENDING:
                return None
            if asked.kind == kind:
                return move
    return None
