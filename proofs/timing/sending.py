"""How long it takes until a record is acknowledged."""

from ackproof.proofs.timing.disturbances import ONCE, in_outage, silence
from ackproof.proofs.timing.question import question
from ackproof.proofs.timing.scene import Scenario, Scene

KEEPS_UP = "brokers take batches as fast as they come: none waits for others but in an outage"


@question(
    of="delivery_timeout_ms",
    source="KIP-91; ProducerBatch.hasReachedDeliveryTimeout, RecordAccumulator.expiredBatches; rd_kafka_msgq_age_scan; "
    "BatchBuilder.expired (aiokafka)",
    decided_by={"delivery_timeout_ms": "from"},
    assumes=(ONCE, KEEPS_UP),
)
def send_times_out(scene: Scene) -> Scenario:
    """
    Can a send time out before its retries are used?

    Nothing succeeds in an outage. When it is over a batch may still wait until it is tried again, batches that were in
    flight go before it, one by one if they are idempotent, and the answer has to be there before the deadline. While a
    broker can not be reached no retries are used at all.
    """
    disturbance = silence(scene, 1 + scene.value("in_flight"))
    lingers = scene.up_to("linger_ms", scene.key("linger_ms"), "{} ms in a batch that lingers")
    backs_off = scene.up_to("backoff_ms", scene.key("retry_backoff_ms"), "{} ms until it is tried again")
    scene.only_if(backs_off, in_outage())
    return Scenario(
        quantity=disturbance + lingers + backs_off,
        unit="ms until a record is acknowledged",
        limit="delivery_timeout_ms",
        is_late_at_limit=not scene.behaviour.may_succeed_at_deadline,
        remark=used(scene),
    )


def used(scene: Scene) -> str:
    """How many retries are used by the deadline if each attempt waits for its answer in vain."""
    deadline, attempt, retries = map(scene.value, ("delivery_timeout_ms", "request_timeout_ms", "retries"))
    key = scene.setting.keys["request_timeout_ms"]
    fit = min(retries, max(0, -(-deadline // max(1, attempt)) - 1))
    return f"; {fit:,} of {retries:,} retries begin by then if each waits {key.name} for its answer"
