"""Markdown, as GitHub shows it."""

from ackproof.reports.anchors import anchor


def test_a_heading_is_linked_to_without_its_signs() -> None:
    assert anchor("16. commitAsync: ordered & durable_?") == "16-commitasync-ordered--durable_"
