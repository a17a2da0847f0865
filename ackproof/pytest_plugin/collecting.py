"""Pipeline files as files of tests: an item for each claim."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ackproof.config.files.lines import lines_of
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import BadConfiguration, read_pipeline
from ackproof.pytest_plugin.asking import asked
from ackproof.pytest_plugin.placing import complaint, line_of_claims
from ackproof_pytest import LOCATION

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr


class PipelineFile(pytest.File):
    """A ``*.ackproof.toml``."""

    def collect(self) -> Iterable[pytest.Item]:
        """
        An item for each claim that is expected.

        Raises:
            CollectError: The configuration can not be run.
        """
        try:
            pipeline = read_pipeline(self.path, overrides=asked(self.config).overrides)
        except BadConfiguration as bad:
            raise self.CollectError(complaint(bad, self.config.rootpath)) from None
        line = line_of_claims(lines_of(self.path.read_text(encoding="utf-8-sig")))
        for claim in dict.fromkeys(pipeline.claims):
            item = ClaimItem.from_parent(self, name=claim)  # pyright: ignore[reportUnknownMemberType]  # pytest says no types there
            item.pipeline, item.line = pipeline, line
            item.add_marker("ackproof")
            yield item


class ClaimItem(pytest.Item):
    """
    A claim about a pipeline.

    Attributes:
        line: Where the file names it, from 1 up.
    """

    pipeline: Pipeline
    line: int

    def runtest(self) -> None:
        """Judge the claim: it holds, or the test fails."""
        from ackproof.pytest_plugin.failing import decide
        from ackproof.pytest_plugin.judging import judged

        wanted = asked(self.config)
        found = judged(self, self.pipeline, self.name, wanted.overrides)
        place = found[2]
        self.stash[LOCATION] = (place.file, place.line - 1, self.name)
        decide([found], wanted.unknown)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> "str | TerminalRepr":
        """The execution that breaks the claim, in place of a traceback."""
        from ackproof.pytest_plugin.failing import ClaimError, representation

        if isinstance(excinfo.value, ClaimError):
            return representation(excinfo, excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the claim stands; a failure is reported where the setting stands that is to blame."""
        return self.path, self.line - 1, self.name
