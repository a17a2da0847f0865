"""What a director has time do where it matters how old something is."""

from ackproof.reference.records.batch import read_header
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.consume.setting import BROKERS, GROUP
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.readers import AGE_MS, DirectedReader
from ackproof.reference.refinement.directing.round import Round

JOINING_MS, GAP_MS = 2_000, 50_000
"""Longer than a group takes to rebalance; what is between records that become too old one after the other."""

UNTOLD = frozenset({"consumer crash", "member stops", "failure crashes", "consumer pause"})
"""What the group does not hear of before a session is over."""


def age_records(director: GroupDirector, turn: Round) -> None:
    """All records so far become too old for who is to start by their age, at the next one."""
    starts = [each.changed()[2].position or 0 for each in director.coming if each.starts_by_duration]
    if len(set(starts)) > 1 and turn.log_after.end > 1:
        poll_until(director, director.stage.clock.now_ms + GAP_MS)
    elif starts and 1 < turn.log_after.end == starts[0] + 1:
        poll_until(director, director.stage.clock.now_ms + AGE_MS)


def age_before_start(director: GroupDirector, turn: Round) -> None:
    """Before a consumer gets the partition, and starts by the age of records, all before that become too old."""
    owner = next((at for at, before, after in turn.pairs() if before.status != "owner" == after.status), None)
    starts = [each.changed() for each in director.coming if each.starts_by_duration]
    if owner is None or not starts or starts[0][0] != owner:
        return
    led, position = director.stage.led(PLACE[0]), starts[0][2].position or 0
    headers = [] if led is None else [read_header(data) for data in led.log.batches()]
    before_it = [header.max_timestamp_ms for header in headers if header.base_offset < position]
    if before_it:
        poll_until(director, max(before_it) + AGE_MS + 1)


def age_commit(director: GroupDirector, turn: Round) -> None:
    """The committed offset is nearly too old to be kept, if it is to expire before its new owner has looked it up."""
    shard = director.stage.shard()
    committed = None if shard is None else shard.offsets.of(GROUP).get(PLACE)
    if committed is not None and will_expire_unread(director, turn):
        retention_ms = 60_000 * int(BROKERS["offsets.retention.minutes"])
        waits_ms = director.stage.patience.session_ms if turn.action in UNTOLD else 0
        poll_until(director, committed.commit_timestamp_ms + retention_ms - JOINING_MS - waits_ms)


def will_expire_unread(director: GroupDirector, turn: Round) -> bool:
    """Whether somebody gets the partition, be it anew, and does nothing with it before the committed offset is gone."""
    changed = ((at, after) for at, before, after in turn.pairs() if before != after)
    owner = next((at for at, after in changed if after.status == "owner" and after.position is None), None)
    if owner is None:
        return False
    for each in director.coming[1:]:
        if each.action == "offsets expired in use":
            return True
        _, before, after = each.pairs()[owner]
        if before != after:
            return False
    return False


def idle(director: GroupDirector, reader: DirectedReader) -> None:
    """An interval is over before who has just started has anything to commit, if it is never to commit by itself."""
    clock = director.stage.clock
    if not (reader.rules.auto_commit.goes_on or any(turn.commits for turn in director.coming)):
        clock.run_until(clock.now_ms + director.stage.patience.auto_commit_ms + 100)


def locate_again(director: GroupDirector, turn: Round) -> None:
    """An owner is told that what it asks for is deleted, and looks for another offset, be it that it finds none."""
    index, before, after = turn.changed()
    reader, network = director.reader(index), director.stage.network
    if after.position is None and turn.log_after.start < turn.log_after.end:
        # All that is left has become too old.
        poll_until(director, director.stage.clock.now_ms + AGE_MS)

    def is_located() -> bool:
        if director.position(index) == before.position:
            network.let_one_read(reader.name)
        return director.position(index) == after.position

    network.fed.discard(reader.name)
    reader.polls = True
    director.until(is_located, f"starting at {after.position}")
    reader.polls = False


def poll_until(director: GroupDirector, until_ms: int) -> None:
    """Time passes, and whoever holds nothing polls."""
    clock, readers = director.stage.clock, director.stage.applications
    while clock.now_ms < until_ms:
        for reader in readers:
            reader.polls = reader.is_up and not reader.in_hand
        clock.step()
    for reader in readers:
        reader.polls = False
