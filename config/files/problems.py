"""What is wrong with a configuration, and what is worth knowing about it."""

from collections.abc import Mapping
from pathlib import Path

import attrs

from ackproof.config.pipeline import Notice, Place

NOWHERE = Place()


@attrs.frozen
class Problem:
    """One thing that is wrong; a file of None is the command line."""

    file: str | None
    line: int | None
    key: str | None
    message: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key and self.key not in self.message else ""
        return f"{where(self)}{key}{self.message}"


def where(problem: Problem) -> str:
    """The place of a problem as it is printed: ``FILE:LINE: `` as far as it is known."""
    line = f":{problem.line}" if problem.line else ""
    return f"{problem.file}{line}: " if problem.file else ""


class BadConfiguration(ValueError):  # noqa: N818  # named as it is reported
    """A configuration that can not be run, with everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@attrs.define
class Remarks:
    """
    Collects problems and notices while a configuration is read.

    Attributes:
        instead: What files hold in this reading, in place of what they do: as they are to be once they are written.
    """

    problems: list[Problem] = attrs.Factory(list[Problem])
    notices: list[Notice] = attrs.Factory(list[Notice])
    instead: Mapping[Path, bytes] = attrs.field(factory=dict[Path, bytes])
    _said: set[Problem | Notice] = attrs.field(factory=set["Problem | Notice"], init=False)

    def refuse(self, key: str | None, message: str, at: Place = NOWHERE) -> None:
        """Remember that something is wrong."""
        problem = Problem(at.file, at.line, key, message)
        if self._is_new(problem):
            self.problems.append(problem)

    def note(self, key: str, message: str, at: Place = NOWHERE) -> None:
        """Remember something that the user should know."""
        notice = Notice(key, message, at.file, at.line)
        if self._is_new(notice):
            self.notices.append(notice)

    def _is_new(self, remark: Problem | Notice) -> bool:
        """Whether nobody has said so before."""
        before = len(self._said)
        self._said.add(remark)
        return len(self._said) > before


def bytes_of(path: Path, shown: str, at: Place, key: str | None, remarks: Remarks) -> bytes | None:
    """
    What is in a file; None, and a problem, if it can not be read.

    Args:
        shown: The path as the user knows it.
        at: Where the file is named, if in another file.
    """
    if path in remarks.instead:
        return remarks.instead[path]
    try:
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        named = at if at.file else Place(shown)
        remarks.refuse(key, f"can not read {shown}: {reason}", named)
        return None
