"""A pipeline as one document in the words of a pipeline file, so that a trace can be taken again without the files."""

import re
from collections.abc import Mapping

from ackproof.config.pipeline import Consumer, Pipeline, Producer, Setting
from ackproof.config.timing.measures import as_table

Document = dict[str, object]

SECRET = re.compile(r"password|jaas|secret|credential|token|ssl[._]key|keystore[._]key$|private", re.IGNORECASE)
"""Keys whose values nobody wants in a trace or a report; no verdict depends on one."""


def as_document(pipeline: Pipeline) -> Document:
    """What was configured, with properties files worked in; what was left out stays left out."""
    return {
        "name": pipeline.name,
        "kafka": pipeline.kafka,
        "topic": given(pipeline.topic.settings),
        **({"producer": producer(pipeline.producer)} if pipeline.producer else {}),
        **({"consumer": consumer(pipeline.consumer)} if pipeline.consumer else {}),
        "faults": {
            "at_most": pipeline.faults.at_most,
            # To name a kind says more than to leave all of them in (``moves_key``).
            **({"kinds": list(pipeline.faults.kinds)} if pipeline.names_faults else {}),
            "limits": dict(pipeline.faults.limits),
        },
        "features": dict(pipeline.features),
        **({"timing": as_table(pipeline.timing)} if pipeline.timing else {}),
        "bounds": {"records": pipeline.bounds.records},
    }


def producer(found: Producer) -> Document:
    """The table of the producer."""
    return {
        "client": f"{found.client.name} {found.client.version}",
        "on_send_failure": found.on_send_failure,
        "on_restart": found.on_restart,
        "config": given(found.settings),
    }


def consumer(found: Consumer) -> Document:
    """The table of the consumer."""
    return {
        "client": f"{found.client.name} {found.client.version}",
        "commit": found.commit,
        "commit_when": found.commit_when,
        "processing": found.processing,
        "instances": found.instances,
        "sink": found.sink,
        "on_processing_failure": found.on_processing_failure,
        "on_revoke": found.on_revoke,
        "close": found.close,
        "config": given(found.settings),
    }


def given(settings: Mapping[str, Setting]) -> Document:
    """The settings that somebody gave, under the names that they were given; secrets stay where they are."""
    return {
        setting.key: setting.value
        for setting in settings.values()
        if setting.file is not None and not SECRET.search(setting.key)
    }
