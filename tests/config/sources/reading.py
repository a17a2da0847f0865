"""Parts of files for tests."""

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.sources.part import Part, Side
from ackproof.config.sources.reading import parts_in


def parts(content: str, file: str = "file.yaml", side: Side = "topic") -> tuple[Part, ...]:
    """The parts in a file that has nothing wrong with it."""
    remarks = Remarks()
    found = parts_in(content.encode(), file, side, remarks)
    assert remarks.problems == []
    return found


def notes(content: str, file: str = "file.yaml") -> list[str]:
    """What is noted of a file."""
    remarks = Remarks()
    parts_in(content.encode(), file, "topic", remarks)
    return [f"{notice.line}: {notice.key}: {notice.message}" for notice in remarks.notices]


def lines(settings: tuple[Setting, ...]) -> dict[str, tuple[str | None, int | None]]:
    """Values and lines by key."""
    return {setting.key: (setting.value, setting.line) for setting in settings}
