r"""
Regular expressions as brokers read them: RE2's.

Kafka uses RE2/J. Both speak the same language; ``\C``, a single byte, which RE2/J does not know, is refused here too.
"""

import re
from collections.abc import Iterable
from typing import Protocol, cast

import re2  # type: ignore[import-untyped]  # it has no types
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.errors import KafkaError

ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


class _Compiled(Protocol):
    def fullmatch(self, text: str) -> object | None: ...


class _Options(Protocol):
    log_errors: bool


class _Library(Protocol):
    """What is used of the library, which has no types."""

    error: type[Exception]

    def Options(self) -> _Options: ...  # noqa: N802  # its name

    def compile(self, pattern: str, options: _Options) -> _Compiled: ...


RE2 = cast("_Library", re2)


def validate_regex(regex: str) -> None:
    """
    Whether *regex* can be one.

    Raises:
        KafkaError: INVALID_REGULAR_EXPRESSION.

    Source: ``Utils.throwIfRegularExpressionIsInvalid``.
    """
    try:
        _compiled(regex)
    except ValueError as error:
        raise KafkaError(ErrorCode.invalid_regular_expression, f"{regex!r}: {error}") from error


def matching(regex: str, names: Iterable[str]) -> frozenset[str]:
    """Those of *names* that *regex* matches as a whole; none if it cannot be read."""
    try:
        compiled = _compiled(regex)
    except ValueError:
        return frozenset()
    return frozenset(name for name in names if compiled.fullmatch(name) is not None)


def _compiled(regex: str) -> _Compiled:
    if ANY_BYTE.search(regex):
        raise ValueError("\\C is no escape")
    options = RE2.Options()
    options.log_errors = False
    try:
        return RE2.compile(regex, options)
    except RE2.error as error:
        raise ValueError(str(error)) from error
