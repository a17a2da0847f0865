"""The records in produce requests."""

from collections.abc import Iterable
from typing import cast

from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.records.batch import decode
from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.records import number_of
from ackproof.reference.simulator.applications.content import content_of
from ackproof.reference.simulator.wire import Letter


def record_of(request: ProduceRequest) -> int:
    """Which record a produce request holds."""
    (record,) = decode(request.topic_data[0].partition_data[0].records or b"").records
    return number_of(content_of(record.value).record)


def on_the_wire(line: Line) -> list[int]:
    """The records of requests that no broker has begun to serve."""
    return records_on(line.letters[len(line.served) :])


def records_on(letters: Iterable[Letter]) -> list[int]:
    """The records of some produce requests."""
    return [record_of(cast("ProduceRequest", letter.request.body)) for letter in letters]
