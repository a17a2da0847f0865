"""What a replayed trace of transactions has come to."""

from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest

from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing.transactions.stage import TransactionStage
from ackproof.reference.refinement.produce.records import number_of
from ackproof.reference.refinement.replaying.transaction_findings import Given, Outcome
from ackproof.reference.refinement.replaying.transactions import Transacted
from ackproof.reference.refinement.transactions.cluster import state_name
from ackproof.reference.refinement.transactions.logs import Ended, commits_in, history_of, outputs_in
from ackproof.reference.refinement.transactions.setting import OFFSETS_TOPIC, OUTPUT, TRANSACTION_TIMEOUT_MS
from ackproof.reference.simulator.applications.content import content_of

AT_LAST_MS = 3 * TRANSACTION_TIMEOUT_MS
"""How long it is waited until what happens at last has happened: every timeout has passed by then."""

MARKING_MS = 1_000
"""How long it may take until a marker is written that nothing holds back."""


def outcome_of_transactions(replay: Transacted, *, waits: bool) -> Outcome:
    """
    What has come of a trace, once the markers of what is decided are written.

    Args:
        waits: Time goes by first, until every timeout has passed.
    """
    stage = replay.stage
    if waits:
        stage.network.open()
        stage.clock.run_until(stage.clock.now_ms + AT_LAST_MS)
    stage.network.pass_through(WriteTxnMarkersRequest)
    stage.clock.run_until(stage.clock.now_ms + MARKING_MS)
    output = stage.log(OUTPUT)
    names = [instance.name for instance in stage.instances]
    known = [(name, stage.metadata(name)) for name in names]
    return Outcome(
        replay.steps,
        tuple(outputs_in(output)),
        tuple(each for each in history_of(output) if isinstance(each, Ended)),
        tuple(commits_in(stage.log(OFFSETS_TOPIC))),
        stage.committed,
        tuple(given(record) for record in stage.read_output()),
        output.last_stable_offset,
        output.high_watermark,
        tuple((name, state_name(metadata.state)) for name, metadata in known if metadata is not None),
        tuple(stage.instances),
        stage.setting.has_group,
        stage.log(PLACE[0]).log_start_offset if stage.setting.has_group else 0,
        stage.log(PLACE[0]).high_watermark if stage.setting.has_group else 0,
        restart_of(stage),
        stage.setting.application.isolation,
    )


def restart_of(stage: TransactionStage) -> int | None:
    """Where who joins the group starts; None if nowhere."""
    log, reset = stage.log(PLACE[0]), stage.setting.application.reset
    anew = {"earliest": log.log_start_offset, "latest": log.high_watermark}.get(reset)
    return stage.committed if stage.committed is not None else anew


def given(record: ConsumedRecord) -> Given:
    """A record, as its reader knows it."""
    content = content_of(record.value)
    return Given(number_of(content.made_of or content.record), record.offset)
