"""Histories of our own format, written line by line."""

import json
from collections.abc import Mapping, Sequence

import attrs

Json = Mapping[str, object]
SAFE: dict[str, dict[str, object]] = {
    "p": {"acks": "all", "idempotence": True, "max_in_flight": 5},
    "c": {"group": "g", "isolation": "read_committed"},
    "broker": {"min_isr": 2, "unclean": False, "retention": "none"},
}
"""Settings under which little may go wrong."""
PART = "orders/0"


@attrs.define(eq=False)
class Journal:
    """Lines of a history."""

    config: Mapping[str, Mapping[str, object]] = attrs.field(factory=lambda: dict(SAFE))
    expect: Sequence[str] = ()
    lines: list[Json] = attrs.field(factory=list[Json])

    def add(self, kind: str, **fields: object) -> None:
        """Add a line with the next number."""
        self.lines.append({"n": len(self.lines), "e": kind, **fields})

    def operation(self, who: str, kind: str, step: Json, out: str = "ok", **rest: object) -> int:
        """Add the two lines of an operation; its id."""
        op = len(self.lines)
        self.add("inv", op=op, who=who, f=kind)
        self.add("ret", op=op, out=out, m=[step], **rest)
        return op

    def send(self, value: str, offset: int | None, out: str = "ok", **rest: object) -> int:
        """Add a send."""
        return self.operation("p", "send", {"s": PART, "id": value, "off": offset}, out, **rest)

    def poll(self, *records: tuple[str, int], out: str = "ok") -> int:
        """Add a poll."""
        columns = {"off": [offset for _, offset in records], "id": [value for value, _ in records]}
        return self.operation("c", "poll", {"p": [{"part": PART, **columns}]}, out)

    def commit(self, following: int) -> int:
        """Add a commit of the offset that comes next."""
        return self.operation("c", "commit", {"c": {"group": "g", "next": {PART: following}}})

    def text(self) -> list[bytes]:
        """The lines of the file."""
        header = {"ktrace": 1, "config": self.config, "expect": self.expect}
        return [json.dumps(line).encode() for line in (header, *self.lines)]
