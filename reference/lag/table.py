"""What ``kafka-consumer-groups --describe`` prints."""

from collections.abc import Sequence

from ackproof.reference.lag.group import REBALANCING, Group, Row, rows_of

MISSING = "-"
LEAST_WIDTH = 15

HEADER = (
    "GROUP",
    "TOPIC",
    "PARTITION",
    "LEADER-EPOCH",
    "CURRENT-OFFSET",
    "LOG-END-OFFSET",
    "LAG",
    "CONSUMER-ID",
    "HOST",
    "CLIENT-ID",
)
FITTED = ("GROUP", "TOPIC", "CONSUMER-ID", "HOST")
"""The columns that are as wide as what is in them, but not less than ``LEAST_WIDTH``."""


def described(group: Group, *, is_verbose: bool = False) -> str:
    """
    What the tool says of a group on its standard output: the table if that has rows, or that there is no such group.

    Source: ``ConsumerGroupCommand``: ``shouldPrintMemberState``, ``printError``.
    """
    if group.state == "Dead":
        return f"\nError: Consumer group '{group.group_id}' does not exist.\n"
    return table(rows_of(group), is_verbose=is_verbose)


def notice(group: Group) -> str:
    """
    What the tool says on its standard error before that; nothing for a stable group.

    Source: ``ConsumerGroupCommand.shouldPrintMemberState``.
    """
    if group.state == "Empty":
        return f"\nConsumer group '{group.group_id}' has no active members.\n"
    if group.state in REBALANCING:
        return f"\nWarning: Consumer group '{group.group_id}' is rebalancing.\n"
    return ""


def table(rows: Sequence[Row], *, is_verbose: bool = False) -> str:
    """
    The table, with LEADER-EPOCH if it is verbose: an empty line comes first; nothing at all without rows.

    Source: ``ConsumerGroupCommand.printOffsets``, ``printOffsetFormat``.
    """
    if not rows:
        return ""
    lines = [HEADER, *(_cells(row) for row in rows)]
    shown = [place for place, name in enumerate(HEADER) if is_verbose or name != "LEADER-EPOCH"]
    widths = [_width(place, lines) for place in shown]
    # The last column is not padded.
    widths[-1] = 0
    return (
        "".join(
            f"\n{' '.join(line[place].ljust(width) for place, width in zip(shown, widths, strict=True))}"
            for line in lines
        )
        + "\n"
    )


def _cells(row: Row) -> tuple[str, ...]:
    committed, member = row.committed, row.member
    return (
        row.group_id,
        row.topic,
        str(row.partition),
        _cell(committed.leader_epoch if committed else None),
        _cell(committed.offset if committed else None),
        _cell(row.log_end_offset),
        _cell(row.lag),
        member.member_id if member else MISSING,
        member.host if member else MISSING,
        member.client_id if member else MISSING,
    )


def _cell(number: int | None) -> str:
    return MISSING if number is None else str(number)


def _width(place: int, lines: Sequence[tuple[str, ...]]) -> int:
    if HEADER[place] == "PARTITION":
        return 10
    if HEADER[place] not in FITTED:
        return LEAST_WIDTH
    return max(LEAST_WIDTH, *(len(line[place]) for line in lines))
