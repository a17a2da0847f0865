"""The table ``[producer]``."""

from ackproof.config.clients.client import client_in, note_assumed
from ackproof.config.files.section import Section, choice, refuse_unknown
from ackproof.config.pipeline import OnRestart, OnSendFailure, Producer
from ackproof.config.versions import Version, parts

ON_SEND_FAILURE: tuple[OnSendFailure, ...] = ("stop", "drop", "resend")
ON_RESTART: tuple[OnRestart, ...] = ("forget", "resend")


def producer_in(section: Section, kafka: Version) -> Producer:
    """The producer of the table."""
    found = client_in(section, "producer", kafka)
    delivery = found.library.delivery(found.settings, parts(found.client.version), section.remarks)
    on_send_failure = choice(section, "on_send_failure", ON_SEND_FAILURE) or "stop"
    on_restart = choice(section, "on_restart", ON_RESTART) or "forget"
    refuse_unknown(section)
    note_assumed(section, {"on_send_failure": "stop", "on_restart": "forget"})
    return Producer(
        client=found.client,
        acks=delivery.acks,
        is_idempotent=delivery.is_idempotent,
        max_in_flight=delivery.max_in_flight,
        retries=delivery.retries,
        transactional_id=found.text("transactional.id") or None,
        on_send_failure=on_send_failure,
        on_restart=on_restart,
        settings=found.settings.by_key,
    )
