"""
The ``.env`` beside a compose file, which says what its variables are unless the shell does.

Source: the interpolation of the Compose Specification.
"""

from io import StringIO
from pathlib import Path

from dotenv.parser import Original, parse_stream

from ackproof.config.files.problems import NOWHERE, Remarks, bytes_of
from ackproof.config.pipeline import Setting
from ackproof.config.sources.environment import Known

DOTENV = ".env"


def known_beside(path: Path, remarks: Remarks) -> Known:
    """The variables by their names, each with its line; those that depend on others are not known."""
    file = path.with_name(DOTENV)
    if not file.is_file():
        return {}
    text = (bytes_of(file, str(file), NOWHERE, None, remarks) or b"").decode("utf-8", "replace")
    return {
        each.key: Setting(each.key, each.value, str(file), line_of(each.original))
        for each in parse_stream(StringIO(text))
        if each.key and each.value is not None and "$" not in each.value
    }


def line_of(original: Original) -> int:
    """The line of what it holds, which empty ones may precede."""
    text = original.string
    return original.line + text[: len(text) - len(text.lstrip())].count("\n")
