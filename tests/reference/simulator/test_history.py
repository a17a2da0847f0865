import json

from kio.schema.api_versions.v4.request import ApiVersionsRequest

from ackproof.reference.simulator.history import History

BODY = ApiVersionsRequest(client_software_name="a", client_software_version="1")


def told() -> History:
    history = History()
    history.add(3, "sent", record="producer/0", topic="input")
    history.delivered(5, "producer", "broker-1", 1, 0, BODY)
    history.add(9, "led", topic="input", in_sync=(1, 2))
    return history


def test_each_line_is_a_document() -> None:
    lines = [json.loads(line) for line in told().text.splitlines()]

    assert [(line["at_ms"], line["kind"]) for line in lines] == [(3, "sent"), (5, "delivered"), (9, "led")]
    assert lines[1]["message"] == "ApiVersionsRequest"
    assert lines[2]["in_sync"] == [1, 2]


def test_another_message_is_another_text() -> None:
    other = told()
    other.delivered(5, "producer", "broker-1", 1, 1, BODY)
    same = told()
    same.delivered(
        5, "producer", "broker-1", 1, 1, ApiVersionsRequest(client_software_name="b", client_software_version="1")
    )

    assert other.text != same.text


def test_events_are_found_by_kind() -> None:
    (sent,) = told().of("sent")

    assert sent["record"] == "producer/0"
